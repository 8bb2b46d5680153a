"""Sharing out again what no facility has, when something came that was missing."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.production.handlers.planning import allocate, line_of, work_orders_of
from services.production.storage import LIVE, demand, work_order
from shared.clock import business_today
from shared.events.production import Cause
from shared.messaging.outbox import record
from shared.sight import as_the_service

MOST = 200
"""Lines that are tried in one transaction, the most urgent first: other planning waits for it."""


def share_out_what_waits(session: Session, because: Cause, *conditions: Any) -> None:
    """Offer the pieces that no facility has of lines that fit; what still finds none is not told again.

    The caller holds all other planning.
    """
    with as_the_service(session):
        for order_id, number in session.execute(_waiting(session, *conditions)).all():
            line = line_of(session, order_id, number)
            work_orders = work_orders_of(session, line)
            more = line.to_make - sum(each.quantity for each in work_orders if each.live)
            planned, *offered = allocate(session, line, work_orders, more, because)
            if offered:
                record(session, planned, *offered)


def _waiting(session: Session, *conditions: Any) -> Select[Any]:
    to_make = func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped)
    allocated = (
        select(func.coalesce(func.sum(work_order.c.quantity), 0))
        .where(work_order.c.order_id == demand.c.order_id, work_order.c.line == demand.c.line, LIVE)
        .scalar_subquery()
    )
    return (
        select(demand.c.order_id, demand.c.line)
        .where(demand.c.cleared_until >= business_today(session), to_make > allocated, *conditions)
        .order_by(demand.c.requested_date, demand.c.order_id, demand.c.line)
        .limit(MOST)
    )
