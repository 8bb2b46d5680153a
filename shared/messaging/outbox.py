"""Recording events in the transaction of the command that caused them."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import uuid_utils.compat as uuid7s
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.events import contract_of
from shared.messaging.tables import outbox_delivery, outbox_event, subscription

CHANNEL = "kendi_outbox"

NEXT_SEQUENCES = text("""
    INSERT INTO subject_counter AS counter (subject, last_sequence)
    SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:counts AS int[])) ORDER BY 1
    ON CONFLICT (subject) DO UPDATE SET last_sequence = counter.last_sequence + EXCLUDED.last_sequence
    RETURNING subject, last_sequence""")

ADDRESS = insert(outbox_delivery).from_select(
    ["subscriber", "event_pk"],
    select(subscription.c.subscriber, outbox_event.c.id)
    .join_from(outbox_event, subscription, subscription.c.subject_kind == outbox_event.c.subject_kind)
    .where(outbox_event.c.id.in_(bindparam("ids", expanding=True))),
)
"""A statement of its own, after the insert: a subscription registered meanwhile is then seen."""

OCCURRED_AT = text("(SELECT clock_timestamp() + ahead FROM business_clock)")


def record(session: Session, *events: object) -> Sequence[Row[Any]]:
    """Write these events, in this order, to be told to every subscriber once the transaction commits.

    Each takes the next number of its subject's gapless counter. The actor and the trace come
    from the transaction (``session.info``), the time from the service's business clock. Returns
    the rows of ``outbox_event``.
    """
    if not events:
        return ()
    rows = [_row(session, event) for event in events]
    _number(session, rows)
    recorded = session.execute(
        insert(outbox_event)
        .values(occurred_at=OCCURRED_AT)
        .returning(*outbox_event.c, sort_by_parameter_order=True),
        rows,
    ).all()
    session.execute(ADDRESS, {"ids": [row.id for row in recorded]})
    session.info["recorded"] = True
    return recorded


def _row(session: Session, event: object) -> dict[str, Any]:
    contract = contract_of(type(event))
    return {
        "event_id": uuid7s.uuid7(),
        "subject_kind": contract.subject_kind,
        "subject": contract.subject_of(event),
        "type": contract.type,
        "actor_role": session.info.get("actor_role", "system"),
        "traceparent": session.info.get("traceparent"),
        "data": contract.dump(event),
    }


def _number(session: Session, rows: list[dict[str, Any]]) -> None:
    counts = Counter(row["subject"] for row in rows)
    parameters = {"subjects": list(counts), "counts": list(counts.values())}
    last = {row.subject: row.last_sequence for row in session.execute(NEXT_SEQUENCES, parameters)}
    for row in reversed(rows):
        row["sequence"] = last[row["subject"]]
        last[row["subject"]] -= 1


class Nudge:
    """Tells the relay that there is something to send: NOTIFY on a connection of its own.

    Calls made while one is under way are joined into the next, so that a thousand commits a
    second cause a few dozen notifications. A nudge that gets lost only costs the relay's poll.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url.replace("postgresql+psycopg://", "postgresql://")
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
            with psycopg.connect(self._url, autocommit=True, connect_timeout=3) as connection:
                while self._wanted.wait() and not self._closed:
                    self._wanted.clear()
                    connection.execute(f"NOTIFY {CHANNEL}")
        except psycopg.OperationalError:
            return  # the next call starts another thread; until then the relay polls
