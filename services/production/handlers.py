"""What each command and each heard event does, all or nothing; the caller owns the transaction."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.capacities import able_to_make
from services.production.domain.allocation import Plan, Share, share_out
from services.production.domain.cancellation import stop
from services.production.domain.capacity import ready_on
from services.production.domain.clearance import pieces_to_make
from services.production.domain.work_order import Kind, WorkOrder, short_code
from services.production.quoting import on_quote_requested
from services.production.storage import LIVE, capability, demand, facility, item, work_order
from shared.clock import business_today
from shared.events.orders import (
    CancellationRequested,
    ClearanceGranted,
    ClearanceWithdrawn,
    ItemPublished,
    OrderLineAmended,
    OrderPlaced,
    QuoteRequested,
)
from shared.events.production import (
    Allocation,
    Cause,
    ProductionPlanned,
    ProductionStopped,
    WorkOrderOffered,
)
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet, Reactions, keep_copy
from shared.refusal import Refused
from shared.sight import as_the_service

log = logging.getLogger(__name__)

# Commands ---------------------------------------------------------------------------------------


def accept(session: Session, *, work_order_id: UUID) -> WorkOrder:
    """The facility will make it by the due date."""
    order = _locked(session, work_order_id)
    record(session, *order.accept(on=business_today(session), cleared_until=_cleared_until(session, order)))
    return order


def decline(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """The facility will not; its quantity, and no other, is shared out again."""
    _one_plan_at_a_time(session)
    order = _locked(session, work_order_id)
    declined = order.decline(reason=reason)
    session.flush()
    with as_the_service(session):  # it is offered to other facilities
        line = _demand(session, order.order_id, order.line)
        record(session, *declined, *_allocate(session, line, order.quantity, "declined"))
    return order


def start(session: Session, *, work_order_id: UUID) -> WorkOrder:
    """Work begins, or goes on after a pause."""
    order = _locked(session, work_order_id)
    record(session, *order.start(on=business_today(session), cleared_until=_cleared_until(session, order)))
    return order


def pause(session: Session, *, work_order_id: UUID, reason: str) -> WorkOrder:
    """Work stands still for a reason."""
    order = _locked(session, work_order_id)
    record(session, *order.pause(reason=reason))
    return order


def report(session: Session, *, work_order_id: UUID, pieces: int, kind: Kind, worked_on: date) -> WorkOrder:
    """Pieces made or mended on one day."""
    order = _locked(session, work_order_id)
    today = business_today(session)
    record(session, *order.report(pieces, kind=kind, worked_on=worked_on, today=today))
    return order


def inspect(session: Session, *, work_order_id: UUID, passed: int, rework: int, scrap: int) -> WorkOrder:
    """Inspect what awaits it; what passed leaves as a lot. Scrap that can't be made again in time moves the promise."""
    if scrap > 0:
        _one_plan_at_a_time(session)
    order = _locked(session, work_order_id)
    number = _next_number(session, order.facility, "lots")
    lot = f"{short_code(order.facility)}-{business_today(session):%y%m}-{number:03d}"
    inspected = order.inspect(passed=passed, rework=rework, scrap=scrap, lot=lot)
    session.flush()
    record(session, *inspected, *(_postponed(session, order) if scrap else []))
    return order


def _postponed(session: Session, order: WorkOrder) -> list[object]:
    """The line's plan as it is now, if the facility can't make what remains by the day that was agreed."""
    line, today = _demand(session, order.order_id, order.line), business_today(session)
    able = [one for one in able_to_make(session, line.family) if one.facility == order.facility]
    if not able or not order.postpone(able[0], line.labour_minutes, today=today):
        return []
    session.flush()
    return [_planned(session, line, "scrapped")]


def set_capacity(session: Session, *, code: str, open_minutes: int, workers: dict[str, int]) -> None:
    """What a facility is open and how many consenting workers it has for each family it is able to make."""
    families = set(
        session.execute(select(capability.c.family).where(capability.c.facility == code)).scalars()
    )
    for family in sorted(set(workers) - families):
        able = ", ".join(sorted(families)) or "nothing yet"
        raise Refused("This facility makes {families}.", field=f"workers.{family}", families=able)
    session.execute(update(facility).where(facility.c.code == code).values(open_minutes=open_minutes))
    for family, count in workers.items():
        session.execute(
            update(capability)
            .where(capability.c.facility == code, capability.c.family == family)
            .values(workers=count)
        )


