"""Notes of counsel: the compliance officer records one, and withdraws what was wrong. None is ever changed."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from services.orders import counsel_notes
from services.orders.domain.counsel_note import Note, need_possible, need_standing
from services.orders.handlers.releasing import end_advised
from services.orders.storage import counsel_note
from shared.clock import business_now, business_today
from shared.web.access import Principal


def record_note(
    session: Session,
    *,
    country: str,
    adviser: str,
    given_on: date,
    valid_until: date,
    policies: Sequence[str],
    sha256: str,
    summary: str,
    by: Principal,
) -> Note:
    """Keep what a note of counsel says in short, and which file it is."""
    need_possible(
        given_on=given_on,
        valid_until=valid_until,
        policies=policies,
        known=counsel_notes.policies_to_cover(session),
        today=business_today(session),
    )
    note = Note(
        id=uuid7s.uuid7(),
        country=country,
        adviser=adviser,
        given_on=given_on,
        valid_until=valid_until,
        policies=sorted(set(policies)),
        sha256=sha256,
        summary=summary,
        recorded_by=by.id,
        recorded_by_name=by.name,
        recorded_at=business_now(session),
    )
    session.execute(insert(counsel_note).values(vars(note)))
    return note


def withdraw_note(session: Session, *, note_id: UUID, reason: str, by: Principal) -> None:
    """The note counts no more, nor what was released to export over it alone; it stays to be read, with the reason."""
    here = counsel_note.c.id == note_id
    note = counsel_notes.note_of(session.execute(select(counsel_note).where(here).with_for_update()).one())
    need_standing(note.withdrawn_at)
    session.execute(
        update(counsel_note)
        .where(here)
        .values(
            withdrawn_at=business_now(session),
            withdrawn_by=by.id,
            withdrawn_by_name=by.name,
            withdrawn_reason=reason,
        )
    )
    end_advised(session, note)
