"""The relay: claims due deliveries, publishes them, and keeps work going when the broker does not."""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
from kombu.exceptions import OperationalError as BrokerError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import select, text, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.card import Card
from shared.database import Database
from shared.messaging.inbox import Reactions, apply_due
from shared.messaging.jobs import Job
from shared.messaging.outbox import CHANNEL
from shared.messaging.tables import messaging_state, subscription
from shared.messaging.wire import EPOCH_KEY, RECEIVE, Batch, Envelope, Wire, queues

log = logging.getLogger(__name__)

BATCH = 200
WINDOW = 5000
"""Most unacknowledged deliveries a subscriber may have; a long outage then never fills the broker."""
LONGEST_QUEUE = 100
"""Unread batches in a subscriber's queue beyond which it is left alone."""
POLL_SECONDS = 0.25
LONGEST_LINGER = 0.03

CLAIM = text("""
    WITH due AS (
        SELECT subscriber, event_pk FROM outbox_delivery
        WHERE subscriber = :subscriber AND state < 2 AND next_at <= now() AND (state = 1 OR NOT :only_again)
        ORDER BY event_pk LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE outbox_delivery d SET state = 1, attempts = attempts + 1,
        next_at = now() + least(interval '10 min', interval '20 s' * 2 ^ least(attempts, 6)) * (0.9 + 0.2 * random())
    FROM due JOIN outbox_event e ON e.id = due.event_pk
    WHERE d.subscriber = due.subscriber AND d.event_pk = due.event_pk
    RETURNING e.*, d.attempts""")

IN_FLIGHT = text("SELECT count(*) FROM outbox_delivery WHERE subscriber = :subscriber AND state = 1")
DUE_AT_ONCE = text("UPDATE outbox_delivery SET next_at = now() WHERE state = 1")
NOT_PUBLISHED = text("""
    UPDATE outbox_delivery SET attempts = attempts - 1, next_at = now() + interval '500 ms',
        state = CASE WHEN attempts = 1 THEN 0 ELSE 1 END
    WHERE subscriber = :subscriber AND event_pk = ANY(:events) AND state = 1""")


class Relay:
    """One service's relay. Several may run at once: each delivery is claimed by one of them."""

    def __init__(
        self,
        card: Card,
        database: Database,
        wire: Wire,
        reactions: Reactions,
        *,
        broker_url: str,
        jobs: Sequence[Job] = (),
        window: int = WINDOW,
    ) -> None:
        self._card = card
        self._database = database
        self._wire = wire
        self._reactions = reactions
        self._jobs = jobs
        self._window = window
        self._broker = Redis.from_url(
            broker_url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
        self._linger = 0.0
        self._woken: dict[str, float] = defaultdict(float)

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop: after each notification, and at least every quarter of a second."""
        url = self._database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True, connect_timeout=3) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._work_on(connection, stop)
            except (psycopg.OperationalError, DBAPIError, PoolTimeout) as error:
                log.warning("the database is away: %s", error)
                stop.wait(1)

    def _work_on(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        while not stop.is_set():
            sent = self.step()
            self._linger = min(LONGEST_LINGER, self._linger * 2 or 0.002) if sent >= BATCH // 10 else 0.0
            if sent >= BATCH:
                continue
            for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                stop.wait(self._linger)

    def step(self) -> int:
        """One pass over all there is to do; returns how many events were published."""
        sent = 0
        try:
            self._notice_forgetful_broker()
            sent = sum(self._send_due(subscriber) for subscriber in self._subscribers())
            self._wake_jobs()
        except (BrokerError, RedisError, OSError) as error:
            log.warning("the broker is away: %s", error)
        apply_due(self._database, self._reactions, limit=100)
        return sent

    def _subscribers(self) -> list[str]:
        with self._database.transaction() as session:
            return list(session.execute(select(subscription.c.subscriber).distinct()).scalars())

    def _notice_forgetful_broker(self) -> None:
        """A missing or changed epoch means that the broker lost all it had: send everything again now."""
        self._broker.set(EPOCH_KEY, str(uuid4()), nx=True)
        epoch = self._broker.get(EPOCH_KEY)
        current = epoch.decode() if isinstance(epoch, bytes) else str(epoch)
        with self._database.transaction() as session:
            changed = session.execute(
                update(messaging_state)
                .where(messaging_state.c.broker_epoch.is_distinct_from(current))
                .values(broker_epoch=current)
                .returning(messaging_state.c.single)
            ).one_or_none()
            if changed:
                session.execute(DUE_AT_ONCE)

    def _send_due(self, subscriber: str) -> int:
        """Claim, commit, then publish. Nothing is written after publishing: the lease is the timer.

        While the subscriber's queue is long nothing is sent: it has enough to read.
        """
        if self._broker.llen(queues(subscriber)[RECEIVE].name) >= LONGEST_QUEUE:
            return 0
        with self._database.transaction() as session:
            room = self._window - session.execute(IN_FLIGHT, {"subscriber": subscriber}).scalar_one()
            claim = {"subscriber": subscriber, "most": min(BATCH, room), "only_again": False}
            if room <= 0:  # nothing new, but what got lost must come again or the window never opens
                claim |= {"most": BATCH, "only_again": True}
            rows = session.execute(CLAIM, claim).all()
            incarnation = session.execute(select(messaging_state.c.incarnation)).scalar_one()
        for first, events in _by_first_attempt(rows):
            self._publish(subscriber, incarnation, first, events)
        return len(rows)

    def _publish(self, subscriber: str, incarnation: UUID, first: bool, rows: Sequence[Row[Any]]) -> None:
        events = tuple(_envelope(self._card.name, row) for row in rows)
        try:
            self._wire.send_batch(Batch(self._card.name, subscriber, incarnation, first, events))
        except (BrokerError, RedisError, OSError):
            with self._database.transaction() as session:
                session.execute(NOT_PUBLISHED, {"subscriber": subscriber, "events": [row.id for row in rows]})
            raise

    def _wake_jobs(self) -> None:
        """Ask the worker to run each job whose rows are due, once a second at most."""
        now = time.monotonic()
        for job in self._jobs:
            if now - self._woken[job.name] < 1:
                continue
            with self._database.transaction() as session:
                due = job.is_due(session)
            if due:
                self._woken[job.name] = now
                self._wire.send_wake(job.name)


def _by_first_attempt(rows: Iterable[Row[Any]]) -> Iterable[tuple[bool, list[Row[Any]]]]:
    """Events never sent before apart from the rest: only those may take the fast path."""
    groups: dict[bool, list[Row[Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        groups[row.attempts == 1].append(row)
    return groups.items()


def _envelope(source: str, row: Row[Any]) -> Envelope:
    return Envelope(
        id=row.event_id,
        source=source,
        type=row.type,
        subject=row.subject,
        sequence=row.sequence,
        time=row.occurred_at,
        actorrole=row.actor_role,
        traceparent=row.traceparent,
        data=row.data,
    )
