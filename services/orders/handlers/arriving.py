"""Which cartons of a shipment arrived: all that it delivered, but for those that are short-landed and not found."""

from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.orders import claims, timeline
from services.orders.domain.short_landing import LANDED_IN_FULL, SHORT_LANDED, short_landings
from services.orders.storage import carton
from services.orders.storage import timeline as timeline_rows
from shared.events import contract_of
from shared.events.logistics import MilestoneCorrected, MilestoneRecorded, ShipmentDelivered
from shared.messaging.reactions import NotYet

DELIVERED = contract_of(ShipmentDelivered).type


def deliver_cartons(session: Session, event: ShipmentDelivered) -> None:
    """Those that were told; where none were yet, all of the lines."""
    line = func.row(carton.c.order_id, carton.c.line_number)
    of_lines = line.in_({(part.order_id, part.line) for part in event.lines})
    named = {each.sscc for each in event.arrived}
    which = carton.c.sscc.in_(named) if named else of_lines
    found = session.execute(update(carton).where(which).values(delivered=True).returning(carton.c.sscc)).all()
    if len(found) < len(named):
        raise NotYet("logistics", f"packing/{event.lines[0].lot}")
    for order_id in timeline.orders_of(event):
        _count(session, order_id, event.shipment_id)


def follow_short_landing(session: Session, event: MilestoneRecorded | MilestoneCorrected) -> None:
    """What is reported as missing or found after the delivery changes what arrived with it."""
    if event.milestone not in (SHORT_LANDED, LANDED_IN_FULL):
        return
    for order_id in timeline.orders_of(event):
        if _was_delivered(session, order_id, event.shipment_id):
            _count(session, order_id, event.shipment_id)


def _was_delivered(session: Session, order_id: UUID, shipment_id: UUID) -> bool:
    told = timeline_rows.c
    query = select(told.id).where(
        told.order_id == order_id,
        told.type == DELIVERED,
        told.data["shipment_id"].astext == str(shipment_id),
    )
    return session.execute(query.limit(1)).first() is not None


def _count(session: Session, order_id: UUID, shipment_id: UUID) -> None:
    """Also where the report is none any more: what it named arrived with the others."""
    told = [
        each for each in claims.told_of_short(session, order_id) if each.report.shipment_id == shipment_id
    ]
    named = {sscc for each in told for sscc in each.ssccs}
    missing = {sscc for sscc, known in short_landings(told).items() if not known["found"]}
    of_order = carton.c.order_id == order_id
    for ssccs, there in ((named - missing, True), (missing, False)):
        session.execute(update(carton).where(of_order, carton.c.sscc.in_(ssccs)).values(delivered=there))
