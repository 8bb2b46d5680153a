"""Drafts as they are shown: reads only."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.orders.schemas.drafts import missing_in
from services.orders.storage import draft


def draft_as_dict(row: Row[Any]) -> dict[str, Any]:
    """The draft with what it still misses."""
    return {
        "id": row.id,
        "version": row.version,
        "made_at": row.made_at,
        "order": row.content,
        "missing": missing_in(row.content),
    }


def list_drafts(session: Session, buyer: str, *, limit: int, after: UUID | None) -> list[dict[str, Any]]:
    """Newest first; one more than the limit tells that there are more."""
    query = select(draft).where(draft.c.buyer == buyer).order_by(draft.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(draft.c.id < after)
    return [draft_as_dict(row) for row in session.execute(query)]
