"""What a facility says of a work order: accepted, begun, reported, inspected."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.production.capacities import able_to_make
from services.production.domain.work_order import Kind, WorkOrder, short_code
from services.production.handlers import materials
from services.production.handlers.planning import allocate, line_of, next_number, one_plan_at_a_time, plan_of
from services.production.storage import demand
from shared.clock import business_today
from shared.messaging.outbox import record
from shared.sight import as_the_service


def accept(session: Session, *, work_order_id: UUID) -> WorkOrder:
    """The facility will make it by the due date."""
    order = _locked(session, work_order_id)
    record(session, *order.accept(on=business_today(session), cleared_until=_cleared_until(session, order)))
    return order


def decline(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """The facility will not; its quantity, and no other, is shared out again."""
    one_plan_at_a_time(session)
    order = _locked(session, work_order_id)
    declined = order.decline(reason=reason)
    session.flush()
    with as_the_service(session):  # it is offered to other facilities
        line = line_of(session, order.order_id, order.line)
        record(session, *declined, *allocate(session, line, order.quantity, "declined"))
    return order


def start(session: Session, *, work_order_id: UUID) -> WorkOrder:
    """Work begins, or goes on after a pause."""
    order = _locked(session, work_order_id)
    materials.must_be_usable(session, order)
    record(session, *order.start(on=business_today(session), cleared_until=_cleared_until(session, order)))
    return order


def pause(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """Work stands still for a reason."""
    order = _locked(session, work_order_id)
    record(session, *order.pause(reason=reason))
    return order


def report(session: Session, *, work_order_id: UUID, pieces: int, kind: Kind, worked_on: date) -> WorkOrder:
    """Pieces made or mended on one day; for those that were made material was used."""
    order = _locked(session, work_order_id)
    today = business_today(session)
    record(session, *order.report(pieces, kind=kind, worked_on=worked_on, today=today))
    if kind == "made":
        materials.use_for(session, order, pieces)
    return order


def inspect(session: Session, *, work_order_id: UUID, passed: int, rework: int, scrap: int) -> WorkOrder:
    """Inspect what awaits it; what passed leaves as a lot. Scrap that can't be made again in time moves the promise."""
    if scrap > 0:
        one_plan_at_a_time(session)
    order = _locked(session, work_order_id)
    number = next_number(session, order.facility, "lots")
    lot = f"{short_code(order.facility)}-{business_today(session):%y%m}-{number:03d}"
    inspected = order.inspect(passed=passed, rework=rework, scrap=scrap, lot=lot)
    session.flush()
    with as_the_service(session):  # the line's plan is about other facilities too
        record(session, *inspected, *(_postponed(session, order) if scrap else []))
    return order


def _postponed(session: Session, order: WorkOrder) -> list[object]:
    """The line's plan as it is now, if the facility can't make what remains by the day that was agreed."""
    line, today = line_of(session, order.order_id, order.line), business_today(session)
    able = [one for one in able_to_make(session, line.family) if one.facility == order.facility]
    if not able or not order.postpone(able[0], line.labour_minutes, today=today):
        return []
    session.flush()
    return [plan_of(session, line, "scrapped")]


def _locked(session: Session, work_order_id: UUID) -> WorkOrder:
    return session.get_one(WorkOrder, work_order_id, with_for_update=True, populate_existing=True)


def _cleared_until(session: Session, order: WorkOrder) -> date | None:
    line = (demand.c.order_id == order.order_id, demand.c.line == order.line)
    until: date | None = session.execute(select(demand.c.cleared_until).where(*line)).scalar_one()
    return until
