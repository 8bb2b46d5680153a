"""Golden samples as they are shown: reads only."""

from collections import defaultdict
from typing import Any, cast

from sqlalchemy import Row, and_, select, true
from sqlalchemy.orm import Session

from services.orders.domain.sample import Verdict
from services.orders.storage import TO_MAKE, buyer, item, order_line, sample_verdict
from services.orders.storage import order as orders
from services.orders.views import mine
from shared.web.access import BUYER, Principal

SAMPLE = item.c.published["golden_sample"].astext
MOST_LINES = 100
"""Waiting lines that are named with one sample."""


def newest_verdict(session: Session, buyer: str, sku: str, sample: str) -> Verdict | None:
    """What the buyer said last of a sample."""
    query = (
        select(sample_verdict.c.verdict)
        .where(
            sample_verdict.c.buyer == buyer, sample_verdict.c.sku == sku, sample_verdict.c.sample == sample
        )
        .order_by(sample_verdict.c.id.desc())
        .limit(1)
    )
    return cast(Verdict | None, session.execute(query).scalar_one_or_none())


def list_samples(session: Session, principal: Principal, *, sku: str | None = None) -> list[dict[str, Any]]:
    """What each item asks for and each buyer said of it, with the lines that wait; a buyer reads their own."""
    newest = (
        select(sample_verdict)
        .where(
            sample_verdict.c.buyer == buyer.c.code,
            sample_verdict.c.sku == item.c.sku,
            sample_verdict.c.sample == SAMPLE,
        )
        .order_by(sample_verdict.c.id.desc())
        .limit(1)
        .lateral()
    )
    query = (
        select(buyer.c.code, item.c.sku, item.c.published, *(newest.c[name] for name in SAID))
        .select_from(buyer)
        .join(item, and_(SAMPLE.is_not(None), item.c.sku == sku if sku else true()))
        .outerjoin(newest, true())
        .order_by(item.c.sku, buyer.c.code)
    )
    if principal.role == BUYER:
        query = query.where(buyer.c.code == principal.account)
    waiting = _waiting(session, principal, sku)
    return [_shown(row, waiting[row.code, row.sku]) for row in session.execute(query)]


SAID = ("verdict", "reason", "said_by_name", "said_at")


def _shown(row: Row[Any], waiting: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "buyer": row.code,
        "sku": row.sku,
        "name_en": row.published["name_en"],
        "name_id": row.published["name_id"],
        "sample": row.published["golden_sample"],
        "state": row.verdict or "asked",
        "reason": row.reason,
        "said_by": row.said_by_name,
        "said_at": row.said_at,
        "waiting": waiting[:MOST_LINES],
    }


def _waiting(
    session: Session, principal: Principal, sku: str | None
) -> dict[tuple[str, str], list[dict[str, Any]]]:
    query = (
        select(
            orders.c.buyer, orders.c.po_number, order_line.c.order_id, order_line.c.number, order_line.c.sku
        )
        .join(order_line, order_line.c.order_id == orders.c.id)
        .where(
            mine(principal),
            order_line.c.awaited_sample.is_not(None),
            order_line.c.action != "block",
            order_line.c.good < TO_MAKE,
            order_line.c.sku == sku if sku else true(),
        )
        .order_by(order_line.c.order_id, order_line.c.number)
    )
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in session.execute(query):
        line = {"order_id": row.order_id, "po_number": row.po_number, "line": row.number}
        found[row.buyer, row.sku].append(line)
    return found
