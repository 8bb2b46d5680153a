"""Sharing order lines out over facilities, and saying how each line stands."""

from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import (
    ARRAY,
    Integer,
    Text,
    Uuid,
    all_,
    any_,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from services.production.capacities import able_to_make
from services.production.domain.allocation import Plan, Share
from services.production.domain.cancellation import stop
from services.production.domain.capacity import latest_finish, ready_on
from services.production.domain.clearance import may_make
from services.production.domain.terms import Needs, PlanOnTerms, lack_of, share_out_on_terms
from services.production.domain.work_order import WorkOrder, short_code
from services.production.skills import OF_LINE
from services.production.storage import demand, facility, item, passed_over, work_order
from services.production.terms import terms_of
from shared.clock import business_today
from shared.events.orders import Lane
from shared.events.production import (
    Allocation,
    Cause,
    Lack,
    ProductionPlanned,
)

ONE_PLAN = select(func.pg_advisory_xact_lock(func.hashtext("production plan")))


LINE = (
    *demand.columns,
    func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped).label("to_make"),
    item.c.labour_minutes,
    item.c.family,
    *OF_LINE,
)


# What each plan asks is put together once, for that takes longer than to run it.
ORDER, NUMBER = bindparam("of_order", type_=Uuid), bindparam("of_line", type_=Integer)
LOCKED_LINE = (
    select(*LINE)
    .join(item, item.c.sku == demand.c.sku)
    .where(demand.c.order_id == ORDER, demand.c.line == NUMBER)
    .with_for_update(of=demand)
)
WORK_ORDERS = (
    select(WorkOrder)
    .where(work_order.c.order_id == ORDER, work_order.c.line == NUMBER)
    .order_by(work_order.c.id)
    .execution_options(populate_existing=True)
)
LOCKED_WORK_ORDERS = WORK_ORDERS.with_for_update(of=work_order)

_codes, _reasons = (bindparam(name, type_=ARRAY(Text)) for name in ("codes", "reasons"))
_told = insert(passed_over).from_select(
    passed_over.columns.keys(), select(ORDER, NUMBER, func.unnest(_codes), func.unnest(_reasons))
)
_others = (
    delete(passed_over)
    .where(passed_over.c.order_id == ORDER, passed_over.c.line == NUMBER)
    .where(passed_over.c.facility != all_(_codes))
)
PASSED_OVER = _told.on_conflict_do_update(
    index_elements=[*passed_over.primary_key], set_={"reason": _told.excluded.reason}
).add_cte(_others.cte("others"))


def one_plan_at_a_time(session: Session) -> None:
    """Hold all other planning until the commit: two plans at once would both count on the same free hours."""
    session.execute(ONE_PLAN)


def line_of(session: Session, order_id: UUID, line: int) -> Row[Any]:
    """The order line with what its item takes, locked."""
    return session.execute(LOCKED_LINE, {"of_order": order_id, "of_line": line}).one()


def allocate(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], quantity: int, because: Cause
) -> list[object]:
    """Share a quantity out over facilities that have not declined this line, as far as it may be made; say how it stands now."""
    more = line.to_make - sum(each.asked for each in work_orders if each.live)
    planned = _shared_out(session, line, work_orders, max(0, min(quantity, more)))
    if planned.plan.unallocated:
        this = (demand.c.order_id == line.order_id, demand.c.line == line.line)
        session.execute(update(demand).where(*this).values(tried_on=business_today(session)))
    return shared_out_anew(session, line, work_orders, planned, because)


def planned_as_cleared(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], because: Cause
) -> list[object]:
    """Take back what places have that may not make the line, share out what then has no facility, and stop what is too much."""
    waiting = [each for each in work_orders if each.can_be_taken_back]
    lanes = lanes_of(session, [each.facility for each in waiting]) if waiting else {}
    theirs = [each for each in waiting if not may_make(lanes[each.facility], line.lane)]
    today = business_today(session)
    told: list[object] = [each.take_back(each.quantity, on=today) for each in theirs]
    session.flush()
    more = line.to_make - sum(each.asked for each in work_orders if each.live)
    if more > 0:
        return [*told, *allocate(session, line, work_orders, more, because)]
    if more < 0:
        told += stop(-more, unassigned=0, work_orders=work_orders, on=today).told
        session.flush()
    return [*told, plan_of(session, line, work_orders, because)] if told else []


def planned_anew(session: Session, line: Row[Any], work_orders: Sequence[WorkOrder]) -> list[object]:
    """What has not begun is shared out again if all of it is then done earlier and the line was late; else it stays."""
    waiting = [each for each in work_orders if each.can_be_taken_back]
    today = business_today(session)
    late = max((each.due for each in waiting), default=date.min)
    if late <= latest_finish(line.requested_date):
        return [plan_of(session, line, work_orders, "amended")]
    pieces = sum(each.quantity for each in waiting)
    planned = _shared_out(session, line, work_orders, pieces, instead_of=waiting)
    plan = planned.plan
    if plan.unallocated or max(share.due for share in plan.shares) >= late:
        return [plan_of(session, line, work_orders, "amended")]
    withdrawn = [each.take_back(each.quantity, on=today) for each in waiting]
    return [*withdrawn, *shared_out_anew(session, line, work_orders, planned, "amended")]


def shared_out_anew(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], planned: PlanOnTerms, because: Cause
) -> list[object]:
    """Make the work orders of a plan beside those that the line has, and say how it stands now."""
    more = _make_work_orders(session, line, planned.plan)
    _keep_passed_over(session, line, [*work_orders, *more], planned)
    return [plan_of(session, line, [*work_orders, *more], because), *(each.offer() for each in more)]


