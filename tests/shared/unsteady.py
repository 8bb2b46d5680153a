"""A publisher and a subscriber over real databases and a real broker, where anything may go wrong when told to."""

import base64
import json
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

import redis
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy import delete, select, text
from sqlalchemy.engine import Row
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from kendi.servers import Addresses
from shared.card import all_cards, card_of
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging import inbox as inboxes
from shared.messaging.reactions import Heard, NotYet, Reactions
from shared.messaging.relay import Relay
from shared.messaging.tables import Inbox, inbox, outbox_delivery, outbox_event, position
from shared.messaging.wire import Batch, Receipt, Wire, celery_app
from shared.messaging.worker import add_tasks
from tests.shared.test_relay import settings_of

BATCHES, RECEIPTS = "production.receive", "orders.receipt"
WINDOW = 6
ORDERS = [UUID(int=number) for number in (1, 2)]

Sending = Literal["well", "dies before", "dies after", "refused", "answer lost"]
Reacting = Literal["well", "fails", "not yet", "dies", "database"]


class Died(BaseException):
    """The process ended here; what it had not committed is gone."""


class UnsteadyWire(Wire):
    """Sends over the real broker, but the next message may meet a fault."""

    fault: Sending = "well"

    def send_batch(self, batch: Batch) -> None:
        self._meet(lambda: super(UnsteadyWire, self).send_batch(batch))

    def send_receipt(self, receipt: Receipt) -> None:
        self._meet(lambda: super(UnsteadyWire, self).send_receipt(receipt))

    def _meet(self, send: Callable[[], None]) -> None:
        fault, self.fault = self.fault, "well"
        if fault == "dies before":
            raise Died
        if fault == "refused":
            raise BrokerError("connection refused")
        send()
        if fault == "dies after":
            raise Died
        if fault == "answer lost":
            raise BrokerError("timed out")


@dataclass(frozen=True)
class Seen:
    """One moment in both databases, by subject."""

    told: dict[str, list[Row[Any]]]
    effects: dict[str, list[UUID]]
    position: dict[str, int]
    stored: set[UUID]
    receipted: set[UUID]


