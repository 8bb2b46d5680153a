"""Decisions as they are shown: reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from services.orders.storage import decision
from services.orders.storage import order as orders
from services.orders.views import mine
from shared.web.access import Principal

OPEN, ENDED = "open", "ended"


def list_decisions(
    session: Session, principal: Principal, *, limit: int, state: str | None = None, after: UUID | None = None
) -> list[dict[str, Any]]:
    """Decisions about orders that the principal may see, newest first; one more than asked for, if there is one."""
    query = _decisions(principal).order_by(decision.c.id.desc()).limit(limit + 1)
    if state:
        query = query.where(
            decision.c.outcome.is_(None) if state == OPEN else decision.c.outcome.is_not(None)
        )
    if after:
        query = query.where(decision.c.id < after)
    return [_shown(row) for row in session.execute(query)]


def open_decisions(session: Session, principal: Principal, *, limit: int) -> Sequence[dict[str, Any]]:
    """What is to be decided first comes first."""
    query = _decisions(principal).where(decision.c.outcome.is_(None)).order_by(decision.c.deadline)
    return [_shown(row) for row in session.execute(query.limit(limit))]


def decisions_of(session: Session, order_id: UUID) -> list[dict[str, Any]]:
    """All decisions about an order, newest first."""
    query = _all().where(decision.c.order_id == order_id).order_by(decision.c.id.desc())
    return [_shown(row) for row in session.execute(query)]


def find_decision(session: Session, principal: Principal, decision_id: UUID) -> dict[str, Any] | None:
    row = session.execute(_decisions(principal).where(decision.c.id == decision_id)).one_or_none()
    return _shown(row) if row else None


def _all() -> Select[Any]:
    return select(decision, orders.c.po_number).join(orders, orders.c.id == decision.c.order_id)


def _decisions(principal: Principal) -> Select[Any]:
    return _all().where(mine(principal))


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {
        **row._mapping,
        "line": row.line_number,
        "state": OPEN if row.outcome is None else ENDED,
        "answers": row.offered,
        "default": row.offered[0],
    }
