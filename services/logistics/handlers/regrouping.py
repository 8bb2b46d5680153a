"""Shipments that are still open are divided, joined, emptied a little, or given up."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain import regrouping
from services.logistics.domain.load import bound_for, load_of, need_fit
from services.logistics.domain.order import need_cleared, need_one_invoice
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import check
from services.logistics.handlers import checklists
from services.logistics.handlers.carton_history import note, note_off_pallets
from services.logistics.handlers.cartons import locked as locked_cartons
from services.logistics.handlers.shipments import locked, locked_whatever, told, with_cartons
from services.logistics.storage import carton as cartons
from services.logistics.storage import lot
from services.logistics.storage import shipment as shipments
from shared.clock import business_now, business_today
from shared.messaging.outbox import record


def take_out(session: Session, *, shipment_id: UUID, ssccs: Sequence[str]) -> Shipment:
    """Some cartons stay at the hub for another shipment."""
    shipment = locked(session, shipment_id)
    chosen = [check(sscc) for sscc in ssccs]
    locked_cartons(session, chosen)
    take_out_of(session, shipment, chosen)
    return shipment


def split(session: Session, *, shipment_id: UUID, ssccs: Sequence[str]) -> Shipment:
    """Some cartons become a shipment of their own, which is not booked yet; returns the new one."""
    whither = select(shipments.c.destination).where(shipments.c.id == shipment_id)
    standing.lock_lines(session, session.execute(whither).scalar_one())
    shipment, chosen = locked(session, shipment_id), [check(sscc) for sscc in ssccs]
    locked_cartons(session, chosen)
    take_out_of(session, shipment, chosen)
    return with_cartons(session, hub=shipment.hub, destination=shipment.destination, ssccs=chosen)


def merge(session: Session, *, shipment_id: UUID, other: UUID) -> Shipment:
    """The other shipment's cartons go with this one, under its booking; the other is given up."""
    held = {id: locked(session, id) for id in sorted({shipment_id, other})}
    shipment, given_up = held[shipment_id], held[other]
    regrouping.need_alike(shipment, given_up)
    both = [*standing.in_shipment(session, shipment_id), *standing.in_shipment(session, other)]
    need_one_invoice(both)
    need_cleared(both, business_today(session), shipment.route)
    regrouping.need_open(shipment)
    regrouping.need_open(given_up)
    _need_room(session, shipment, given_up)
    at = business_now(session)
    moved, cancelled = regrouping.cancel(given_up, regrouping.joined_with(shipment.number), at=at)
    session.flush()
    put_in = regrouping.put_in(shipment, moved)
    session.flush()
    events = [*cancelled, *put_in, *checklists.reconsider(session, shipment)]
    note(session, moved, "put_in", at=at, shipment_id=shipment.id)
    return told(session, shipment, events)


def cancel(session: Session, *, shipment_id: UUID, reason: str) -> Shipment:
    """Give a shipment up before it is loaded; its cartons wait for another one."""
    shipment, at = locked_whatever(session, shipment_id), business_now(session)
    if shipment.dispatched:
        note_off_pallets(session, shipment.cartons, at=at)
    back, events = regrouping.cancel(shipment, reason, at=at)
    note(session, back, "taken_out", at=at, shipment_id=shipment.id, reason=reason)
    if shipment.dispatched:
        note(session, back, "sent_back", at=at, place=shipment.hub)
    return told(session, shipment, events)


def held_with(session: Session, order_id: UUID, line: int) -> Sequence[Shipment]:
    """The shipments that carry something of a line, held, with their cartons as they are."""
    inside = select(cartons.c.shipment_id).join(lot, lot.c.code == cartons.c.lot)
    inside = inside.where(lot.c.order_id == order_id, lot.c.line == line)
    query = select(Shipment).where(shipments.c.id.in_(inside)).order_by(shipments.c.id).with_for_update()
    found = session.execute(query.execution_options(populate_existing=True)).scalars().all()
    for shipment in found:
        session.refresh(shipment, ["cartons"])
    return found


def let_go_of_opened(session: Session, held: Sequence[Shipment]) -> None:
    """Tell what was opened of these shipments for a cancellation; what still goes may need fewer papers."""
    for shipment in held:
        events = regrouping.let_go_of_opened(shipment, at=business_now(session))
        session.flush()
        if events and not shipment.cancelled:
            events += checklists.reconsider(session, shipment)
        session.flush()
        record(session, *events)


def take_out_of(session: Session, shipment: Shipment, ssccs: Sequence[str]) -> None:
    """Take cartons out of a shipment; both are held already. What still goes may need fewer papers."""
    taken, events = regrouping.take_out(shipment, ssccs)
    session.flush()
    events += checklists.reconsider(session, shipment)
    note(session, taken, "taken_out", at=business_now(session), shipment_id=shipment.id)
    session.flush()
    record(session, *events)


def _need_room(session: Session, shipment: Shipment, other: Shipment) -> None:
    known = rules.equipments(session)
    booked = next((each for each in known if each.code == shipment.equipment), None)
    if booked:
        bound = bound_for(shipment.destination, known)
        need_fit(load_of([*shipment.cartons, *other.cartons]), booked, bound)