class World:
    """Orders publishes, production reacts. Nothing comes due by itself: ``pass_time`` makes it so."""

    def __init__(
        self, orders: Database, production: Database, broker: "redis.Redis", addresses: Addresses
    ) -> None:
        self.orders, self.production, self.broker = orders, production, broker
        self._reacting: deque[Reacting] = deque()
        self.wires: dict[str, UnsteadyWire] = {}
        self._tasks: dict[str, Any] = {}
        self.reactions: Reactions = {OrderClosed: self._react}
        for service, database in (("orders", orders), ("production", production)):
            own = settings_of(service, addresses)
            app = celery_app(own, all_cards())
            self.wires[service] = UnsteadyWire(app, card_of(service), own.signing_keys)
            add_tasks(app, own, database, self.wires[service], self.reactions, ())
            self._tasks[service] = app.tasks
        url = settings_of("orders", addresses).broker_url
        self.relay = Relay(card_of("orders"), orders, self.wires["orders"], {}, broker_url=url, window=WINDOW)

    # What is done in it

    def do(
        self,
        *works: Callable[[], object],
        reacting: Iterable[Reacting] = (),
        sending: Sending = "well",
        by: str = "orders",
    ) -> None:
        """Do these at once; the next reactions and the next message meet what is said here."""
        self._reacting.extend(reacting)
        self.wires[by].fault = sending
        with ThreadPoolExecutor(len(works)) as threads:
            errors = [threads.submit(work).exception() for work in works]
        self._reacting.clear()
        self.wires[by].fault = "well"
        for error in errors:
            if error is not None and not isinstance(error, Died):
                raise error

    def apply_due(self) -> None:
        inboxes.apply_due(self.production, self.reactions)

    def pick(self, queue: str, at: int, *, kept: bool = False) -> bytes | None:
        """A message of the queue, counted round it, or none if it is empty."""
        messages = cast(list[bytes], self.broker.lrange(queue, 0, -1))
        if not messages:
            return None
        message = messages[at % len(messages)]
        if not kept:
            self.broker.lrem(queue, 1, message.decode())
        return message

    def run(self, queue: str, message: bytes) -> None:
        """Run the task that the message asks for, as the service's worker does."""
        service, _, task = queue.partition(".")
        self._tasks[service][f"kendi.{task}"](*_arguments(message))

    def drain(self, queue: str) -> None:
        while (message := self.pick(queue, 0)) is not None:
            self.run(queue, message)

    def archive(self) -> None:
        """Take away what the inbox is done with."""
        with self.production.transaction() as session:
            session.execute(delete(inbox).where(inbox.c.state.in_([Inbox.DONE, Inbox.SKIPPED])))

    # How the reactions fare

    def _react(self, session: Session, event: Any, heard: Heard) -> None:
        """Leave a row; whatever fails then fails after the effect."""
        self.take_effect(session, heard)
        outcome = self._reacting.popleft() if self._reacting else "well"
        if outcome == "fails":
            raise ValueError("a reaction that fails")
        if outcome == "not yet":
            raise NotYet("orders", f"order/{ORDERS[event.order_id.int % len(ORDERS)]}")
        if outcome == "dies":
            raise Died
        if outcome == "database":
            raise OperationalError("INSERT", {}, Exception("deadlock detected"))

    def take_effect(self, session: Session, heard: Heard) -> None:
        effect = {"subject": heard.subject, "id": heard.event_id}
        session.execute(text("INSERT INTO effect (subject, event_id) VALUES (:subject, :id)"), effect)

    # Time

    def begin_anew(self) -> None:
        self.broker.flushall()
        for table in ("outbox_delivery", "outbox_event", "subject_counter", "receipts_from"):
            execute(self.orders, f"DELETE FROM {table}")
        for table in ("effect", "inbox", "position", "parked_message"):
            execute(self.production, f"DELETE FROM {table}")

    def pass_time(self) -> None:
        """Each lease and each pause is over."""
        for database, table in ((self.orders, "outbox_delivery"), (self.production, "inbox")):
            execute(database, f"UPDATE {table} SET next_at = now() WHERE state < 2")

    def retry_parked(self) -> None:
        """As an operator does who has mended what failed."""
        execute(self.production, "UPDATE inbox SET state = 0, attempts = 0 WHERE state = 3")

    # What can be seen

    def seen(self) -> Seen:
        """How all stands now. What is not due yet stays so, however long the next look takes to come."""
        with self.orders.transaction() as session:
            session.execute(text(f"UPDATE outbox_delivery {NOT_BY_ITSELF}"))
            told = session.execute(TOLD).all()
        with self.production.transaction() as session:
            session.execute(text(f"UPDATE inbox {NOT_BY_ITSELF}"))
            effects = session.execute(text("SELECT subject, event_id FROM effect ORDER BY id")).all()
            reached = session.execute(select(position.c.subject, position.c.last_sequence)).all()
            stored = session.execute(select(inbox.c.event_id)).scalars().all()
        return Seen(
            told=_by_subject((row.subject, row) for row in told),
            effects=_by_subject((row.subject, row.event_id) for row in effects),
            position={row.subject: row.last_sequence for row in reached if row.last_sequence},
            stored=set(stored),
            receipted=self._receipted(),
        )

    def _receipted(self) -> set[UUID]:
        """What the receipts under way say of."""
        messages = cast(list[bytes], self.broker.lrange(RECEIPTS, 0, -1))
        return {UUID(id) for message in messages for id in json.loads(_arguments(message)[3])["stored"]}


NOT_BY_ITSELF = "SET next_at = next_at + interval '1 day' WHERE state < 2 AND next_at > now()"
EFFECTS = (
    "CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject text, event_id uuid)"
)
TOLD = (
    select(outbox_event, outbox_delivery.c.state)
    .join(outbox_delivery, outbox_delivery.c.event_pk == outbox_event.c.id)
    .where(outbox_delivery.c.subscriber == "production")
    .order_by(outbox_event.c.sequence)
)


def _arguments(message: bytes) -> list[str]:
    arguments: list[str] = json.loads(base64.b64decode(json.loads(message)["body"]))[0]
    return arguments


def _by_subject(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    grouped: dict[str, list[Any]] = {}
    for subject, value in pairs:
        grouped.setdefault(subject, []).append(value)
    return grouped


def execute(database: Database, statement: str) -> None:
    with database.transaction() as session:
        session.execute(text(statement))
