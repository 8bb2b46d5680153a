"""Papers of a shipment arrive."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.shipments import locked, told
from shared.clock import business_today


def record_document(
    session: Session, *, shipment_id: UUID, code: str, number: str, issued_on: date
) -> Shipment:
    """Note the number and date of a paper that arrived."""
    shipment = locked(session, shipment_id)
    events = shipment.record_document(
        code,
        number=number,
        issued_on=issued_on,
        today=business_today(session),
        graph=rules.milestones(session),
        unpaid=standing.unpaid_orders(session, shipment_id),
    )
    return told(session, shipment, events)
