"""Faults of what travels: lost, repeated, reordered, forged, garbage, poison, too much."""

import base64
import json
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, cast

import psycopg
import redis

from kendi.faults.children import POISON
from kendi.faults.ground import SERVICES
from kendi.faults.kinds.kind import Scene, kind
from shared.messaging.tables import Inbox
from shared.messaging.transport import NO_MESSAGE

GARBAGE: tuple[bytes, ...] = (
    b"\xff\xfe not JSON",
    b"42",
    b"{}",
    b'{"body": "!!!", "headers": {}, "properties": {"body_encoding": "base64", "delivery_tag": "x"}}',
    b"[" * 100_000,
)
HEALTHY_HEADERS = {"lang": "py", "task": "kendi.receive", "id": "garbage", "root_id": "garbage"}


@kind("messages lost")
def lost(scene: Scene) -> Iterator[float]:
    yield from _while_held_up(scene, lambda broker: [broker.delete(queue) for queue in scene.ground.queues()])


@kind("messages repeated")
def repeated(scene: Scene) -> Iterator[float]:
    def repeat(broker: "redis.Redis") -> None:
        for queue, message in _messages(scene):
            broker.lpush(queue, *[message] * scene.chance.randint(1, 4))

    yield from _while_held_up(scene, repeat)


@kind("messages reordered")
def reordered(scene: Scene) -> Iterator[float]:
    def shuffle(broker: "redis.Redis") -> None:
        for queue in scene.ground.queues():
            pipe = broker.pipeline(transaction=True)
            pipe.lrange(queue, 0, -1)
            pipe.delete(queue)
            found = pipe.execute()[0]
            scene.chance.shuffle(found)
            if found:
                broker.rpush(queue, *found)

    yield from _while_held_up(scene, shuffle)


def _while_held_up(scene: Scene, meddle: Callable[["redis.Redis"], object]) -> Iterator[float]:
    """All workers are stopped until messages have gathered, so that there is something to meddle with."""
    workers = scene.ground.alive("worker")
    for worker in workers:
        scene.ground.send(worker, signal.SIGSTOP)
    yield scene.chance.uniform(1, 2)
    try:
        with scene.ground.broker() as broker:
            meddle(broker)
    finally:
        for worker in workers:
            scene.ground.send(worker, signal.SIGCONT)


@kind("garbage on every queue")
def garbage(scene: Scene) -> Iterator[float]:
    with scene.ground.broker() as broker:
        for queue in [*scene.ground.queues(), *(f"{service}.wake" for service in SERVICES)]:
            task = f"kendi.{queue.partition('.')[2]}"
            broker.lpush(queue, *GARBAGE, *almost_messages(queue, task))
    yield 0.5


@kind("messages forged, altered and replayed")
def forged(scene: Scene) -> Iterator[float]:
    """Under a wrong signature, with another body under a right one, and an old one again."""
    old: list[tuple[str, bytes]] = []
    for _ in range(5):
        with scene.ground.broker() as broker:
            for queue, message in _messages(scene):
                old.append((queue, message))
                for spoil in (_with_other_events, _with_other_signature):
                    broker.lpush(queue, _resealed(message, spoil))
        yield 0.2
    with scene.ground.broker() as broker:
        for queue, message in old[:50]:
            broker.lpush(queue, message)


@kind("poison that raises", lingers=True)
def poison_raises(scene: Scene) -> Iterator[float]:
    yield from _poison(scene, "RAISE")


@kind("poison that kills", lingers=True)
def poison_kills(scene: Scene) -> Iterator[float]:
    yield from _poison(scene, "KILL")


@kind("poison that hangs", lingers=True)
def poison_hangs(scene: Scene) -> Iterator[float]:
    yield from _poison(scene, "HANG")


@kind("overload")
def overload(scene: Scene) -> Iterator[float]:
    with scene.stream.flooding():
        yield scene.chance.uniform(1, 3)


def _messages(scene: Scene) -> list[tuple[str, bytes]]:
    """What stands on the queues, with its queue."""
    found: list[tuple[str, bytes]] = []
    with scene.ground.broker() as broker:
        for queue in scene.ground.queues():
            found += [(queue, message) for message in cast(list[bytes], broker.lrange(queue, 0, 20))]
    return [(queue, message) for queue, message in found if _is_ours(message)]


