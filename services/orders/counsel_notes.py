"""Notes of counsel as they are shown: reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.orders.domain.counsel_note import Note
from services.orders.domain.destination_policy import name_of
from services.orders.policies import LIVE
from services.orders.storage import counsel_note, destination_policy

NAMES = tuple(Note.__dataclass_fields__)


def listed(session: Session, *, limit: int, after: UUID | None = None) -> Sequence[Note]:
    """The notes, newest first; those that were withdrawn too."""
    query = select(counsel_note).order_by(counsel_note.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(counsel_note.c.id < after)
    return [note_of(row) for row in session.execute(query)]


def standing(session: Session) -> Sequence[Note]:
    """Those that nobody withdrew."""
    return [
        note_of(row)
        for row in session.execute(select(counsel_note).where(counsel_note.c.withdrawn_at.is_(None)))
    ]


def find(session: Session, id: UUID) -> Note | None:
    row = session.execute(select(counsel_note).where(counsel_note.c.id == id)).one_or_none()
    return note_of(row) if row else None


def policies_to_cover(session: Session) -> list[str]:
    """The versions of policies that count, as holds name them."""
    rows = session.execute(select(destination_policy.c.id, destination_policy.c.version).where(LIVE))
    return sorted(name_of(row.id, row.version) for row in rows)


def note_of(row: Row[Any]) -> Note:
    return Note(**{name: getattr(row, name) for name in NAMES})
