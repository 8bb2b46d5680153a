"""What travels over the broker: signed batches of events one way, signed receipts the other."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from celery import Celery
from kombu import Exchange, Queue

from shared.card import Card
from shared.messaging.celery_settings import CELERY
from shared.settings import Settings, SigningKey

RECEIVE, RECEIPT, WAKE = "kendi.receive", "kendi.receipt", "kendi.wake"
EPOCH_KEY = "kendi.epoch"


class Untrusted(Exception):
    """A message that no service of ours can have sent, or that can't be read."""


@dataclass(frozen=True)
class Envelope:
    """One event in CloudEvents 1.0; ``actorrole`` is an extension attribute of ours."""

    id: UUID
    source: str
    type: str
    subject: str
    sequence: int
    time: datetime
    actorrole: str
    traceparent: str | None
    data: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "specversion": "1.0",
            "id": str(self.id),
            "source": f"/kendi/{self.source}",
            "type": self.type,
            "subject": self.subject,
            "sequence": f"{self.sequence:010d}",
            "time": self.time.isoformat().replace("+00:00", "Z"),
            "dataschema": f"/kendi/schemas/{self.type}.json",
            "datacontenttype": "application/json",
            "actorrole": self.actorrole,
            **({"traceparent": self.traceparent} if self.traceparent else {}),
            "data": self.data,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Envelope":
        """The event; raises ``ValueError`` saying what of it can't be read."""
        try:
            event = cls(
                id=UUID(value["id"]),
                source=value["source"].removeprefix("/kendi/"),
                type=value["type"],
                subject=value["subject"],
                sequence=int(value["sequence"]),
                time=datetime.fromisoformat(value["time"]),
                actorrole=value["actorrole"],
                traceparent=value.get("traceparent"),
                data=value["data"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{error!r}") from None
        if not 0 < event.sequence < 2**31:
            raise ValueError(f"its sequence is {event.sequence}")
        if event.time.tzinfo is None:
            raise ValueError("its time has no zone")
        return event


@dataclass(frozen=True)
class Unreadable:
    """What stands in a batch where an event should, and why it can't be read as one."""

    reason: str
    value: Any


@dataclass(frozen=True)
class Batch:
    """Events from one publisher to one subscriber; ``first`` if none was ever sent before.

    A batch without events may carry a question of reconciling, which a release that does not know
    it takes for a batch with nothing in it.
    """

    publisher: str
    subscriber: str
    incarnation: UUID
    first: bool
    events: tuple[Envelope, ...]
    question: dict[str, Any] | None = None
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """The subscriber stored these events of the publisher, or answers a question of its."""

    subscriber: str
    publisher: str
    incarnation: UUID
    stored: tuple[UUID, ...]
    answer: dict[str, Any] | None = None


def queues(service: str) -> dict[str, Queue]:
    """A service's three queues, direct on the anonymous exchange: no routing table to lose."""
    names = {task: f"{service}.{task.removeprefix('kendi.')}" for task in (RECEIVE, RECEIPT, WAKE)}
    exchange = Exchange("", type="direct")
    return {task: Queue(name, exchange, routing_key=name) for task, name in names.items()}


def celery_app(settings: Settings, services: Iterable[str]) -> Celery:
    """The Celery application of one service, able to publish to the others' queues."""
    service = settings.service
    app = Celery(f"kendi.{service}", broker=settings.broker_url, set_as_current=False)
    known = [queue for name in services for queue in queues(name).values()]
    app.conf.update(CELERY, task_queues=known)
    return app


class Wire:
    """A service's end of the wire: signs what it sends, checks what it is given."""

    def __init__(self, app: Celery, card: Card, keys: Sequence[SigningKey]) -> None:
        self._app = app
        self._card = card
        self._keys = {key.id: key for key in keys}
        self._signing = keys[0]

    def send_batch(self, batch: Batch) -> None:
        body = {
            "incarnation": str(batch.incarnation),
            "first": batch.first,
            "events": [event.as_json() for event in batch.events],
            **({"question": batch.question} if batch.question else {}),
        }
        self._send(RECEIVE, to=batch.subscriber, body=body)

    def send_receipt(self, receipt: Receipt) -> None:
        body = {
            "incarnation": str(receipt.incarnation),
            "stored": [str(id) for id in receipt.stored],
            **({"answer": receipt.answer} if receipt.answer else {}),
        }
        self._send(RECEIPT, to=receipt.publisher, body=body)

    def send_wake(self, job: str) -> None:
        """Ask this service's own worker to run a job whose rows are due."""
        self._app.send_task(WAKE, args=[job], queue=queues(self._card.name)[WAKE].name)

    def open_batch(self, *message: Any) -> Batch:
        """The batch in a signed message to this service; raises ``Untrusted``."""
        sender, body = self._open(*message)
        if sender not in self._card.hears:
            raise Untrusted(f"{self._card.name} hears nothing from {sender}")
        with _untrusted_if_it_cant_be_read("batch"):
            read = [_read_event(value) for value in body["events"]]
            return Batch(
                publisher=sender,
                subscriber=self._card.name,
                incarnation=UUID(body["incarnation"]),
                first=bool(body["first"]),
                events=tuple(event for event in read if isinstance(event, Envelope)),
                question=body.get("question"),
                unreadable=tuple(event for event in read if isinstance(event, Unreadable)),
            )

    def open_receipt(self, *message: Any) -> Receipt:
        """The receipt in a signed message to this service; raises ``Untrusted``."""
        sender, body = self._open(*message)
        with _untrusted_if_it_cant_be_read("receipt"):
            return Receipt(
                subscriber=sender,
                publisher=self._card.name,
                incarnation=UUID(body["incarnation"]),
                stored=tuple(UUID(id) for id in body["stored"]),
                answer=body.get("answer"),
            )

    def _send(self, task: str, *, to: str, body: dict[str, Any]) -> None:
        payload = json.dumps(body, separators=(",", ":"))
        signature = _signature(self._signing, self._card.name, to, payload)
        message = [self._card.name, self._signing.id, signature, payload]
        self._app.send_task(task, args=message, queue=queues(to)[task].name)

    def _open(self, *message: Any) -> tuple[str, dict[str, Any]]:
        """Who sent a message, and what it says."""
        if len(message) != 4 or not all(isinstance(part, str) for part in message):
            raise Untrusted("a message is its sender, the id of a key, a signature and a payload")
        sender, key_id, signature, payload = message
        key = self._keys.get(key_id)
        if key is None:
            raise Untrusted("no signing key has the id that is given")
        expected = _signature(key, sender, self._card.name, payload)
        if not hmac.compare_digest(expected.encode(), _bytes(signature)):
            raise Untrusted(f"the signature does not fit a message from {sender[:40]} to {self._card.name}")
        with _untrusted_if_it_cant_be_read("message"):
            body = json.loads(payload)
            body.keys()
        return sender, body


@contextmanager
def _untrusted_if_it_cant_be_read(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Untrusted(f"it is signed, but can't be read as a {what}: {error!r}") from error


def _read_event(value: Any) -> Envelope | Unreadable:
    try:
        return Envelope.from_json(value)
    except ValueError as error:
        return Unreadable(str(error), value)


def _signature(key: SigningKey, sender: str, receiver: str, payload: str) -> str:
    """HMAC-SHA256 that holds for this sender and this receiver only."""
    pair = hmac.digest(key.secret, _bytes(f"kendi {sender} {receiver}"), hashlib.sha256)
    return hmac.new(pair, _bytes(payload), hashlib.sha256).hexdigest()


def _bytes(text: str) -> bytes:
    """Whatever came: JSON can carry halves of characters, which UTF-8 can't."""
    return text.encode(errors="surrogatepass")
