"""What a facility says of a work order: accepted, begun, reported, inspected."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from services.production import terms
from services.production.capacities import capacity_at, workshop_on
from services.production.domain.agreement import must_cover
from services.production.domain.clearance import must_make
from services.production.domain.remarks import said
from services.production.domain.report import Kind, Origin, placed
from services.production.domain.work_order import WorkOrder, short_code
from services.production.handlers import materials, premi
from services.production.handlers.planning import (
    allocate,
    lanes_of,
    line_of,
    next_number,
    one_plan_at_a_time,
    plan_of,
    work_orders_of,
)
from services.production.handlers.tools import must_be_unlocked
from services.production.local_time import now_at, today_at
from services.production.storage import demand, inspection_correction
from shared.clock import business_now, real_now
from shared.events.production import Cause
from shared.messaging.outbox import record
from shared.refusal import Refused
from shared.sight import as_the_service


def accept(
    session: Session,
    *,
    work_order_id: UUID,
    by: date | None = None,
    reason: str | None = None,
    device_at: datetime | None = None,
) -> WorkOrder:
    """The facility will make it by the due day, or by one of its own, which moves the promise.

    It stands on the day of the device's time, if there is one, as of which it must be allowed.
    """
    if by is not None:
        one_plan_at_a_time(session)
    order = locked(session, work_order_id)
    must_be_unlocked(session, order.facility)
    on = _day_of(session, order, device_at, since=order.offered_on)
    _must_be_theirs(session, order)
    _must_be_agreed(session, order, max(on, by or order.due), on=on, field="by" if by else None)
    due, cleared = order.due, _cleared_until(session, order)
    accepted = order.accept(on=on, cleared_until=cleared, by=by, reason=reason)
    session.flush()
    with as_the_service(session):  # the line's plan is about other facilities too
        record(session, *accepted, *(_standing(session, order, "accepted") if order.due != due else []))
    return order


def decline(session: Session, *, work_order_id: UUID, reason: str, code: str | None = None) -> WorkOrder:
    """The facility will not; its quantity, and no other, is shared out again."""
    one_plan_at_a_time(session)
    order = locked(session, work_order_id)
    declined = order.decline(reason=reason, code=code)
    session.flush()
    with as_the_service(session):  # it is offered to other facilities
        line = _line(session, order)
        work_orders = work_orders_of(session, line)
        record(session, *declined, *allocate(session, line, work_orders, order.quantity, "declined"))
    return order


def start(session: Session, *, work_order_id: UUID, device_at: datetime | None = None) -> WorkOrder:
    """Work begins, or goes on after a pause; it stands on the day of the device's time, as of which it must be allowed."""
    order = locked(session, work_order_id)
    must_be_unlocked(session, order.facility)
    materials.must_be_usable(session, order)
    on = _day_of(session, order, device_at, since=order.accepted_on)
    if order.started_on is None:
        _must_be_theirs(session, order)
        _must_be_agreed(session, order, on, on=on)
    record(session, *order.start(on=on, cleared_until=_cleared_until(session, order)))
    return order


