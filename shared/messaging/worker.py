"""The Celery worker of a service: three tasks, of which none ever decides anything."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery, bootsteps, signals
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from shared.database import Database
from shared.failpoints import reach
from shared.messaging import inbox, reconciling
from shared.messaging.heartbeat import EVERY_SECONDS, Heartbeat
from shared.messaging.jobs import Job, Jobs
from shared.messaging.parking import park, park_untrusted
from shared.messaging.reactions import Reactions
from shared.messaging.receipts import acknowledge
from shared.messaging.wire import RECEIPT, RECEIVE, WAKE, Batch, Receipt, Untrusted, Wire
from shared.settings import Settings

log = logging.getLogger(__name__)


def add_tasks(
    app: Celery,
    settings: Settings,
    database: Database,
    wire: Wire,
    reactions: Reactions,
    jobs: tuple[Job, ...],
) -> Jobs:
    """Give the application its tasks. They are not shared: the first of two applications would win.

    Returns the threads of the jobs, for the process to close in the end.
    """
    running = Jobs(jobs, database, settings)
    tasks = Tasks(database, wire, reactions, running)
    signals.task_rejected.connect(tasks.refuse, weak=False)
    signals.task_unknown.connect(tasks.refuse, weak=False)
    for name, run in ((RECEIVE, tasks.receive), (RECEIPT, tasks.receipt), (WAKE, tasks.wake)):
        app.task(name=name, shared=False)(run)
    _forget_celerys_own(app)
    return running


def _forget_celerys_own(app: Celery) -> None:
    """Celery's tasks of groups, chains and chords run other tasks and publish: for whoever can reach a queue."""
    app.finalize()
    for name in [name for name in app.tasks if name.startswith("celery.")]:
        app.tasks.unregister(name)


@dataclass(frozen=True)
class Tasks:
    """What a worker does with a message from another service: what is not trusted is parked."""

    database: Database
    wire: Wire
    reactions: Reactions
    jobs: Jobs

    def wake(self, *message: Any, **_: Any) -> None:
        """Have a job run soon. A wake is not signed: that it came asks for nothing but what is due."""
        if len(message) == 1 and isinstance(message[0], str):
            self.jobs.nudge(message[0])
        else:
            _park(self.database, "a wake is the name of a job", message)

    def receive(self, *message: Any, **_: Any) -> None:
        """Store and apply a batch, and send its receipt; or answer a question about what was heard."""
        try:
            batch = self.wire.open_batch(*message)
        except Untrusted as reason:
            _park(self.database, reason, message)
            return
        reach("receive.opened")
        if batch.question:
            with self.database.transaction() as session:
                _send(self.wire, reconciling.answer(session, batch))
                reach("reconcile.answering")
        else:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        """What can't be read has no receipt: it comes again, perhaps to a version that can read it."""
        if batch.unreadable:
            _park_unreadable(self.database, batch)
        applied = inbox.receive(self.database, batch, self.reactions)
        reach("receive.stored")
        _send_receipt(self.wire, batch)
        reach("receive.receipted")
        if not applied:
            inbox.apply_due(self.database, self.reactions)

    def receipt(self, *message: Any, **_: Any) -> None:
        """Mark what a subscriber stored; or settle its answer to our question."""
        try:
            received = self.wire.open_receipt(*message)
        except Untrusted as reason:
            _park(self.database, reason, message)
            return
        reach("receipt.opened")
        if received.answer:
            with self.database.transaction() as session:
                _send(self.wire, reconciling.settle(session, received))
                reach("reconcile.settling")
            return
        with self.database.transaction() as session:
            acknowledge(session, received)
            reach("receipt.marking")
        reach("receipt.marked")

    def refuse(self, message: Any = None, exc: Exception | None = None, **_: Any) -> None:
        """Keep what lay on a queue and is no message, or none that this worker knows."""
        _park(
            self.database, f"what came is no message of ours: {exc!r}", (getattr(message, "body", message),)
        )


def beat(app: Celery, heartbeat: Heartbeat) -> None:
    """Have the worker's own loop, between two tasks, say that it makes progress."""

    class Beating(bootsteps.StartStopStep):
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, consumer: Any) -> None:
            heartbeat.beat()
            self.timer = consumer.timer.call_repeatedly(EVERY_SECONDS, heartbeat.beat)

        def stop(self, consumer: Any) -> None:
            self.timer.cancel()

    app.steps["consumer"].add(Beating)


def _send_receipt(wire: Wire, batch: Batch) -> None:
    stored = tuple(event.id for event in batch.events)
    _send(wire, Receipt(batch.subscriber, batch.publisher, batch.incarnation, stored))


def _send(wire: Wire, message: Batch | Receipt | None) -> None:
    """A message that gets lost comes again: the batch for want of a receipt, a question with the next look."""
    try:
        if isinstance(message, Batch):
            wire.send_batch(message)
        elif message is not None:
            wire.send_receipt(message)
    except (BrokerError, RedisError, OSError) as error:
        log.warning("a message got lost: %s", error)


MOST_KEPT = 100_000
"""Characters of a message that is parked."""


def _park(database: Database, reason: Untrusted | str, message: Sequence[Any]) -> None:
    said = _text(reason, 500)
    log.error("parked a message: %s", said)
    sender, payload = (message[0], message[3]) if len(message) == 4 else ("", message)
    kept = {"sender": _text(sender, 100), "payload": _text(payload, MOST_KEPT)}
    with database.transaction() as session:
        park_untrusted(session, said, kept)


def _park_unreadable(database: Database, batch: Batch) -> None:
    with database.transaction() as session:
        for event in batch.unreadable:
            reason = _text(f"{batch.publisher} sent an event that can't be read: {event.reason}", 500)
            log.error("parked: %s", reason)
            park(session, reason, {"event": _text(json.dumps(event.value), MOST_KEPT)})


def _text(value: Any, most: int) -> str:
    """As PostgreSQL can keep it: without NUL and halves of characters."""
    return str(value)[:most].encode(errors="backslashreplace").decode().replace("\0", "\\0")