def _locked(session: Session, work_order_id: UUID) -> WorkOrder:
    return session.get_one(WorkOrder, work_order_id, with_for_update=True, populate_existing=True)


def _cleared_until(session: Session, order: WorkOrder) -> date | None:
    line = (demand.c.order_id == order.order_id, demand.c.line == order.line)
    until: date | None = session.execute(select(demand.c.cleared_until).where(*line)).scalar_one()
    return until


# Heard events -----------------------------------------------------------------------------------


def _item(event: ItemPublished) -> dict[str, Any]:
    return {
        "sku": event.sku,
        "name_id": event.name_id,
        "name_en": event.name_en,
        "family": event.family,
        "labour_minutes": event.labour_minutes,
    }


def on_order_placed(session: Session, event: OrderPlaced, heard: Heard) -> None:
    wanted = {line.sku for line in event.lines}
    known = set(session.execute(select(item.c.sku).where(item.c.sku.in_(wanted))).scalars())
    for sku in sorted(wanted - known):
        raise NotYet("orders", f"item/{sku}")
    rows = [
        {
            "order_id": event.order_id,
            "line": line.number,
            "sku": line.sku,
            "quantity": line.quantity,
            "destination": line.consignee.country,
            "requested_date": line.requested_date,
        }
        for line in event.lines
    ]
    session.execute(insert(demand), rows)


def on_clearance_granted(session: Session, event: ClearanceGranted, heard: Heard) -> None:
    """Share out what no facility has yet of all that may be made; the newest decision counts."""
    _one_plan_at_a_time(session)
    line = _demand(session, event.order_id, event.line)
    cleared = pieces_to_make(
        event, ordered=line.quantity, destination=line.destination, today=business_today(session)
    )
    if not cleared:
        log.info("nothing is to be made for a clearance to %s until %s", event.purpose, event.expires_on)
        return
    session.execute(
        update(demand)
        .where(demand.c.order_id == event.order_id, demand.c.line == event.line)
        .values(cleared=cleared, cleared_until=event.expires_on)
    )
    line = _demand(session, event.order_id, event.line)
    more = line.to_make - sum(row.quantity for row in _live(session, line))
    if more > 0:
        record(session, *_allocate(session, line, more, "cleared"))


def on_clearance_withdrawn(session: Session, event: ClearanceWithdrawn, heard: Heard) -> None:
    """From now on nothing of the line is planned, accepted or begun; work under way goes on."""
    if event.purpose == "produce":
        _one_plan_at_a_time(session)
        _change(session, event, cleared_until=None)


def on_order_line_amended(session: Session, event: OrderLineAmended, heard: Heard) -> None:
    """Take the line as it is now, and answer a new day with a plan."""
    _one_plan_at_a_time(session)
    before = _demand(session, event.order_id, event.line)
    _change(
        session,
        event,
        quantity=event.ordered,
        destination=event.consignee.country,
        requested_date=event.requested_date,
    )
    line = _demand(session, event.order_id, event.line)
    if line.requested_date != before.requested_date and _live(session, line):
        record(session, *_planned_anew(session, line))


def on_cancellation_requested(session: Session, event: CancellationRequested, heard: Heard) -> None:
    """Stop what nobody works on, and say what was stopped and what goes on."""
    _one_plan_at_a_time(session)
    line = _demand(session, event.order_id, event.line)
    work_orders = _locked_work_orders(session, line)
    had = sum(each.quantity for each in work_orders if each.live)
    stopped = stop(
        event.quantity,
        unassigned=line.quantity - line.stopped - had,
        work_orders=work_orders,
        on=business_today(session),
    )
    session.flush()
    _change(session, event, stopped=line.stopped + stopped.pieces)
    planned = line.cleared > 0 and stopped.pieces > 0
    plan = [_planned(session, _demand(session, event.order_id, event.line), "stopped")] if planned else []
    answer = ProductionStopped(
        order_id=event.order_id,
        line=event.line,
        cancellation_id=event.cancellation_id,
        asked=event.quantity,
        stopped=stopped.pieces,
        going_on=stopped.going_on,
    )
    record(session, *stopped.told, *plan, answer)


