"""What an operator may do to events. Each command leaves its ``operator_action`` in its own transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.messaging.inbox import WAKE
from shared.messaging.tables import (
    Delivery,
    Inbox,
    inbox,
    operator_action,
    outbox_delivery,
    outbox_event,
    parked_message,
    position,
    subscription,
)
from shared.refusal import Refused

SHORTEST_REASON = 10


@dataclass(frozen=True)
class Operator:
    """Who acts, as it stands in the record."""

    name: str
    role: str


def retry(
    session: Session, *, by: Operator, events: Sequence[UUID] = (), fingerprint: str | None = None
) -> list[UUID]:
    """Have parked events tried again at once: these, those that failed alike, or all if neither is given.

    An event named by its id may also be one that waits for its next try. Returns what will be tried.
    """
    wanted = inbox.c.state == Inbox.PARKED
    if events:
        wanted = and_(inbox.c.state.in_((Inbox.PARKED, Inbox.PENDING)), inbox.c.event_id.in_(events))
    if fingerprint:
        wanted = and_(wanted, inbox.c.error_fingerprint == fingerprint)
    again = {"state": Inbox.PENDING, "attempts": 0, "waits": 0, "waits_for": None, "next_at": func.now()}
    statement = update(inbox).where(wanted).values(again).returning(inbox.c.event_id)
    retried = list(session.execute(statement).scalars())
    _note(session, by, "retry", retried)
    return retried


def discard(session: Session, *, event_id: UUID, reason: str, by: Operator) -> None:
    """Let a subject go on without this event, which must be its next and be parked or waiting.

    Locks the position before the event, as whoever applies events does.
    """
    reason = _checked(reason)
    found = session.execute(
        select(inbox.c.source, inbox.c.subject).where(inbox.c.event_id == event_id)
    ).first()
    if found is None:
        raise Refused("This service has not received the event {id}.", field="event", id=event_id)
    last = _lock_position(session, found.source, found.subject)
    row = session.execute(_this(event_id).with_for_update()).one()
    _refuse_unless_next(row, last)
    done = {"state": Inbox.DISCARDED, "done_at": func.clock_timestamp(), "waits_for": None, "lease": None}
    session.execute(update(inbox).where(inbox.c.event_id == event_id).values(done))
    session.execute(
        update(position)
        .where(position.c.source == row.source, position.c.subject == row.subject)
        .values(last_sequence=row.sequence)
    )
    session.execute(WAKE, {"advanced": [f"{row.source} {row.subject}"]})
    _note(session, by, "discard", [event_id], reason)


def _this(event_id: UUID) -> Any:
    columns = (inbox.c.source, inbox.c.subject, inbox.c.sequence, inbox.c.state)
    return select(*columns).where(inbox.c.event_id == event_id)


def _lock_position(session: Session, source: str, subject: str) -> int:
    at = {"source": source, "subject": subject}
    session.execute(upsert(position).values(**at, last_sequence=0).on_conflict_do_nothing())
    query = select(position.c.last_sequence).filter_by(**at).with_for_update()
    last: int = session.execute(query).scalar_one()
    return last


def _refuse_unless_next(row: Row[Any], last: int) -> None:
    if row.state == Inbox.RUNNING:
        raise Refused("The event is being applied at this moment; try again in a minute.", field="event")
    if row.state not in (Inbox.PARKED, Inbox.PENDING):
        raise Refused("The event neither waits nor is parked: nothing is left to discard.", field="event")
    if row.sequence != last + 1:
        raise Refused(
            "The event is number {number} of {subject}, and number {next} comes first.",
            field="event",
            number=row.sequence,
            subject=row.subject,
            next=last + 1,
        )


def resend(
    session: Session, *, to: str, by: Operator, since: datetime | None = None, events: Sequence[UUID] = ()
) -> int:
    """Send a subscriber again what was recorded since a moment, or these events; returns how many.

    They are due as if never sent; the subscriber's inbox keeps them from taking effect twice.
    """
    _refuse_unknown(session, to)
    if since is None and not events:
        raise Refused("Say from when on, or which events.", field="since")
    wanted: list[ColumnElement[bool]] = [outbox_delivery.c.event_pk == outbox_event.c.id]
    if since is not None:
        wanted.append(outbox_event.c.recorded_at >= since)
    if events:
        wanted.append(outbox_event.c.event_id.in_(events))
    again = {"state": Delivery.DUE, "attempts": 0, "next_at": func.now(), "acknowledged_at": None}
    statement = update(outbox_delivery).where(outbox_delivery.c.subscriber == to, *wanted).values(again)
    sent = len(session.execute(statement.returning(outbox_event.c.id)).all())
    which = list(map(str, events)) or [f"since {since.isoformat() if since else ''}"]
    _note(session, by, f"resend to {to}", which if sent else [])
    return sent


def subscribers(session: Session) -> list[str]:
    """Who hears this service."""
    return sorted(session.execute(select(subscription.c.subscriber).distinct()).scalars())


def _refuse_unknown(session: Session, subscriber: str) -> None:
    known = subscribers(session)
    if subscriber not in known:
        raise Refused(
            "{subscriber} does not hear this service; {known} do.",
            field="to",
            subscriber=subscriber,
            known=" and ".join(known) or "none",
        )


def dismiss(session: Session, *, message_id: int, reason: str, by: Operator) -> None:
    """Take a parked message off the list: an operator has seen to its cause. The message is kept."""
    reason = _checked(reason)
    dismissed = session.execute(
        update(parked_message)
        .where(parked_message.c.id == message_id, parked_message.c.dismissed_at.is_(None))
        .values(dismissed_at=func.clock_timestamp())
        .returning(parked_message.c.id)
    ).one_or_none()
    if dismissed is None:
        raise Refused("There is no parked message {id}.", field="message", id=message_id)
    _note(session, by, "dismiss", [f"message {message_id}"], reason)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("Give a reason of {least} characters or more.", field="reason", least=SHORTEST_REASON)
    return reason


def _note(
    session: Session, by: Operator, action: str, whats: Iterable[object], reason: str | None = None
) -> None:
    rows = [
        {"actor": by.name, "actor_role": by.role, "action": action, "what": str(what), "reason": reason}
        for what in whats
    ]
    if rows:
        session.execute(insert(operator_action), rows)
