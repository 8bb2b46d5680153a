"""A shipment is expected at another time than before."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from services.logistics.domain.schedule import Reason
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.shipments import locked, note_estimate, told
from shared.clock import business_today


def reschedule_shipment(
    session: Session,
    *,
    shipment_id: UUID,
    eta: date,
    reason: Reason,
    because: str,
    etd: date | None = None,
    vessel: str | None = None,
    voyage: str | None = None,
) -> Shipment:
    """What is not given stays as it was."""
    shipment = locked(session, shipment_id)
    events = shipment.reschedule(
        etd or shipment.etd or eta,
        eta,
        vessel=vessel or shipment.vessel or "",
        voyage=voyage or shipment.voyage or "",
        reason=reason,
        today=business_today(session),
    )
    if events:
        note_estimate(session, shipment, reason=reason, because=because)
    return told(session, shipment, events)
