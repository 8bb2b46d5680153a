"""What an operator may do to events. Each command leaves its ``operator_action`` in its own transaction."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.database import LARGEST_ID, among
from shared.messaging.inbox import WAKE
from shared.messaging.tables import Inbox, inbox, messaging_state, operator_action, parked_message
from shared.refusal import Refused
from shared.text import is_plain

SHORTEST_REASON, LONGEST_REASON = 10, 2_000


@dataclass(frozen=True)
class Operator:
    """Who acts, as it stands in the record."""

    name: str
    role: str


def retry(session: Session, *, events: Collection[UUID], by: Operator) -> None:
    """Have events tried again at once that are parked or wait for their next try: all of them, or none."""
    unfinished = inbox.c.state.in_((Inbox.PARKED, Inbox.PENDING))
    again = {"state": Inbox.PENDING, "attempts": 0, "waits": 0, "waits_for": None, "next_at": func.now()}
    statement = update(inbox).where(unfinished, among(inbox.c.event_id, events)).values(again)
    retried = set(session.execute(statement.returning(inbox.c.event_id)).scalars())
    finished = [id for id in events if id not in retried]
    if finished:
        raise Refused(
            "Nothing was tried again, as this neither waits nor is parked: {events}.",
            field="event",
            events=", ".join(map(str, finished)),
        )
    session.info["due"] = True
    note(session, by, "retry", events)


POSITIONS_BEGIN = text("""
    INSERT INTO position (source, subject, last_sequence)
    SELECT DISTINCT source, subject, 0 FROM inbox WHERE event_id = ANY(:events) ORDER BY source, subject
    ON CONFLICT DO NOTHING""")
POSITIONS = text("""
    SELECT source, subject, last_sequence FROM position
    WHERE (source, subject) IN (SELECT source, subject FROM inbox WHERE event_id = ANY(:events))
    ORDER BY source, subject FOR UPDATE""")
POSITIONS_ADVANCE = text("""
    UPDATE position SET last_sequence = discarded.last
    FROM (SELECT source, subject, max(sequence) AS last FROM inbox WHERE event_id = ANY(:events)
          GROUP BY source, subject) discarded
    WHERE position.source = discarded.source AND position.subject = discarded.subject""")


def discard(session: Session, *, events: Collection[UUID], reason: str, by: Operator) -> None:
    """Let subjects go on without these events: all of them, or none.

    Each must be parked or waiting, and the next of its subject when those before it are gone.
    Locks the positions before the events, as whoever applies events does.
    """
    reason = _checked(reason)
    these = {"events": list(events)}
    session.execute(POSITIONS_BEGIN, these)
    last = {(row.source, row.subject): row.last_sequence for row in session.execute(POSITIONS, these)}
    rows = session.execute(_in_turn(events).with_for_update()).all()
    _refuse_unknown(events, rows)
    for row in rows:
        _refuse_unless_next(row, last[row.source, row.subject])
        last[row.source, row.subject] += 1
    done = {"state": Inbox.DISCARDED, "done_at": func.clock_timestamp(), "waits_for": None, "lease": None}
    session.execute(update(inbox).where(among(inbox.c.event_id, events)).values(done))
    session.execute(POSITIONS_ADVANCE, these)
    session.execute(text(WAKE), {"advanced": [f"{source} {subject}" for source, subject in last]})
    session.info["due"] = True
    note(session, by, "discard", events, reason)


def _in_turn(events: Collection[UUID]) -> Any:
    columns = (inbox.c.event_id, inbox.c.source, inbox.c.subject, inbox.c.sequence, inbox.c.state)
    turn = (inbox.c.source, inbox.c.subject, inbox.c.sequence)
    return select(*columns).where(among(inbox.c.event_id, events)).order_by(*turn)


def _refuse_unknown(events: Collection[UUID], rows: Iterable[Row[Any]]) -> None:
    received = {row.event_id for row in rows}
    for id in events:
        if id not in received:
            raise Refused("This service has not received the event {id}.", field="event", id=id)


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


def dismiss(session: Session, *, message_id: int, reason: str, by: Operator) -> None:
    """Take a parked message off the list: an operator has seen to its cause. The message is kept."""
    reason = _checked(reason)
    dismissed = session.execute(
        update(parked_message)
        .where(parked_message.c.id == _counted(message_id), parked_message.c.dismissed_at.is_(None))
        .values(dismissed_at=func.clock_timestamp())
        .returning(parked_message.c.id)
    ).one_or_none()
    if dismissed is None:
        raise _no_message(message_id)
    note(session, by, "dismiss", [f"message {message_id}"], reason)


def _counted(message_id: int) -> int:
    if not 0 < message_id <= LARGEST_ID:
        raise _no_message(message_id)
    return message_id


def _no_message(id: int) -> Refused:
    return Refused("There is no parked message {id}.", field="message", id=str(id))


def _checked(reason: str) -> str:
    reason = reason.replace("\r\n", "\n").strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Refused(
            "Give a reason of {least} characters or more, {most} at most.",
            field="reason",
            least=SHORTEST_REASON,
            most=LONGEST_REASON,
        )
    if not is_plain(reason, lines=True):
        raise Refused("Give a reason that can be read, without control characters.", field="reason")
    return reason


def begin_anew(session: Session, *, by: Operator) -> UUID:
    """The database was restored: receipts and answers to what it was before are none to what it is now."""
    renewed = update(messaging_state).values(incarnation=func.gen_random_uuid())
    incarnation: UUID = session.execute(renewed.returning(messaging_state.c.incarnation)).scalar_one()
    note(session, by, "restored", [f"incarnation {incarnation}"])
    return incarnation


def shut_out(session: Session, by: Operator, action: str, what: str, reason: str) -> None:
    """Keep who disabled a person or revoked a key, and why."""
    note(session, by, action, [what], _checked(reason))


def note(
    session: Session, by: Operator, action: str, whats: Iterable[object], reason: str | None = None
) -> None:
    """Keep who did what, to what, and why."""
    rows = [
        {"actor": by.name, "actor_role": by.role, "action": action, "what": str(what), "reason": reason}
        for what in whats
    ]
    if rows:
        session.execute(insert(operator_action), rows)