def _shared_out(
    session: Session,
    line: Row[Any],
    work_orders: Sequence[WorkOrder],
    quantity: int,
    *,
    instead_of: Sequence[WorkOrder] = (),
) -> PlanOnTerms:
    """The plan for a quantity, without who declined the line or closed it short; nobody is asked for nothing, or without a clearance."""
    today = business_today(session)
    if not quantity or line.cleared_until is None or line.cleared_until < today:
        return PlanOnTerms(Plan((), quantity), {})
    declined = [
        each.facility for each in work_orders if each.declined_reason is not None or each.short_closed
    ]
    able = able_to_make(session, line.family, but_for=declined, instead_of=instead_of)
    planned = share_out_on_terms(
        quantity,
        labour_minutes=line.labour_minutes,
        latest=latest_finish(line.requested_date),
        today=today,
        able=able,
        terms=terms_of(
            session, line.sku, partner=line.partner, able=able, today=today, instead_of=instead_of
        ),
        needs=Needs(skill_level=line.skill_level, zone=line.zone, lane=line.lane),
    )
    return PlanOnTerms(planned.plan, {**planned.passed_over, **dict.fromkeys(declined, "declined")})


def _keep_passed_over(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], planned: PlanOnTerms
) -> None:
    """Keep why each facility that could make the line has no part of it, as of this plan."""
    taking_part = {each.facility for each in work_orders if each.live and each.quantity}
    reasons = {code: why for code, why in planned.passed_over.items() if code not in taking_part}
    told = {"codes": list(reasons.keys()), "reasons": list(reasons.values())}
    session.execute(PASSED_OVER, {**_this(line), **told})


def _lack(session: Session, line: Row[Any]) -> Lack:
    """What would have to be there for the pieces that no facility has."""
    of_line = (passed_over.c.order_id == line.order_id, passed_over.c.line == line.line)
    return lack_of(session.execute(select(passed_over.c.reason).where(*of_line)).scalars().all())


def _make_work_orders(session: Session, line: Row[Any], plan: Plan) -> list[WorkOrder]:
    today = business_today(session)
    numbers = next_numbers(session, [share.facility for share in plan.shares], "work_orders")
    made = [_work_order(line, share, today, numbers[share.facility]) for share in plan.shares]
    session.add_all(made)
    session.flush()
    return made


def lanes_of(session: Session, codes: Collection[str]) -> dict[str, Lane]:
    """Whose work it is at each of the facilities, as things stand."""
    rows = session.execute(select(facility.c.code, facility.c.lane).where(facility.c.code.in_(codes)))
    return {row.code: row.lane for row in rows}


def _work_order(line: Row[Any], share: Share, today: date, number: int) -> WorkOrder:
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


def plan_of(
    session: Session, line: Row[Any], work_orders: Sequence[WorkOrder], because: Cause
) -> ProductionPlanned:
    """How the whole line stands: every live work order, and what no facility has."""
    rows = [each for each in work_orders if each.live and each.quantity]
    allocated = sum(row.asked for row in rows)
    ready = ready_on(max(row.due for row in rows)) if rows else None
    unallocated = max(0, line.to_make - allocated)
    return ProductionPlanned(
        order_id=line.order_id,
        line=line.line,
        allocated=allocated,
        unallocated=unallocated,
        promised_date=ready if allocated >= line.to_make else None,
        allocations=tuple(Allocation(facility=row.facility, quantity=row.asked) for row in rows),
        in_time=sum(row.asked for row in rows if ready_on(row.due) <= line.requested_date),
        because=because,
        lacking=_lack(session, line) if unallocated else None,
        lane=line.lane,
    )


def next_number(session: Session, code: str, counter: str) -> int:
    return next_numbers(session, [code], counter)[code]


def next_numbers(session: Session, codes: Collection[str], counter: str) -> dict[str, int]:
    """Each facility's next running number; its row stays locked until the commit, so none is given twice."""
    rows = session.execute(_counted(counter), {"codes": list(codes)})
    return {code: int(number) for code, number in rows}


@cache
def _counted(counter: str) -> ReturningUpdate[str, int]:
    column = facility.c[counter]
    one_more = update(facility).where(facility.c.code == any_(_codes)).values({column: column + 1})
    return one_more.returning(facility.c.code, column)


def work_orders_of(session: Session, line: Row[Any]) -> Sequence[WorkOrder]:
    """The line's work orders. Who holds all other planning finds the same live ones until the commit."""
    return session.execute(WORK_ORDERS, _this(line)).scalars().all()


def locked_work_orders(session: Session, line: Row[Any]) -> Sequence[WorkOrder]:
    """The line's work orders, to take pieces back of: nobody begins one of them before the commit."""
    return session.execute(LOCKED_WORK_ORDERS, _this(line)).scalars().all()


def _this(line: Row[Any]) -> dict[str, Any]:
    return {"of_order": line.order_id, "of_line": line.line}


def lock_work_orders(session: Session, lines: Collection[tuple[UUID, int]]) -> None:
    """Lock the work orders of order lines in the order of their ids, as everybody does who locks several.

    Whoever gives out numbers of a facility, or records, does so after it.
    """
    of_lines = tuple_(work_order.c.order_id, work_order.c.line).in_(lines)
    session.execute(select(work_order.c.id).where(of_lines).order_by(work_order.c.id).with_for_update())
