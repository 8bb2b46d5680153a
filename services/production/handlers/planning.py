"""Sharing order lines out over facilities, and saying how each line stands."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.capacities import able_to_make
from services.production.domain.allocation import Plan, Share, share_out
from services.production.domain.capacity import latest_finish, ready_on
from services.production.domain.work_order import WorkOrder, short_code
from services.production.storage import demand, facility, item, work_order
from shared.clock import business_today
from shared.events.production import (
    Allocation,
    Cause,
    ProductionPlanned,
)

PLANNING = func.hashtext("production plan")


LINE = (
    *demand.columns,
    func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped).label("to_make"),
    item.c.labour_minutes,
    item.c.family,
)


def one_plan_at_a_time(session: Session) -> None:
    """Hold all other planning until the commit: two plans at once would both count on the same free hours."""
    session.execute(select(func.pg_advisory_xact_lock(PLANNING)))


def line_of(session: Session, order_id: UUID, line: int) -> Row[Any]:
    """The order line with what its item takes, locked."""
    return session.execute(
        select(*LINE)
        .join(item, item.c.sku == demand.c.sku)
        .where(demand.c.order_id == order_id, demand.c.line == line)
        .with_for_update(of=demand)
    ).one()


def allocate(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], quantity: int, because: Cause
) -> list[object]:
    """Share a quantity out over facilities that have not declined this line, and say how it stands now."""
    more = _make_work_orders(session, line, _shared_out(session, line, work_orders, quantity))
    return [plan_of(line, [*work_orders, *more], because), *(each.offer() for each in more)]


def planned_anew(session: Session, line: Row[Any], work_orders: Sequence[WorkOrder]) -> list[object]:
    """What has not begun is shared out again if all of it is then done earlier and the line was late; else it stays."""
    waiting = [each for each in work_orders if each.can_be_taken_back]
    today = business_today(session)
    late = max((each.due for each in waiting), default=date.min)
    if late <= latest_finish(line.requested_date):
        return [plan_of(line, work_orders, "amended")]
    pieces = sum(each.quantity for each in waiting)
    plan = _shared_out(session, line, work_orders, pieces, instead_of=waiting)
    if plan.unallocated or max(share.due for share in plan.shares) >= late:
        return [plan_of(line, work_orders, "amended")]
    withdrawn = [each.take_back(each.quantity, on=today) for each in waiting]
    more = _make_work_orders(session, line, plan)
    offers = [each.offer() for each in more]
    return [*withdrawn, plan_of(line, [*work_orders, *more], "amended"), *offers]


def _shared_out(
    session: Session,
    line: Row[Any],
    work_orders: Sequence[WorkOrder],
    quantity: int,
    *,
    instead_of: Sequence[WorkOrder] = (),
) -> Plan:
    """The plan for a quantity, without who declined the line or closed it short; nobody is asked without a clearance."""
    today = business_today(session)
    cleared = line.cleared_until is not None and line.cleared_until >= today
    declined = [
        each.facility for each in work_orders if each.declined_reason is not None or each.short_closed
    ]
    return share_out(
        quantity,
        labour_minutes=line.labour_minutes,
        latest=latest_finish(line.requested_date),
        today=today,
        able=able_to_make(session, line.family, but_for=declined, instead_of=instead_of) if cleared else (),
    )


def _make_work_orders(session: Session, line: Row[Any], plan: Plan) -> list[WorkOrder]:
    today = business_today(session)
    made = [_work_order(session, line, share, today) for share in plan.shares]
    session.add_all(made)
    session.flush()
    return made


def _work_order(session: Session, line: Row[Any], share: Share, today: date) -> WorkOrder:
    number = next_number(session, share.facility, "work_orders")
    return WorkOrder(
        id=uuid7s.uuid7(),
        number=f"WO-{short_code(share.facility)}-{today.year}-{number:04d}",
        order_id=line.order_id,
        line=line.line,
        sku=line.sku,
        facility=share.facility,
        quantity=share.quantity,
        due=share.due,
        why=share.why,
        offered_on=today,
    )


def plan_of(line: Row[Any], work_orders: Sequence[WorkOrder], because: Cause) -> ProductionPlanned:
    """How the whole line stands: every live work order, and what no facility has."""
    rows = [each for each in work_orders if each.live and each.quantity]
    allocated = sum(row.quantity for row in rows)
    ready = ready_on(max(row.due for row in rows)) if rows else None
    return ProductionPlanned(
        order_id=line.order_id,
        line=line.line,
        allocated=allocated,
        unallocated=max(0, line.to_make - allocated),
        promised_date=ready if allocated >= line.to_make else None,
        allocations=tuple(Allocation(facility=row.facility, quantity=row.quantity) for row in rows),
        in_time=sum(row.quantity for row in rows if ready_on(row.due) <= line.requested_date),
        because=because,
    )


def next_number(session: Session, code: str, counter: str) -> int:
    """The facility's next running number; its row stays locked until the commit, so none is given twice."""
    column = facility.c[counter]
    statement = update(facility).where(facility.c.code == code).values({column: column + 1}).returning(column)
    return int(session.execute(statement).scalar_one())


def locked_work_orders(session: Session, line: Row[Any]) -> Sequence[WorkOrder]:
    """The line's work orders; nobody begins one of them before the commit."""
    query = (
        select(WorkOrder)
        .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
        .order_by(work_order.c.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.execute(query).scalars().all()
