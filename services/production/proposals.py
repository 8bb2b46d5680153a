"""Proposals to plan all open work anew, as they are shown: reads only."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.domain.replanning import Cost
from services.production.open_work import open_work
from services.production.solving import Proposed, gap_pct
from services.production.storage import proposal


def newest(session: Session) -> dict[str, Any] | None:
    """The proposal that was made last, with what has become of it; none if there never was one."""
    row = session.execute(select(proposal).order_by(proposal.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _as_dict(session, row)


def find(session: Session, id: UUID) -> dict[str, Any] | None:
    row = session.execute(select(proposal).where(proposal.c.id == id)).one_or_none()
    return None if row is None else _as_dict(session, row)


def not_kept(proposed: Proposed, *, lines: int) -> dict[str, Any]:
    """A proposal that nobody can accept, in the same shape."""
    return {
        "id": None,
        "made_at": None,
        "state": "not kept",
        "lines": lines,
        **_costs(proposed.before, proposed.after, proposed.bound),
        "changes": [_change(change.as_dict()) for change in proposed.changes],
    }


def _as_dict(session: Session, row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "made_at": row.made_at,
        "state": _state(session, row),
        "lines": row.lines,
        **_costs(Cost(**row.before), Cost(**row.after), row.bound),
        "changes": [_change(change) for change in row.changes],
    }


def _costs(before: Cost, after: Cost, bound: int) -> dict[str, Any]:
    return {
        "before": asdict(before) | {"cost": before.total},
        "after": asdict(after) | {"cost": after.total},
        "bound": bound,
        "gap_pct": round(gap_pct(after.total, bound), 1),
    }


def _change(change: dict[str, Any]) -> dict[str, Any]:
    offered = [{**share, "due": date.fromisoformat(share["due"])} for share in change["offered"]]
    return {**change, "offered": offered}


def _state(session: Session, row: Row[Any]) -> str:
    if row.accepted_on or row.discarded_on:
        return "accepted" if row.accepted_on else "discarded"
    return "open" if open_work(session).fingerprint == row.open_work else "outdated"
