"""Recording events in the transaction of the command that caused them."""

import json
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import uuid_utils.compat as uuid7s
from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.database import connect
from shared.events import contract_of

CHANNEL = "kendi_outbox"

RECORD = text("""
    WITH told AS (
        SELECT * FROM jsonb_to_recordset(CAST(:events AS jsonb)) AS e (
            place int, event_id uuid, subject_kind text, subject text, type text, data jsonb)),
    counted AS (
        INSERT INTO subject_counter AS counter (subject, last_sequence)
        SELECT subject, count(*) FROM told GROUP BY subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET last_sequence = counter.last_sequence + EXCLUDED.last_sequence
        RETURNING subject, last_sequence),
    recorded AS (
        INSERT INTO outbox_event (
            event_id, subject_kind, subject, sequence, type, occurred_at, actor_role, traceparent, data)
        SELECT event_id, subject_kind, subject,
            last_sequence + 1 - row_number() OVER (PARTITION BY subject ORDER BY place DESC),
            type, clock_timestamp() + ahead, :actor_role, :traceparent, data
        FROM told JOIN counted USING (subject), business_clock
        ORDER BY place
        RETURNING *),
    addressed AS (
        INSERT INTO outbox_delivery (subscriber, event_pk)
        SELECT subscriber, id FROM recorded JOIN subscription USING (subject_kind))
    SELECT * FROM recorded ORDER BY id""")
"""Each event takes the next number of its subject. One parameter for all: a value for each row costs more.

A statement waits for the locks of its tables before it looks at any row: a subscription that was being
registered meanwhile is seen, since who registers one holds the lock of the events.
"""


def record(session: Session, *events: object) -> Sequence[Row[Any]]:
    """Write these events, in this order, to be told to every subscriber once the transaction commits.

    Each takes the next number of its subject's gapless counter. The actor and the trace come
    from the transaction (``session.info``), the time from the service's business clock. Returns
    the rows of ``outbox_event``.
    """
    if not events:
        return ()
    told = [_telling(place, event) for place, event in enumerate(events)]
    recorded = session.execute(
        RECORD,
        {
            "events": json.dumps(told),
            "actor_role": session.info.get("actor_role", "system"),
            "traceparent": session.info.get("traceparent"),
        },
    ).all()
    session.info["due"] = True
    return recorded


def _telling(place: int, event: object) -> dict[str, Any]:
    contract = contract_of(type(event))
    return {
        "place": place,
        "event_id": str(uuid7s.uuid7()),
        "subject_kind": contract.subject_kind,
        "subject": contract.subject_of(event),
        "type": contract.type,
        "data": contract.dump(event),
    }


def recorded_at(event_id: UUID) -> datetime:
    """When an event was recorded, in real time: it is in its UUIDv7, to the millisecond."""
    return datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC)


class Nudge:
    """Tells the relay that there is something to send: NOTIFY on a connection of its own.

    Calls made while one is under way are joined into the next, so that a thousand commits a
    second cause a few dozen notifications. A nudge that gets lost only costs the relay's poll.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._wanted = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __call__(self) -> None:
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                self._start()

    def close(self) -> None:
        """End the thread and its connection."""
        self._closed = True
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(5)

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="nudge", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            with connect(self._url) as connection:
                while self._wanted.wait() and not self._closed:
                    self._wanted.clear()
                    connection.execute(f"NOTIFY {CHANNEL}")
        except psycopg.OperationalError:
            return  # the next call starts another thread; until then the relay polls
