"""What was parked for an operator: events that kept failing, and messages that could not be taken in."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from shared.database import among
from shared.messaging.tables import Inbox, inbox, parked_message, position
from shared.messaging.whereabouts import EVERY, Filters, Named, fitting_received

NAMED = (inbox.c.event_id, inbox.c.type, inbox.c.subject, inbox.c.sequence)


def events(session: Session, filters: Filters, *, most: int | None = None) -> list[Named]:
    """The parked events that fit, oldest first, or so many of them: what can be retried or discarded."""
    query = (
        select(*NAMED).where(_is_parked(), *fitting_received(filters)).order_by(inbox.c.event_id).limit(most)
    )
    return [Named(*row) for row in session.execute(query)]


def alike(session: Session, fingerprints: Iterable[str | None]) -> dict[str, int]:
    """How many parked events have each of these fingerprints."""
    fingerprint = inbox.c.error_fingerprint
    query = select(fingerprint, func.count()).where(_is_parked(), fingerprint.in_(set(fingerprints)))
    return {row[0]: row[1] for row in session.execute(query.group_by(fingerprint))}


def _is_parked() -> ColumnElement[bool]:
    """Parked, and the next of its subject."""
    of_its_subject = and_(position.c.source == inbox.c.source, position.c.subject == inbox.c.subject)
    last = select(position.c.last_sequence).where(of_its_subject).scalar_subquery()
    return and_(inbox.c.state == int(Inbox.PARKED), inbox.c.sequence == func.coalesce(last, 0) + 1)


def unfinished(session: Session, ids: Iterable[UUID]) -> list[Named]:
    """Those of these events that are parked, wait, or are being applied here, oldest first."""
    query = select(*NAMED).where(
        among(inbox.c.event_id, ids), inbox.c.state.in_((Inbox.PENDING, Inbox.RUNNING, Inbox.PARKED))
    )
    return [Named(*row) for row in session.execute(query.order_by(inbox.c.event_id))]


def messages(
    session: Session, filters: Filters = EVERY, *, before: int | None = None, limit: int = 50
) -> Sequence[RowMapping]:
    """The parked messages that fit and that nobody dismissed, newest first, from before a number on.

    Of those that are in conflict the type and the subject are known; of the others only their age.
    """
    query = select(parked_message).where(*_fitting_messages(filters))
    if before is not None:
        query = query.where(parked_message.c.id < before)
    return session.execute(query.order_by(parked_message.c.id.desc()).limit(limit)).mappings().all()


def _fitting_messages(filters: Filters) -> Iterable[ColumnElement[bool]]:
    message = parked_message.c.message
    yield parked_message.c.dismissed_at.is_(None)
    if filters.older_than:
        yield parked_message.c.parked_at < func.clock_timestamp() - filters.older_than
    if filters.type:
        yield message["type"].astext == filters.type
    if filters.order:
        id = str(filters.order)
        yield or_(
            message["subject"].astext == f"order/{id}",
            message["data"].contains({"order_id": id}),
            message["data"].contains({"lines": [{"order_id": id}]}),
        )
    if filters.fingerprint:
        yield false()
