"""Received events: stored once, applied in the order of their subject, each in one transaction."""

import hashlib
import json
import logging
import traceback
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.clock import real_now
from shared.database import Database, is_its_own_trouble, said_without_rows
from shared.failpoints import reach
from shared.messaging.absorbing import count_absorbed
from shared.messaging.parking import park
from shared.messaging.reactions import NotYet, Reactions, react
from shared.messaging.tables import Inbox, inbox
from shared.messaging.wire import Batch, Envelope

log = logging.getLogger(__name__)

PARK_AFTER = 8
"""Attempts after which an event that keeps failing is parked for an operator; only its subject waits."""


LONG_WAIT = timedelta(hours=1)
"""After so long an event that waits for another is raised, and again about every hour."""
WAITS_AN_HOUR = 120


KEEP = """
    INSERT INTO inbox (
        source, event_id, subject, sequence, type, occurred_at, actor_role, traceparent, data, state)
    SELECT :source, id, subject, sequence, type, time, actorrole, traceparent, data,
        CASE WHEN sequence <= last_sequence THEN 2 ELSE 0 END
    FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS e (
        id uuid, subject text, sequence int, type text, time timestamptz, actorrole text, traceparent text, data jsonb)
    LEFT JOIN (SELECT subject, last_sequence FROM position WHERE source = :source) AS reached USING (subject)
    ON CONFLICT DO NOTHING RETURNING event_id"""
"""One parameter for the whole batch: SQLAlchemy's and psycopg's work for a value of each row costs more than the insert.

What the position says took effect, though its row was gone, must not take effect again.
"""
REACHED = """
    INSERT INTO position AS known (source, subject, last_sequence)
    SELECT :source, subject, 0 FROM unnest(CAST(:subjects AS text[])) AS subject
    ON CONFLICT (source, subject) DO UPDATE SET last_sequence = known.last_sequence
    RETURNING subject, last_sequence"""
"""Locks the positions, new ones too, in the order in which they are given."""

STORE, POSITIONS = text(KEEP), text(REACHED)
STORE_AND_LOCK = text(f"""
    WITH stored AS ({KEEP}), reached AS ({REACHED})
    SELECT event_id, NULL AS subject, NULL AS last_sequence FROM stored
    UNION ALL SELECT NULL, subject, last_sequence FROM reached""")  # noqa: S608  # the two above


def store(session: Session, batch: Batch) -> int:
    """Keep what is new of a batch; returns how many of its events were here already.

    Another event under a sequence already taken is parked, never dropped.
    """
    return _known_of(session, batch, set(session.execute(STORE, _told(batch)).scalars()))


def _store_and_lock(session: Session, batch: Batch) -> tuple[int, dict[str, int]]:
    """The same, and the last sequence of each subject, locked: one statement for both."""
    subjects = sorted({event.subject for event in batch.events})
    rows = session.execute(STORE_AND_LOCK, {**_told(batch), "subjects": subjects}).all()
    last = {row.subject: row.last_sequence for row in rows if row.subject is not None}
    return _known_of(session, batch, {row.event_id for row in rows}), last


def _told(batch: Batch) -> dict[str, str]:
    return {"source": batch.publisher, "events": json.dumps([event.as_json() for event in batch.events])}


def _known_of(session: Session, batch: Batch, new: Collection[UUID]) -> int:
    known = [event for event in batch.events if event.id not in new]
    return len(known) - _park_conflicts(session, batch.publisher, known) if known else 0


STORED = text("""
    SELECT subject, sequence, event_id, type, data FROM inbox
    JOIN unnest(CAST(:subjects AS text[]), CAST(:sequences AS int[])) AS known (subject, sequence)
        USING (subject, sequence)
    WHERE source = :source""")


