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
from services.production.domain.capacity import ready_on
from services.production.domain.work_order import WorkOrder, short_code
from services.production.storage import LIVE, demand, facility, item, work_order
from shared.clock import business_today
from shared.events.production import (
    Allocation,
    Cause,
    ProductionPlanned,
    WorkOrderOffered,
)

PLANNING = func.hashtext("production plan")


def one_plan_at_a_time(session: Session) -> None:
    """Hold all other planning until the commit: two plans at once would both count on the same free hours."""
    session.execute(select(func.pg_advisory_xact_lock(PLANNING)))


def line_of(session: Session, order_id: UUID, line: int) -> Row[Any]:
    """The order line with what its item takes, locked."""
    to_make = func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped).label("to_make")
    return session.execute(
        select(demand, to_make, item.c.labour_minutes, item.c.family)
        .join(item, item.c.sku == demand.c.sku)
        .where(demand.c.order_id == order_id, demand.c.line == line)
        .with_for_update(of=demand)
    ).one()


def allocate(session: Session, line: Row[Any], quantity: int, because: Cause) -> list[object]:
    """Share a quantity out over facilities that have not declined this line, and say how it stands now."""
    offered = _offer_all(session, line, _shared_out(session, line, quantity))
    return [plan_of(session, line, because), *offered]


def planned_anew(session: Session, line: Row[Any]) -> list[object]:
    """What has not begun is shared out again if all of it is then done earlier and the line was late; else it stays."""
    waiting = [each for each in locked_work_orders(session, line) if each.can_be_taken_back]
    late = max((each.due for each in waiting), default=line.requested_date)
    if late <= line.requested_date:
        return [plan_of(session, line, "amended")]
    pieces = sum(each.quantity for each in waiting)
    plan = _shared_out(session, line, pieces, instead_of=waiting)
    if plan.unallocated or max(share.due for share in plan.shares) >= late:
        return [plan_of(session, line, "amended")]
    today = business_today(session)
    withdrawn = [each.take_back(each.quantity, on=today) for each in waiting]
    offered = _offer_all(session, line, plan)
    return [*withdrawn, plan_of(session, line, "amended"), *offered]


def _shared_out(
    session: Session, line: Row[Any], quantity: int, *, instead_of: Sequence[WorkOrder] = ()
) -> Plan:
    """The plan for a quantity; nobody is asked without a clearance."""
    today = business_today(session)
    cleared = line.cleared_until is not None and line.cleared_until >= today
    return share_out(
        quantity,
        labour_minutes=line.labour_minutes,
        latest=line.requested_date,
        today=today,
        able=able_to_make(session, line.family, but_for=_declined(session, line), instead_of=instead_of)
        if cleared
        else (),
    )


def _offer_all(session: Session, line: Row[Any], plan: Plan) -> list[WorkOrderOffered]:
    today = business_today(session)
    offered = [_offer(session, line, share, today) for share in plan.shares]
    session.add_all(offered)
    session.flush()
    return [order.offer() for order in offered]


def _declined(session: Session, line: Row[Any]) -> Sequence[str]:
    """The facilities that declined this line, or closed their part of it short."""
    return (
        session.execute(
            select(work_order.c.facility)
            .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
            .where(work_order.c.declined_reason.is_not(None) | (work_order.c.short_closed > 0))
        )
        .scalars()
        .all()
    )


def _offer(session: Session, line: Row[Any], share: Share, today: date) -> WorkOrder:
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


def live(session: Session, line: Row[Any]) -> Sequence[Any]:
    """The work orders of the line that no facility declined and that were not withdrawn."""
    return session.execute(
        select(work_order.c.facility, work_order.c.quantity, work_order.c.due)
        .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
        .where(LIVE, work_order.c.quantity > 0)
        .order_by(work_order.c.id)
    ).all()


def plan_of(session: Session, line: Row[Any], because: Cause) -> ProductionPlanned:
    """How the whole line stands: every live work order, and what no facility has."""
    rows = live(session, line)
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
