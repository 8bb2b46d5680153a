"""What staff want to be remembered of a shipment."""

from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.carton_history import role_of
from services.logistics.storage import shipment_note
from shared.clock import business_now


def add_note(session: Session, *, shipment_id: UUID, text: str) -> Shipment:
    """Keep a note, of a ceremony at the send-off for example. No note is a milestone, and none moves anything."""
    values = {"at": business_now(session), "role": role_of(session), "text": text}
    session.execute(insert(shipment_note).values(shipment_id=shipment_id, **values))
    return session.get_one(Shipment, shipment_id)