def _park_conflicts(session: Session, source: str, known: Sequence[Envelope]) -> int:
    places = {"subjects": [e.subject for e in known], "sequences": [e.sequence for e in known]}
    rows = session.execute(STORED, {"source": source, **places})
    stored = {(row.subject, row.sequence): (row.event_id, row.type, row.data) for row in rows}
    conflicts = [e for e in known if stored.get((e.subject, e.sequence)) != (e.id, e.type, e.data)]
    for event in conflicts:
        reason = f"{source} sent another event as number {event.sequence} of {event.subject}"
        log.error("conflict: %s", reason)
        park(session, reason, event.as_json())
    return len(conflicts)


def receive(database: Database, batch: Batch, reactions: Reactions) -> bool:
    """Store a batch and, if it was never sent before, apply it in the same transaction.

    Returns whether it was applied too. Anything but a smooth first attempt stores and commits
    first, so that ``apply_due`` can count each try: what kills its process is then counted too.
    """
    if batch.first:
        try:
            with database.transaction() as session:
                again, last = _store_and_lock(session, batch)
                _apply_stored(session, batch.publisher, last, reactions)
                count_absorbed(session, batch.publisher, "event", again)
                reach("receive.storing")
            return True
        except Exception as error:  # whatever it was, the careful path below meets it again and records it
            log.info("a batch from %s goes the careful way: %r", batch.publisher, error)
    with database.transaction() as session:
        count_absorbed(session, batch.publisher, "event", store(session, batch))
        reach("receive.storing")
    return False


PENDING = text("""
    SELECT * FROM inbox
    WHERE source = :source AND subject = ANY(:subjects) AND state = 0
      AND attempts = 0 AND waits = 0
    ORDER BY event_id FOR UPDATE""")
"""What failed or waits has a time of its own."""


def _apply_stored(session: Session, source: str, last: dict[str, int], reactions: Reactions) -> None:
    """Apply what is stored for subjects that are locked, oldest first (the ids are UUIDv7), each in its order."""
    pending = session.execute(PENDING, {"source": source, "subjects": list(last)}).all()
    next_in_turn = []
    for row in pending:
        if _is_next(row, last[row.subject]):
            next_in_turn.append(row)
            last[row.subject] += 1
    _finish(session, source, react(session, next_in_turn, reactions))


def _is_next(row: Row[Any], last: int) -> bool:
    return bool(row.sequence == last + 1)


WAKE = """
    UPDATE inbox SET next_at = now(), waits_for = NULL
    WHERE waits_for = ANY(:advanced) AND state = 0
    RETURNING event_id"""

END = """
    WITH reached AS (
        UPDATE position SET last_sequence = now.sequence
        FROM unnest(CAST(:subjects AS text[]), CAST(:sequences AS int[])) AS now (subject, sequence)
        WHERE position.source = :source AND position.subject = now.subject),
    finished AS (
        UPDATE inbox SET state = now.state, done_at = statement_timestamp(), lease = NULL
        FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS int[])) AS now (event_id, state)
        WHERE inbox.source = :source AND inbox.event_id = now.event_id)"""
FINISH = text(END + WAKE)


def _finish(session: Session, source: str, finished: Sequence[tuple[Row[Any], Inbox]]) -> None:
    """Record, in the transaction of their effects, that events took effect; wake what waited for them."""
    if not finished:
        return
    reached = {row.subject: row.sequence for row, _ in finished}
    states = {row.event_id: int(state) for row, state in finished}
    woken = session.execute(
        FINISH,
        {
            "source": source,
            "subjects": list(reached),
            "sequences": list(reached.values()),
            "ids": list(states),
            "states": list(states.values()),
            "advanced": [f"{source} {subject}" for subject in reached],
        },
    ).all()
    if woken:
        session.info["due"] = True


CLAIM = text("""
    UPDATE inbox SET state = 1, attempts = attempts + 1, lease = :lease, next_at = now() + interval '60 s'
    WHERE (source, event_id) = (
        SELECT due.source, due.event_id FROM inbox due
        LEFT JOIN position USING (source, subject)
        WHERE due.state < 2 AND due.next_at <= now() AND due.sequence = coalesce(position.last_sequence, 0) + 1
        ORDER BY due.event_id LIMIT 1 FOR UPDATE OF due SKIP LOCKED)
    RETURNING inbox.*""")