def _change(session: Session, event: Any, **values: Any) -> None:
    """Change our copy of the order line that an event is about."""
    of_event = (demand.c.order_id == event.order_id, demand.c.line == event.line)
    session.execute(update(demand).where(*of_event).values(**values))


def _locked_work_orders(session: Session, line: Row[Any]) -> Sequence[WorkOrder]:
    """The line's work orders; nobody begins one of them before the commit."""
    query = (
        select(WorkOrder)
        .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
        .order_by(work_order.c.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.execute(query).scalars().all()


# Allocation -------------------------------------------------------------------------------------

PLANNING = func.hashtext("production plan")


def _one_plan_at_a_time(session: Session) -> None:
    """Hold all other planning until the commit: two plans at once would both count on the same free hours."""
    session.execute(select(func.pg_advisory_xact_lock(PLANNING)))


def _demand(session: Session, order_id: UUID, line: int) -> Row[Any]:
    """The order line with what its item takes, locked."""
    to_make = func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped).label("to_make")
    return session.execute(
        select(demand, to_make, item.c.labour_minutes, item.c.family)
        .join(item, item.c.sku == demand.c.sku)
        .where(demand.c.order_id == order_id, demand.c.line == line)
        .with_for_update(of=demand)
    ).one()


def _allocate(session: Session, line: Row[Any], quantity: int, because: Cause) -> list[object]:
    """Share a quantity out over facilities that have not declined this line, and say how it stands now."""
    offered = _offer_all(session, line, _shared_out(session, line, quantity))
    return [_planned(session, line, because), *offered]


def _planned_anew(session: Session, line: Row[Any]) -> list[object]:
    """What has not begun is shared out again if all of it is then done earlier and the line was late; else it stays."""
    waiting = [each for each in _locked_work_orders(session, line) if each.can_be_taken_back]
    late = max((each.due for each in waiting), default=line.requested_date)
    if late <= line.requested_date:
        return [_planned(session, line, "amended")]
    pieces = sum(each.quantity for each in waiting)
    plan = _shared_out(session, line, pieces, instead_of=waiting)
    if plan.unallocated or max(share.due for share in plan.shares) >= late:
        return [_planned(session, line, "amended")]
    today = business_today(session)
    withdrawn = [each.take_back(each.quantity, on=today) for each in waiting]
    offered = _offer_all(session, line, plan)
    return [*withdrawn, _planned(session, line, "amended"), *offered]


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
    """The facilities that declined this line."""
    return (
        session.execute(
            select(work_order.c.facility)
            .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
            .where(work_order.c.declined_reason.is_not(None))
        )
        .scalars()
        .all()
    )


def _offer(session: Session, line: Row[Any], share: Share, today: date) -> WorkOrder:
    number = _next_number(session, share.facility, "work_orders")
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


def _live(session: Session, line: Row[Any]) -> Sequence[Any]:
    """The work orders of the line that no facility declined and that were not withdrawn."""
    return session.execute(
        select(work_order.c.facility, work_order.c.quantity, work_order.c.due)
        .where(work_order.c.order_id == line.order_id, work_order.c.line == line.line)
        .where(LIVE)
        .order_by(work_order.c.id)
    ).all()


def _planned(session: Session, line: Row[Any], because: Cause) -> ProductionPlanned:
    """How the whole line stands: every live work order, and what no facility has."""
    rows = _live(session, line)
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


def _next_number(session: Session, code: str, counter: str) -> int:
    """The facility's next running number; its row stays locked until the commit, so none is given twice."""
    column = facility.c[counter]
    statement = update(facility).where(facility.c.code == code).values({column: column + 1}).returning(column)
    return int(session.execute(statement).scalar_one())


REACTIONS: Reactions = {
    ItemPublished: keep_copy(item, _item),
    OrderPlaced: on_order_placed,
    ClearanceGranted: on_clearance_granted,
    QuoteRequested: on_quote_requested,
    ClearanceWithdrawn: on_clearance_withdrawn,
    OrderLineAmended: on_order_line_amended,
    CancellationRequested: on_cancellation_requested,
}
