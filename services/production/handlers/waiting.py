"""Sharing out again what no facility has, when something came that was missing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select, update
from sqlalchemy.orm import Session

from services.production.capacities import of_all_families
from services.production.domain.clearance import may_make
from services.production.domain.terms import BARRING
from services.production.handlers.planning import (
    allocate,
    line_of,
    lock_work_orders,
    one_plan_at_a_time,
    planned_as_cleared,
    work_orders_of,
)
from services.production.storage import (
    ASKED,
    LIVE,
    OPEN,
    capability,
    demand,
    facility,
    item,
    passed_over,
    warning_check,
    work_order,
)
from shared.clock import business_today
from shared.events.orders import Lane
from shared.events.production import Cause
from shared.messaging.outbox import record
from shared.sight import as_the_service

MOST = 200
"""Lines that are tried in one transaction, the most urgent first: other planning waits for it."""


def share_out_what_waits(session: Session, because: Cause, *conditions: Any) -> None:
    """Offer the pieces that no facility has of lines that fit; what still finds none is not told again.

    The caller holds all other planning. Of very many lines the less urgent are left to ``share_out_untried``.
    """
    today = business_today(session)
    with as_the_service(session):
        found = session.execute(_waiting(today, *conditions)).all()
        if len(found) > MOST:
            session.execute(update(demand).where(_waits(today), *conditions).values(tried_on=None))
        _share_out(session, found[:MOST], because)


@contextmanager
def offering_new_hours(session: Session, code: str) -> Iterator[None]:
    """Change a facility's hours while all other planning stands still; what waits is offered if there are more of them.

    Fewer hours make nothing possible that was not, and trying all that waits takes seconds. Nor do more hours where
    hours are not what the facility lacks for a line.
    """
    one_plan_at_a_time(session)
    before = dict(of_all_families(session, code))
    yield
    if any(now.has_more_than(before[family]) for family, now in of_all_families(session, code)):
        share_out_to(session, code, ~_lacks_other_than_hours(code))
    else:
        _look_for_what_comes_late(session)


def _lacks_other_than_hours(code: str) -> ColumnElement[bool]:
    """Whether a line passed the facility over for what its hours do not change."""
    of_line = (passed_over.c.order_id == demand.c.order_id, passed_over.c.line == demand.c.line)
    others = passed_over.c.reason.in_(BARRING)
    return exists().where(*of_line, passed_over.c.facility == code, others).correlate(demand)


def share_out_to(session: Session, code: str, *conditions: Any) -> None:
    """What a facility can make has changed: offer it what waits, and look through what it has for what comes late.

    The caller holds all other planning.
    """
    _look_for_what_comes_late(session)
    takes_part = (facility.c.code == code, facility.c.producing, facility.c.verified)
    families = (
        select(capability.c.family)
        .join(facility, facility.c.code == capability.c.facility)
        .where(capability.c.workers > 0, *takes_part)
    )
    made_there = select(item.c.sku).where(item.c.family.in_(families))
    share_out_what_waits(session, "enabled", demand.c.sku.in_(made_there), *conditions)


def lines_barred_by(session: Session, lanes: Mapping[str, Lane]) -> list[tuple[UUID, int]]:
    """Lines of which facilities have open work that they may not begin once they have these lanes.

    Their work orders are locked: it is asked before anything of the facilities is changed.
    """
    of_its_line = and_(demand.c.order_id == work_order.c.order_id, demand.c.line == work_order.c.line)
    rows = session.execute(
        select(work_order.c.order_id, work_order.c.line, work_order.c.facility, demand.c.lane)
        .join(demand, of_its_line)
        .where(work_order.c.facility.in_(lanes), OPEN)
    )
    barred = sorted({(row.order_id, row.line) for row in rows if not may_make(lanes[row.facility], row.lane)})
    lock_work_orders(session, barred)
    return barred


def planned_elsewhere(session: Session, lines: Sequence[tuple[UUID, int]]) -> list[object]:
    """What of these lines is not begun is taken from places that may not make them any more, and shared out."""
    told: list[object] = []
    with as_the_service(session):
        for order_id, number in lines:
            line = line_of(session, order_id, number)
            told += planned_as_cleared(session, line, work_orders_of(session, line), "enabled")
    return told


def _look_for_what_comes_late(session: Session) -> None:
    session.execute(update(warning_check).values(event=0))


def some_are_untried(session: Session) -> bool:
    """Whether a line waits that was not tried today: a new day may begin an agreement, or bring a free one near."""
    today = business_today(session)
    return session.execute(_waiting(today, _untried(today)).limit(1)).first() is not None


def share_out_untried(session: Session) -> bool:
    """Try some of the lines that were not tried today; whether there may be more."""
    one_plan_at_a_time(session)
    today = business_today(session)
    found = session.execute(_waiting(today, _untried(today))).all()
    _share_out(session, found[:MOST], "enabled")
    return len(found) > MOST


def _share_out(session: Session, lines: Sequence[Row[Any]], because: Cause) -> None:
    """Offer what waits of the lines. All is recorded at the end, after the last number of a facility is given out."""
    told: list[object] = []
    for row in lines:
        line = line_of(session, row.order_id, row.line)
        work_orders = work_orders_of(session, line)
        more = line.to_make - sum(each.asked for each in work_orders if each.live)
        planned, *offered = allocate(session, line, work_orders, more, because)
        told += [planned, *offered] if offered else []
    record(session, *told)


def _untried(today: date) -> ColumnElement[bool]:
    return demand.c.tried_on.is_(None) | (demand.c.tried_on < today)


def _waits(today: date) -> ColumnElement[bool]:
    """Whether some of what may be made of a line has no facility."""
    to_make = func.least(demand.c.cleared, demand.c.quantity - demand.c.stopped)
    allocated = (
        select(func.coalesce(func.sum(ASKED), 0))
        .where(work_order.c.order_id == demand.c.order_id, work_order.c.line == demand.c.line, LIVE)
        .correlate(demand)
        .scalar_subquery()
    )
    return (demand.c.cleared_until >= today) & (to_make > allocated)


def _waiting(today: date, *conditions: Any) -> Select[Any]:
    """The lines that wait, one more than are tried at once."""
    return (
        select(demand.c.order_id, demand.c.line)
        .where(_waits(today), *conditions)
        .order_by(demand.c.requested_date, demand.c.order_id, demand.c.line)
        .limit(MOST + 1)
    )