def pause(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """Work stands still for a reason."""
    order = locked(session, work_order_id)
    record(session, *order.pause(reason=reason, at=business_now(session)))
    return order


def short_close(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """The facility ends it with what is good; the shortage, and no other quantity, is shared out again."""
    one_plan_at_a_time(session)
    order = locked(session, work_order_id)
    closed = order.short_close(reason=reason)
    session.flush()
    with as_the_service(session):  # it is offered to other facilities
        line = _line(session, order)
        work_orders = work_orders_of(session, line)
        again = allocate(session, line, work_orders, order.short_closed, "short_closed")
        record(session, *closed, *again)
    return order


def report(
    session: Session,
    *,
    work_order_id: UUID,
    pieces: int,
    kind: Kind,
    worked_on: date | None = None,
    client_id: UUID | None = None,
    device_at: datetime | None = None,
    device: UUID | None = None,
) -> WorkOrder:
    """Pieces made or mended on one day; without one it is the day of the device's time."""
    order = locked(session, work_order_id)
    must_be_unlocked(session, order.facility)
    before, here = order.made, now_at(session, order.facility)
    told = Origin(client_id=client_id, device_at=device_at, device=device)
    origin = placed(told, now=here, received=real_now(), began=order.started_on)
    reported = order.report(
        pieces,
        kind=kind,
        worked_on=worked_on,
        today=here.date(),
        origin=origin,
        workshop=workshop_on(session, order, worked_on or origin.day or here.date(), kind),
        tolerance_pct=terms.tolerance_of(session, order, here.date()),
    )
    record(session, *reported)
    materials.account_for(session, order, order.made - before)
    return order


def correct(session: Session, *, work_order_id: UUID, report: int, pieces: int, reason: str) -> WorkOrder:
    """A report should have said another number."""
    order = locked(session, work_order_id)
    before = order.made
    entry = order.reported(report)
    corrected = order.correct(
        report,
        pieces=pieces,
        reason=reason,
        workshop=workshop_on(session, order, entry.worked_on, entry.kind),
        tolerance_pct=terms.tolerance_of(session, order, today_at(session, order.facility)),
    )
    record(session, *corrected)
    materials.account_for(session, order, order.made - before)
    return order


def acknowledge(session: Session, *, work_order_id: UUID, report: int) -> WorkOrder:
    """Somebody looked at a report that may be wrong; once is enough."""
    order = locked(session, work_order_id)
    entry = next(
        (each for each in order.reports if each.id == report and (each.flagged or each.same_hour)), None
    )
    if entry is None:
        raise Refused("Give a report of this work order that is flagged.", field="report")
    entry.acknowledged_on = entry.acknowledged_on or today_at(session, order.facility)
    return order


def inspect(session: Session, *, work_order_id: UUID, passed: int, rework: int, scrap: int) -> WorkOrder:
    """Inspect what awaits it; what passed leaves as a lot. Scrap that can't be made again in time moves the promise.

    Nothing leaves while a tool is missing: it may be in a carton.
    """
    if scrap > 0:
        one_plan_at_a_time(session)
    order = locked(session, work_order_id)
    must_be_unlocked(session, order.facility)
    number = next_number(session, order.facility, "lots")
    lot = f"{short_code(order.facility)}-{today_at(session, order.facility):%y%m}-{number:03d}"
    lane = lanes_of(session, [order.facility])[order.facility]
    inspected = order.inspect(passed=passed, rework=rework, scrap=scrap, lot=lot, lane=lane)
    session.flush()
    with as_the_service(session):  # the line's plan is about other facilities too
        record(session, *inspected, *(_postponed(session, order) if scrap else []))
    if passed:
        premi.accept_lot(session, order, lot=lot, pieces=passed)
    return order


def correct_inspection(
    session: Session,
    *,
    work_order_id: UUID,
    rework: int,
    scrap: int,
    rework_seen: int,
    scrap_seen: int,
    reason: str,
) -> WorkOrder:
    """What was set aside was entered wrongly. An entry says by how much; nothing is owed for such pieces yet."""
    one_plan_at_a_time(session)
    order = locked(session, work_order_id)
    must_be_unlocked(session, order.facility)
    today = today_at(session, order.facility)
    tolerance = terms.tolerance_of(session, order, today)
    corrected = order.correct_inspection(
        rework=rework,
        scrap=scrap,
        rework_seen=rework_seen,
        scrap_seen=scrap_seen,
        reason=reason,
        tolerance_pct=tolerance,
    )
    entry = insert(inspection_correction).values(
        work_order_id=order.id,
        rework=rework - rework_seen,
        scrap=scrap - scrap_seen,
        reason=said(reason),
        corrected_on=today,
    )
    session.execute(entry)
    session.flush()
    with as_the_service(session):  # the line's plan is about other facilities too
        record(session, *corrected, *(_postponed(session, order) if scrap > scrap_seen else []))
    return order


def _postponed(session: Session, order: WorkOrder) -> list[object]:
    """The line's plan as it is now, if the facility can't make what remains by the day that was agreed."""
    line = _line(session, order)
    capacity = capacity_at(session, order.facility, line.family)
    if capacity is None or not order.postpone(capacity, line.labour_minutes):
        return []
    session.flush()
    return _standing(session, order, "scrapped")


def _standing(session: Session, order: WorkOrder, because: Cause) -> list[object]:
    """The plan of the work order's line as it stands now."""
    line = _line(session, order)
    return [plan_of(session, line, work_orders_of(session, line), because)]


def _line(session: Session, order: WorkOrder) -> Row[Any]:
    return line_of(session, order.order_id, order.line)


def locked(session: Session, work_order_id: UUID) -> WorkOrder:
    return session.get_one(WorkOrder, work_order_id, with_for_update=True, populate_existing=True)


def _day_of(session: Session, order: WorkOrder, device_at: datetime | None, *, since: date | None) -> date:
    """The day on which something was tapped: today without a device's time, or if that can't be right."""
    here = now_at(session, order.facility)
    origin = placed(Origin(device_at=device_at), now=here, received=real_now(), began=since)
    return origin.day or here.date()


def _must_be_agreed(
    session: Session, order: WorkOrder, day: date, *, on: date, field: str | None = None
) -> None:
    """An agreement may have ended between the offer and the day ``on`` which somebody agrees or begins."""
    must_cover(terms.agreements_for(session, order), day, today=on, field=field)


def _must_be_theirs(session: Session, order: WorkOrder) -> None:
    """The place may have become another one between the offer and the day on which somebody agrees or begins."""
    line = (demand.c.order_id == order.order_id, demand.c.line == order.line)
    cleared = session.execute(select(demand.c.lane).where(*line)).scalar_one()
    must_make(lanes_of(session, [order.facility])[order.facility], cleared)


def _cleared_until(session: Session, order: WorkOrder) -> date | None:
    line = (demand.c.order_id == order.order_id, demand.c.line == order.line)
    until: date | None = session.execute(select(demand.c.cleared_until).where(*line)).scalar_one()
    return until
