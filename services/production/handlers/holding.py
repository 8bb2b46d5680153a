"""Legal holds: as long as one stands, nothing is erased of a worker, or of anybody in a facility."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from services.production.domain.remarks import said
from services.production.storage import facility as facilities
from services.production.storage import legal_hold, worker
from shared.refusal import Refused


def place(session: Session, *, facility: str, code: str | None, reason: str, by: str) -> int:
    """Let nothing be erased here until the hold is lifted; without a code it is about everybody."""
    if session.execute(select(facilities.c.code).where(facilities.c.code == facility)).first() is None:
        raise Refused("There is no facility {facility}.", field="facility", facility=facility)
    ids = _locked(session, facility, code)
    values = {
        "facility": facility,
        "worker_id": None if code is None else ids[0],
        "reason": said(reason),
        "placed_by": by,
    }
    made: int = session.execute(insert(legal_hold).values(**values).returning(legal_hold.c.id)).scalar_one()
    return made


def lift(session: Session, *, hold_id: int, by: str) -> None:
    lifted = session.execute(
        update(legal_hold)
        .where(legal_hold.c.id == hold_id, legal_hold.c.lifted_at.is_(None))
        .values(lifted_at=func.clock_timestamp(), lifted_by=by)
        .returning(legal_hold.c.id)
    )
    if lifted.first() is None:
        raise Refused("There is no hold {id} that stands.", field="hold_id", id=hold_id)


def standing(session: Session) -> list[dict[str, Any]]:
    """The holds that stand, and whether each is about one worker; not about whom."""
    rows = session.execute(
        select(
            legal_hold.c.id,
            legal_hold.c.facility,
            legal_hold.c.worker_id.is_not(None).label("one_worker"),
            legal_hold.c.reason,
            legal_hold.c.placed_at,
            legal_hold.c.placed_by,
        )
        .where(legal_hold.c.lifted_at.is_(None))
        .order_by(legal_hold.c.id)
    )
    return [dict(row._mapping) for row in rows]


def _locked(session: Session, facility: str, code: str | None) -> Sequence[UUID]:
    """The purge locks workers before it looks for holds, so that none is placed behind its back."""
    of = select(worker.c.id).where(worker.c.facility == facility).order_by(worker.c.id).with_for_update()
    ids = session.execute(of if code is None else of.where(worker.c.code == code)).scalars().all()
    if code is not None and not ids:
        raise Refused("There is no such worker in {facility}.", field="worker", facility=facility)
    return ids
