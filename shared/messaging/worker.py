"""The Celery worker of a service: three tasks, of which none ever decides anything."""

import logging
from dataclasses import dataclass
from typing import Any

from celery import Celery, bootsteps
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from sqlalchemy import insert

from shared.database import Database
from shared.failpoints import reach
from shared.messaging import inbox, reconciling
from shared.messaging.heartbeat import EVERY_SECONDS, Heartbeat
from shared.messaging.jobs import Job, Jobs
from shared.messaging.reactions import Reactions
from shared.messaging.receipts import acknowledge
from shared.messaging.tables import parked_message
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
    tasks = Tasks(database, wire, reactions)
    for name, run in ((RECEIVE, tasks.receive), (RECEIPT, tasks.receipt), (WAKE, running.nudge)):
        app.task(name=name, shared=False)(run)
    return running


@dataclass(frozen=True)
class Tasks:
    """What a worker does with a message from another service: what is not trusted is parked."""

    database: Database
    wire: Wire
    reactions: Reactions

    def receive(self, sender: str, key_id: str, signature: str, payload: str) -> None:
        """Store and apply a batch, and send its receipt; or answer a question about what was heard."""
        try:
            batch = self.wire.open_batch(sender, key_id, signature, payload)
        except Untrusted as reason:
            _park(self.database, reason, sender, payload)
            return
        reach("receive.opened")
        if batch.question:
            with self.database.transaction() as session:
                _send(self.wire, reconciling.answer(session, batch))
        else:
            self._take(batch)

    def _take(self, batch: Batch) -> None:
        applied = inbox.receive(self.database, batch, self.reactions)
        reach("receive.stored")
        _send_receipt(self.wire, batch)
        reach("receive.receipted")
        if not applied:
            inbox.apply_due(self.database, self.reactions)

    def receipt(self, sender: str, key_id: str, signature: str, payload: str) -> None:
        """Mark what a subscriber stored; or settle its answer to our question."""
        try:
            received = self.wire.open_receipt(sender, key_id, signature, payload)
        except Untrusted as reason:
            _park(self.database, reason, sender, payload)
            return
        reach("receipt.opened")
        if received.answer:
            with self.database.transaction() as session:
                _send(self.wire, reconciling.settle(session, received))
            return
        with self.database.transaction() as session:
            acknowledge(session, received)
            reach("receipt.marking")
        reach("receipt.marked")


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


def _park(database: Database, reason: Untrusted, sender: str, payload: str) -> None:
    log.error("parked a message said to be from %s: %s", sender, reason)
    message = {"sender": sender, "payload": payload[:100_000]}
    with database.transaction() as session:
        session.execute(insert(parked_message).values(reason=str(reason), message=message))
