"""What production does when orders tells something; the table from event to reaction at the foot."""

import logging
from functools import cache
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from services.production.domain.cancellation import stop
from services.production.domain.clearance import pieces_to_make
from services.production.handlers.planning import (
    LINE,
    NUMBER,
    ORDER,
    line_of,
    locked_work_orders,
    one_plan_at_a_time,
    plan_of,
    planned_anew,
    planned_as_cleared,
)
from services.production.handlers.quoting import on_quote_requested
from services.production.storage import demand, item
from shared.clock import business_today
from shared.database import among_those
from shared.events.orders import (
    CancellationRequested,
    ClearanceGranted,
    ClearanceWithdrawn,
    ItemPublished,
    OrderLineAmended,
    OrderPlaced,
    QuoteRequested,
)
from shared.events.production import ProductionStopped
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet, Reactions, keep_copy

log = logging.getLogger(__name__)

KNOWN = select(item.c.sku).where(among_those(item.c.sku, "skus"))


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
    known = session.execute(KNOWN, {"skus": list(wanted)}).scalars()
    for sku in sorted(wanted.difference(known)):
        raise NotYet("orders", f"item/{sku}")
    rows = [
        {
            "order_id": event.order_id,
            "line": line.number,
            "sku": line.sku,
            "quantity": line.quantity,
            "destination": line.consignee.country,
            "requested_date": line.requested_date,
            "partner": event.buyer,
        }
        for line in event.lines
    ]
    session.execute(insert(demand), rows)


def on_clearance_granted(session: Session, event: ClearanceGranted, heard: Heard) -> None:
    """Share out what no facility has yet of all that may be made, or take back what is more; the newest decision counts."""
    one_plan_at_a_time(session)
    before = line_of(session, event.order_id, event.line)
    cleared = pieces_to_make(
        event, ordered=before.quantity, destination=before.destination, today=business_today(session)
    )
    if not cleared:
        log.info("nothing is to be made for a clearance to %s until %s", event.purpose, event.expires_on)
        return
    line = _changed(session, event, cleared=cleared, cleared_until=event.expires_on, lane=event.lane)
    work_orders = locked_work_orders(session, line)
    told = planned_as_cleared(session, line, work_orders, "cleared")
    if not told and line.to_make != before.to_make:
        told = [plan_of(session, line, work_orders, "cleared")]
    record(session, *told)


def on_clearance_withdrawn(session: Session, event: ClearanceWithdrawn, heard: Heard) -> None:
    """From now on nothing of the line is planned, accepted or begun; work under way goes on."""
    if event.purpose == "produce":
        one_plan_at_a_time(session)
        _changed(session, event, cleared_until=None)


def on_order_line_amended(session: Session, event: OrderLineAmended, heard: Heard) -> None:
    """Take the line as it is now, and answer a new day with a plan."""
    one_plan_at_a_time(session)
    before = line_of(session, event.order_id, event.line)
    line = _changed(
        session,
        event,
        quantity=event.ordered,
        destination=event.consignee.country,
        requested_date=event.requested_date,
    )
    work_orders = locked_work_orders(session, line)
    if line.requested_date != before.requested_date and any(each.live for each in work_orders):
        record(session, *planned_anew(session, line, work_orders))


def on_cancellation_requested(session: Session, event: CancellationRequested, heard: Heard) -> None:
    """Stop what nobody works on, and say what was stopped and what goes on."""
    one_plan_at_a_time(session)
    line = line_of(session, event.order_id, event.line)
    work_orders = locked_work_orders(session, line)
    had = sum(each.asked for each in work_orders if each.live)
    stopped = stop(
        event.quantity,
        unassigned=line.quantity - line.stopped - had,
        work_orders=work_orders,
        on=business_today(session),
    )
    session.flush()
    line = _changed(session, event, stopped=line.stopped + stopped.pieces)
    plan = [plan_of(session, line, work_orders, "stopped")] if line.cleared and stopped.pieces else []
    answer = ProductionStopped(
        order_id=event.order_id,
        line=event.line,
        cancellation_id=event.cancellation_id,
        asked=event.quantity,
        stopped=stopped.pieces,
        going_on=stopped.going_on,
    )
    record(session, *stopped.told, *plan, answer)


def _changed(session: Session, event: Any, **values: Any) -> Row[Any]:
    """Change our copy of the order line that an event is about; the line as it is now, as ``line_of`` gives it."""
    asked = {
        "of_order": event.order_id,
        "of_line": event.line,
        **{f"to_{name}": values[name] for name in values},
    }
    return session.execute(_change(*values), asked).one()


@cache
def _change(*names: str) -> ReturningUpdate[Any]:
    this = (demand.c.order_id == ORDER, demand.c.line == NUMBER, item.c.sku == demand.c.sku)
    values = {name: bindparam(f"to_{name}", type_=demand.c[name].type) for name in names}
    return update(demand).where(*this).values(values).returning(*LINE)


REACTIONS: Reactions = {
    ItemPublished: keep_copy(item, _item),
    OrderPlaced: on_order_placed,
    ClearanceGranted: on_clearance_granted,
    QuoteRequested: on_quote_requested,
    ClearanceWithdrawn: on_clearance_withdrawn,
    OrderLineAmended: on_order_line_amended,
    CancellationRequested: on_cancellation_requested,
}
