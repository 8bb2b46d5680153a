"""Something happened to a shipment on its way."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import check_locode
from services.logistics.handlers.shipments import locked, told
from services.logistics.storage import facility
from shared.clock import business_now


def record_milestone(
    session: Session, *, shipment_id: UUID, milestone: str, place: str, occurred_at: datetime
) -> Shipment:
    """Something happened on the way."""
    shipment = locked(session, shipment_id)
    events = shipment.record(
        milestone,
        place=_place(session, place),
        occurred_at=occurred_at,
        now=business_now(session),
        graph=rules.milestones(session),
        goods=standing.in_shipment(session, shipment_id),
    )
    return told(session, shipment, events)


def _place(session: Session, place: str) -> str:
    """A place is one of our facilities or a UN/LOCODE."""
    known = session.execute(select(facility.c.code).where(facility.c.code == place)).scalar_one_or_none()
    return known or check_locode(place)
