"""Screening lines again: those that something changed about at once; all open ones, when the rules changed, or what
they look at in articles and sellers.

Of these there is a row first, then a job that goes from order to order.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.orders import policies, rescreenings, timeline
from services.orders.domain.destination_policy import Screening, screen
from services.orders.domain.order import Line, Order
from services.orders.domain.rescreening import Verdict, asks_again, rescreen, verdict
from services.orders.handlers.locking import locked
from services.orders.storage import caught_line, rescreening
from shared.clock import business_today

Because = Literal["policy", "goods", "amendment", "route", "delivery", "lane"]
"""What changed: the rules, what they look at in an article or its seller, what the buyer asks for, the route, the day
on which it comes, or who made it."""

BEFORE_ALL = UUID(int=0)
ORDERS_AT_ONCE = 25
"""In one transaction: a worker that dies loses the work on no more than these."""


def rescreen_some(session: Session) -> bool:
    """Screen the next orders of what was asked for first and no other worker is at; false if there is nothing."""
    today = business_today(session)
    found = rescreenings.next_due(session, today)
    if found is None:
        return False
    if found.last_order is None:
        _begin(session, found.id)
        return True
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
    because: Because = "policy" if found.policies else "goods"
    for order, line in still_open:
        goods = policies.goods_of(line, items, prison_families=families[order.buyer], today=today)
        rescreen_line(
            session, order, line, screen(goods, rules), on=today, because=because, rescreening_id=found.id
        )
    done = {"last_order": ids[-1], "screened": rescreening.c.screened + len(still_open)}
    session.execute(update(rescreening).where(rescreening.c.id == found.id).values(done))
    return True


def _begin(session: Session, id: int) -> None:
    """Let all commit who decide by what was before, so that the orders that they place are found."""
    policies.wait_for_deciders(session)
    session.execute(update(rescreening).where(rescreening.c.id == id).values(last_order=BEFORE_ALL))


def screen_again(session: Session, order: Order, lines: Sequence[Line], *, because: Because) -> list[Line]:
    """Let lines of an order stand under what the rules say of them as they are now; those that are asked for anew."""
    if not lines:
        return []
    today = business_today(session)
    rules = policies.in_force(session, today)
    items = policies.published_items(session, lines)
    families = policies.prison_families(session, order.buyer)
    found = [(line, policies.goods_of(line, items, prison_families=families, today=today)) for line in lines]
    return [
        line
        for line, goods in found
        if rescreen_line(session, order, line, screen(goods, rules), on=today, because=because)
    ]


def rescreen_line(
    session: Session,
    order: Order,
    line: Line,
    screening: Screening,
    *,
    on: date,
    because: Because = "policy",
    rescreening_id: int | None = None,
) -> bool:
    """Let a line stand under another decision, and keep that it was caught, if it was; whether it is asked for anew.

    Only what asks for something new ends its release.
    """
    found = verdict(line, screening)
    if found.stricter and found.all_gone and _raised(session, order.id, line, found):
        return False
    timeline.tell(session, *rescreen(order, line, screening, on=on))
    keep_caught(session, order, line, found, because=because, rescreening_id=rescreening_id)
    if asks_again(found):
        session.flush()  # a withdrawn hold makes room for the one that follows it
        timeline.tell(session, *order.ask_again(line, on))
    return asks_again(found)


def _raised(session: Session, order_id: UUID, line: Line, found: Verdict) -> bool:
    """Whether the same rules were found against these goods before: the alarm stands already."""
    earlier = select(caught_line.c.policies).where(
        caught_line.c.order_id == order_id,
        caught_line.c.line_number == line.number,
        caught_line.c.evidence_id.is_(None),
    )
    return list(found.by) in session.execute(earlier).scalars().all()


def raise_at_sea(
    session: Session, *, facility: str, evidence_id: UUID, lines: Collection[tuple[UUID, int]] | None = None
) -> None:
    """Evidence speaks against a facility that made goods which departed: they are an alarm, and stay as they are.

    All of them, or those of the lines that are named.
    """
    caught = [
        {
            "because": "evidence",
            "evidence_id": evidence_id,
            "order_id": line.order_id,
            "line_number": line.number,
            "before": "hold",
            "after": line.action,
            "policies": [],
            "law": [],
            "at_sea": line.at_sea,
            "departed": line.departed,
        }
        for line in rescreenings.at_sea_from(session, facility)
        if lines is None or (line.order_id, line.number) in lines
    ]
    if caught:
        session.execute(upsert(caught_line).values(caught).on_conflict_do_nothing())


def keep_caught(
    session: Session,
    order: Order,
    line: Line,
    found: Verdict,
    *,
    because: Because,
    rescreening_id: int | None = None,
) -> None:
    """Keep that a change caught the line, and how much of it was at sea then, if it is decided more strictly now."""
    if not found.stricter:
        return
    session.execute(
        insert(caught_line).values(
            rescreening_id=rescreening_id,
            because=because,
            order_id=order.id,
            line_number=line.number,
            before=found.before,
            after=found.after,
            policies=list(found.by),
            law=list(found.law),
            at_sea=found.at_sea,
        )
    )
