"""Drafts of orders; nothing of them is told to anybody before they are placed."""

from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.orm import Session

from services.orders.domain.order import Order
from services.orders.handlers.placing import place_order
from services.orders.storage import draft


def make_draft(session: Session, *, buyer: str, made_by: str, content: dict[str, Any]) -> UUID:
    """Keep what is known of an order."""
    id = uuid7s.uuid7()
    session.execute(insert(draft).values(id=id, buyer=buyer, made_by=made_by, content=content))
    return id


def lock_draft(session: Session, *, buyer: str, draft_id: UUID) -> Row[Any] | None:
    """The buyer's draft; nobody else changes or places it until the commit."""
    mine = select(draft).where(draft.c.id == draft_id, draft.c.buyer == buyer)
    return session.execute(mine.with_for_update()).one_or_none()


def amend_draft(session: Session, *, draft_id: UUID, content: dict[str, Any]) -> None:
    """Replace what is known."""
    session.execute(
        update(draft).where(draft.c.id == draft_id).values(content=content, version=draft.c.version + 1)
    )


def drop_draft(session: Session, *, draft_id: UUID) -> None:
    session.execute(delete(draft).where(draft.c.id == draft_id))


def place_draft(
    session: Session, *, draft_id: UUID, buyer: str, placed_by: str, request: dict[str, Any]
) -> Order:
    """The draft becomes an order, or stays as it is if that is refused."""
    drafted_by = session.execute(select(draft.c.made_by).where(draft.c.id == draft_id)).scalar_one()
    order = place_order(session, buyer=buyer, placed_by=placed_by, drafted_by=drafted_by, **request)
    drop_draft(session, draft_id=draft_id)
    return order