def _is_ours(message: bytes) -> bool:
    """Whether it is a message of the services, not garbage of another strike."""
    with suppress(*NO_MESSAGE):
        args, _, _ = json.loads(base64.b64decode(json.loads(message)["body"]))
        return len(args) == 4 and all(isinstance(arg, str) for arg in args)
    return False


def _resealed(message: bytes, spoil: Any) -> bytes:
    value = json.loads(message)
    args, kwargs, embed = json.loads(base64.b64decode(value["body"]))
    body = json.dumps([spoil(args), kwargs, embed]).encode()
    return json.dumps({**value, "body": base64.b64encode(body).decode()}).encode()


def _with_other_events(args: list[str]) -> list[str]:
    sender, key, signature, payload = args
    return [sender, key, signature, payload.replace("1", "2")]


def _with_other_signature(args: list[str]) -> list[str]:
    sender, key, signature, payload = args
    return [sender, key, signature[::-1], payload]


def celery_message(
    queue: str, task: str, arguments: Any, *, content_type: str = "application/json", **headers: Any
) -> bytes:
    """What has the form of a Celery message of version 2."""
    body = base64.b64encode(json.dumps(arguments).encode()).decode()
    return json.dumps(
        {
            "body": body,
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {**HEALTHY_HEADERS, "task": task, "argsrepr": "", **headers},
            "properties": {
                "delivery_tag": str(uuid.uuid4()),
                "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": queue},
            },
        }
    ).encode()


FORGED = ["orders", "k1", "00", "{}"]


def almost_messages(queue: str, task: str) -> list[bytes]:
    """What has the form of a Celery message, with one thing wrong in each."""
    message = partial(celery_message, queue, task)
    return [
        message([[], {}, {}]),
        message([["a", 1, None, {}], {}, {}]),
        celery_message(queue, "kendi.unknown", [FORGED, {}, {}]),
        message("not arguments"),
        message([FORGED, {}, {}], content_type="application/x-python-serialize"),
        message([FORGED, {}, {}], eta="not a time"),
        message([FORGED, {}, {}], compression="gzip"),
        message([FORGED, {}, {"callbacks": [{"task": task, "args": []}]}]),
        *(_altered(message([FORGED, {}, {}]), change) for change in ALTERATIONS),
    ]


ALTERATIONS: tuple[Callable[[dict[str, Any]], object], ...] = (
    lambda message: message.update(body=base64.b64encode(b"{not JSON").decode()),
    lambda message: message.update(headers=None),
    lambda message: message["headers"].pop("id"),
    lambda message: message["headers"].update(timelimit="soon"),
    lambda message: message["properties"].update(delivery_info=None),
    lambda message: message["properties"].pop("delivery_tag"),
)
"""What a stranger may leave out of a Celery message, or have otherwise in it."""


def _altered(message: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(message)
    change(value)
    return json.dumps(value).encode()


def _poison(scene: Scene, how: str) -> Iterator[float]:
    """An order that production can't take until it is parked, mended, and tried again by an operator."""
    po_number = f"{POISON}{how}-{uuid.uuid4()}"
    while (order_id := scene.stream.place(po_number)) is None:
        yield 0.1  # it may have been taken all the same, and poison that nobody mends would stay for good
    subject = f"order/{order_id}"
    scene.ground.poisoned.add(subject)
    yield from _until(scene, subject, Inbox.PARKED, HASTEN)
    (scene.ground.fixed / po_number).touch()
    scene.ground.poisoned.discard(subject)
    yield from _until(scene, subject, Inbox.DONE, RETRY)


HASTEN = """
    UPDATE inbox SET next_at = now() WHERE subject = %s AND sequence = 1 AND state < 2
        AND (state = 0 OR next_at < now() + interval '57 s')"""
"""The pauses between attempts pass quickly; a running attempt is left three seconds."""
RETRY = """
    UPDATE inbox SET state = 0, attempts = 0, next_at = now() WHERE subject = %s AND state = 3"""
STATE = "SELECT state FROM inbox WHERE subject = %s AND sequence = 1"


def _until(scene: Scene, subject: str, state: Inbox, statement: str) -> Iterator[float]:
    while True:
        with suppress(psycopg.Error):  # another fault has the database just now
            if scene.ground.one("production", STATE, subject) == state:
                return
            scene.ground.execute("production", statement, subject)
        yield 0.1
