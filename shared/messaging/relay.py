"""The relay: claims due deliveries, publishes them, and keeps work going when the broker does not."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
from kombu.exceptions import OperationalError as BrokerError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry
from sqlalchemy import text, update
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.card import Card
from shared.clock import real_now
from shared.database import Database, connect
from shared.failpoints import reach
from shared.messaging import reconciling
from shared.messaging.celery_settings import LOOKING
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.inbox import apply_due
from shared.messaging.jobs import Job
from shared.messaging.outbox import CHANNEL
from shared.messaging.parking import park
from shared.messaging.reactions import Reactions
from shared.messaging.tables import messaging_state
from shared.messaging.wire import EPOCH_KEY, RECEIVE, Batch, Envelope, Wire, queues

log = logging.getLogger(__name__)

BATCH = 200
WINDOW = 5000
"""Most unacknowledged deliveries a subscriber may have; a long outage then never fills the broker."""
LONGEST_QUEUE = 100
"""Unread batches in a subscriber's queue beyond which it is left alone."""
POLL_SECONDS = 0.5
SWEEP_SECONDS = 1.0
EPOCH_LENGTH = 36
NONE_OF_OURS = "what stood in the broker under this name was none of ours"
LONGEST_LINGER = 0.03

DUE_IN = """
    SELECT extract(epoch FROM least(
        CASE WHEN EXISTS (SELECT FROM outbox_delivery WHERE state = 0 AND next_at <= now()) THEN now()
            ELSE (SELECT min(next_at) FROM outbox_delivery WHERE state = 0) END,
        (SELECT min(next_at) FROM outbox_delivery WHERE state = 1),
        (SELECT min(next_at) FROM inbox WHERE state < 2)) - now())::float"""
"""Seconds until something is due; null where nothing is to come. The first of a long backlog is enough."""

WAITING = text("""
    SELECT * FROM (
        SELECT s.subscriber,
            (SELECT count(*) FROM outbox_delivery d WHERE d.subscriber = s.subscriber AND d.state = 1) AS in_flight,
            EXISTS (SELECT FROM outbox_delivery d
                    WHERE d.subscriber = s.subscriber AND d.state = 0 AND d.next_at <= now()) AS new,
            EXISTS (SELECT FROM outbox_delivery d
                    WHERE d.subscriber = s.subscriber AND d.state = 1 AND d.next_at <= now()) AS again
        FROM (SELECT DISTINCT subscriber FROM subscription) s) each
    WHERE new OR again""")

CLAIM = """
    WITH losable AS MATERIALIZED (
        SELECT incarnation, set_config('synchronous_commit', 'off', true) FROM messaging_state),
    due AS (
        SELECT subscriber, event_pk FROM outbox_delivery
        WHERE subscriber = :subscriber AND state = {state} AND next_at <= now()
        ORDER BY {order} LIMIT :most FOR UPDATE SKIP LOCKED)
    UPDATE outbox_delivery d SET state = 1, attempts = attempts + 1, sent_at = now(),
        next_at = now() + least(interval '10 min', interval '20 s' * 2 ^ least(attempts, 6)) * (0.9 + 0.2 * random())
    FROM due JOIN outbox_event e ON e.id = due.event_pk, losable
    WHERE d.subscriber = due.subscriber AND d.event_pk = due.event_pk
    RETURNING e.*, d.attempts, losable.incarnation"""
"""A claim that a crash of PostgreSQL takes back costs a second sending, and no write to the disk is awaited."""
CLAIM_NEW = text(CLAIM.format(state=0, order="event_pk"))
CLAIM_AGAIN = text(CLAIM.format(state=1, order="next_at"))

OVERTAKEN = text("""
    UPDATE outbox_delivery d SET next_at = now() FROM receipts_from r
    WHERE r.subscriber = d.subscriber AND d.state = 1 AND d.next_at > now()
      AND d.sent_at < r.reached - interval '5 s'""")