def apply_due(database: Database, reactions: Reactions, *, limit: int = 1000) -> int:
    """Apply events that are stored and due, one by one; returns how many took effect.

    The claim commits before the reaction runs, so that a try that kills the process counts.
    """
    applied = 0
    for _ in range(limit):
        with database.transaction() as session:
            row = session.execute(CLAIM, {"lease": uuid4()}).one_or_none()
        if row is None:
            break
        reach("apply.claimed")
        applied += _apply_claimed(database, row, reactions)
    return applied


def _apply_claimed(database: Database, row: Row[Any], reactions: Reactions) -> bool:
    if row.attempts > PARK_AFTER:
        said = row.last_error or "it ended the process each time it was tried"
        alike = row.error_fingerprint or hashlib.sha256(f"{row.type} {said}".encode()).hexdigest()[:12]
        _give_back(database, row, state=Inbox.PARKED, last_error=said, error_fingerprint=alike)
        return False
    try:
        with database.transaction() as session:
            position = session.execute(POSITIONS, {"source": row.source, "subjects": [row.subject]}).one()
            still_ours = session.execute(
                select(inbox.c.lease)
                .where(inbox.c.source == row.source, inbox.c.event_id == row.event_id)
                .with_for_update()
            ).scalar_one()
            if still_ours != row.lease or not _is_next(row, position.last_sequence):
                return False
            _finish(session, row.source, react(session, [row], reactions))
            reach("apply.reacting")
        reach("apply.applied")
        return True
    except NotYet as missing:
        _wait(database, row, missing)
    except Exception as error:  # recorded in the row, and parked for an operator if the event is to blame
        if is_its_own_trouble(error):
            log.warning("%s is tried again: %s", row.type, getattr(error, "orig", error))
            again = {"attempts": row.attempts - 1, "next_at": func.now() + text("interval '1 s'")}
            _give_back(database, row, waits_for=None, last_error=said_without_rows(error)[:2000], **again)
        else:
            log.exception("%s about %s failed", row.type, row.subject)
            _record_failure(database, row, error)
    return False


def _wait(database: Database, row: Row[Any], missing: NotYet) -> None:
    pause = text("make_interval(secs => least(30, 0.1 * 2 ^ least(waits, 9)))")
    if real_now() - row.received_at > LONG_WAIT and row.waits % WAITS_AN_HOUR == 0:
        log.error("%s about %s %s since %s", row.type, row.subject, missing, row.received_at.isoformat())
    _give_back(
        database,
        row,
        attempts=row.attempts - 1,
        waits=inbox.c.waits + 1,
        waits_for=missing.waits_for,
        last_error=str(missing),
        next_at=func.now() + pause,
    )


def _record_failure(database: Database, row: Row[Any], error: Exception) -> None:
    state = Inbox.PARKED if row.attempts >= PARK_AFTER else Inbox.PENDING
    pause = text("make_interval(secs => least(600, 5 ^ least(attempts - 1, 4)))")
    _give_back(
        database,
        row,
        state=state,
        waits_for=None,
        last_error=said_without_rows(error)[:2000],
        error_fingerprint=_fingerprint(error),
        next_at=func.now() + pause,
    )


def _give_back(database: Database, row: Row[Any], **values: Any) -> None:
    ours = (inbox.c.source == row.source, inbox.c.event_id == row.event_id, inbox.c.lease == row.lease)
    with database.transaction() as session:
        session.execute(update(inbox).where(*ours).values({"state": Inbox.PENDING, "lease": None, **values}))
        session.info["due"] = True


def _fingerprint(error: Exception) -> str:
    """The same for failures of the same kind at the same place, so that an operator sees them as one."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/services/" in f.filename]
    where = f"{frames[-1].name}:{frames[-1].line}" if frames else ""
    return hashlib.sha256(f"{type(error).__name__} {where}".encode()).hexdigest()[:12]
