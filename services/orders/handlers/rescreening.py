"""Screening open lines again after the rules changed: a row first, then a job that goes from order to order."""

from datetime import date
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from services.orders import policies, rescreenings, timeline
from services.orders.domain.destination_policy import Screening, screen
from services.orders.domain.order import Line, Order
from services.orders.domain.rescreening import Verdict, asks_again, rescreen, verdict
from services.orders.handlers.locking import locked
from services.orders.storage import caught_line, rescreening
from shared.clock import business_today

ORDERS_AT_ONCE = 25
"""In one transaction: a worker that dies loses the work on no more than these."""


def rescreen_some(session: Session) -> bool:
    """Screen the next orders of what was asked for first and no other worker is at; false if there is nothing."""
    today = business_today(session)
    found = rescreenings.next_due(session, today)
    if found is None:
        return False
    ids = rescreenings.open_orders(session, after=found.last_order, limit=ORDERS_AT_ONCE)
    if not ids:
        ended = update(rescreening).where(rescreening.c.id == found.id)
        session.execute(ended.values(ended_at=func.clock_timestamp()))
        return True
    orders = [locked(session, id) for id in ids]
    rules = policies.in_force(session, today)
    still_open = [(order, line) for order in orders for line in order.lines if not line.closed]
    items = policies.published_items(session, (line for _, line in still_open))
    families = {buyer: policies.prison_families(session, buyer) for buyer in {each.buyer for each in orders}}
    for order, line in still_open:
        goods = policies.goods_of(line, items, prison_families=families[order.buyer])
        _rescreen(session, found.id, order, line, screen(goods, rules), on=today)
    done = {"last_order": ids[-1], "screened": rescreening.c.screened + len(still_open)}
    session.execute(update(rescreening).where(rescreening.c.id == found.id).values(done))
    return True


def _rescreen(
    session: Session, rescreening_id: int, order: Order, line: Line, screening: Screening, *, on: date
) -> None:
    """Let an open line stand under rules that are new, and keep that they caught it, if they did."""
    found = verdict(line, screening)
    if found.stricter and found.all_gone and _raised(session, order.id, line, found):
        return
    rescreen_line(session, order, line, screening, on=on)
    if found.stricter:
        _keep_caught(session, rescreening_id, order.id, line, found)


def rescreen_line(session: Session, order: Order, line: Line, screening: Screening, *, on: date) -> None:
    """Let a line stand under another decision; only what asks for something new ends its release."""
    found = verdict(line, screening)
    timeline.tell(session, *rescreen(order, line, screening, on=on))
    if asks_again(found):
        session.flush()  # a withdrawn hold makes room for the one that follows it
        timeline.tell(session, *order.ask_again(line, on))


def _raised(session: Session, order_id: UUID, line: Line, found: Verdict) -> bool:
    """Whether the same rules were found against these goods before: the alarm stands already."""
    earlier = select(caught_line.c.policies).where(
        caught_line.c.order_id == order_id, caught_line.c.line_number == line.number
    )
    return list(found.by) in session.execute(earlier).scalars().all()


def _keep_caught(session: Session, rescreening_id: int, order_id: UUID, line: Line, found: Verdict) -> None:
    session.execute(
        insert(caught_line).values(
            rescreening_id=rescreening_id,
            order_id=order_id,
            line_number=line.number,
            before=found.before,
            after=found.after,
            policies=list(found.by),
            law=list(found.law),
            at_sea=found.at_sea,
        )
    )