"""Queues are read in order: what was sent well before something acknowledged since then got lost."""

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
        self._broker = Redis.from_url(broker_url, retry=Retry(NoBackoff(), 0), **LOOKING)
        self._heartbeat = Heartbeat(database, f"{card.name} relay")
        self._linger = 0.0
        self._epoch = ""
        self._next_sweep = 0.0
        self._next_look: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop: after each notification, when a look finds something due, each second."""
        url = self._database.engine.url.render_as_string(hide_password=False)
        while not stop.is_set():
            try:
                with connect(url) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._work_on(connection, stop)
            except (psycopg.OperationalError, DBAPIError, PoolTimeout) as error:
                log.warning("the database is away: %s", error)
                stop.wait(1)
        self._heartbeat.end()

    def _work_on(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        while not stop.is_set():
            sent = self.step()
            self._heartbeat.beat()
            self._linger = min(LONGEST_LINGER, self._linger * 2 or 0.002) if sent >= BATCH // 10 else 0.0
            while sent < BATCH and not stop.is_set() and not self._is_wanted(connection, stop):
                self._tend()
                self._heartbeat.beat()

    def _is_wanted(self, connection: psycopg.Connection[Any], stop: threading.Event) -> bool:
        """Wait for a notification, or until something is due; false if there is neither for a second."""
        [(due_in,)] = connection.execute(DUE_IN).fetchall()
        pause = SWEEP_SECONDS if due_in is None else min(max(POLL_SECONDS, due_in), SWEEP_SECONDS)
        until = time.monotonic() + pause
        while not stop.is_set() and time.monotonic() < until:
            for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                stop.wait(self._linger)
                return True
        return due_in is not None and due_in <= pause

    def step(self) -> int:
        """One pass over all there is to do; returns how many events were published."""
        sent = 0
        with self._broker_may_be_away():
            self._notice_forgetful_broker()
            sent = self._send_waiting()
        apply_due(self._database, self._reactions, limit=100)
        self._tend()
        return sent

    def _tend(self) -> None:
        """Look after what no row calls for. What fails here keeps nothing from being sent."""
        with self._broker_may_be_away():
            self._notice_forgetful_broker()
            try:
                self._sweep()
            except DBAPIError as error:
                log.warning("a sweep was given up: %s", error.orig)

    @contextmanager
    def _broker_may_be_away(self) -> Iterator[None]:
        try:
            yield
        except (BrokerError, RedisError, OSError) as error:
            log.warning("the broker is away: %s", error)

    def _notice_forgetful_broker(self) -> None:
        """A missing or changed epoch means that the broker lost all it had: send everything again now."""
        current = self._broker_epoch()
        if current == self._epoch:
            return
        with self._database.transaction() as session:
            changed = session.execute(
                update(messaging_state)
                .where(messaging_state.c.broker_epoch.is_distinct_from(current))
                .values(broker_epoch=current)
                .returning(messaging_state.c.single)
            ).one_or_none()
            if changed:
                session.execute(DUE_AT_ONCE)
                reach("relay.noticing")
        self._epoch = current

    def _broker_epoch(self) -> str:
        epoch = self._kept_epoch()
        if epoch is None:
            made = str(uuid4())
            self._broker.set(EPOCH_KEY, made, nx=True)  # another relay may do so now: the first counts
            epoch = self._kept_epoch() or self._replaced_epoch(made)
        return epoch

    def _kept_epoch(self) -> str | None:
        """What a relay wrote there; whatever else is there is not read to its end."""
        try:
            kept: Any = self._broker.getrange(EPOCH_KEY, 0, EPOCH_LENGTH)
            return str(UUID(kept.decode()))
        except ValueError:
            return None
        except ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise
            return None

    def _replaced_epoch(self, made: str) -> str:
        """What stands there is none of ours: it has no effect but that ours is written over it."""
        self._broker.set(EPOCH_KEY, made)
        self._raise_foreign(EPOCH_KEY)
        return made

    def _clear_queues(self) -> None:
        """A queue of ours that is no list lets nothing in or out; what was lost with it is sent again."""
        for name in (queue.name for queue in queues(self._card.name).values()):
            if self._broker.type(name) not in (b"list", b"none"):
                self._raise_foreign(name)
                self._broker.delete(name)

    def _raise_foreign(self, name: str) -> None:
        log.error("%s: %s", NONE_OF_OURS, name)
        with self._database.transaction() as session:
            park(session, NONE_OF_OURS, {"sender": "", "payload": name})

    def _sweep(self) -> None:
        """Once a second: make due again what was overtaken, wake each job that is due, compare what is due."""
        if time.monotonic() < self._next_sweep:
            return
        self._next_sweep = time.monotonic() + SWEEP_SECONDS
        self._clear_queues()
        with self._database.transaction() as session:
            session.execute(OVERTAKEN)
            due = [job.name for job in self._looked_at() if job.is_due(session)]
            peers = reconciling.peers_in_turn(session)
        for name in due:
            self._wire.send_wake(name)
        for peer in peers:
            with self._database.transaction() as session:
                question = reconciling.question(session, self._card.name, peer, real_now())
            if question:
                self._wire.send_batch(question)

    def _looked_at(self) -> list[Job]:
        """The jobs whose time for a look has come."""
        now = time.monotonic()
        jobs = [job for job in self._jobs if self._next_look.get(job.name, 0.0) <= now]
        self._next_look.update({job.name: now + job.every_seconds for job in jobs})
        return jobs

    def _send_waiting(self) -> int:
        with self._database.one_by_one() as session:
            waiting = session.execute(WAITING).all()
        return sum(self._send_due(row) for row in waiting)

    def _send_due(self, waiting: Row[Any]) -> int:
        """Claim, commit, then publish. Nothing is written after publishing: the lease is the timer.

        While the subscriber's queue is long nothing is sent: it has enough to read. What got lost
        is sent again whether there is room for more or not, or the window would never open.
        """
        subscriber, room = waiting.subscriber, max(0, self._window - waiting.in_flight)
        if self._broker.llen(queues(subscriber)[RECEIVE].name) >= LONGEST_QUEUE:
            return 0
        with self._database.transaction() as session:
            to = {"subscriber": subscriber}
            again = session.execute(CLAIM_AGAIN, to | {"most": BATCH}).all() if waiting.again else []
            new = session.execute(CLAIM_NEW, to | {"most": min(BATCH, room)}).all() if waiting.new else []
            reach("relay.claiming")
        reach("relay.claimed")
        with ExitStack() as both:  # what was claimed second is given back too when the first is not published
            for first, rows in ((True, new), (False, again)):
                if rows:
                    in_order = sorted(rows, key=lambda row: row.id)
                    both.callback(self._publish, subscriber, first, in_order)
        return len(again) + len(new)

    def _publish(self, subscriber: str, first: bool, rows: Sequence[Row[Any]]) -> None:
        events = tuple(_envelope(self._card.name, row) for row in rows)
        try:
            self._wire.send_batch(Batch(self._card.name, subscriber, rows[0].incarnation, first, events))
        except (BrokerError, RedisError, OSError):
            reach("relay.unpublished")
            with self._database.transaction() as session:
                session.execute(NOT_PUBLISHED, {"subscriber": subscriber, "events": [row.id for row in rows]})
            raise
        reach("relay.published")


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
