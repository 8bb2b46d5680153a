"""What is no message of ours, and a broker that refuses, end no worker; an operator finds what came."""

import base64
import json
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
import redis

from kendi.faults.ground import SERVICES, Ground
from kendi.faults.kinds.broker import refused, size_of_its_file
from kendi.faults.kinds.kind import Scene
from kendi.faults.kinds.messages import FORGED, GARBAGE, almost_messages, celery_message
from kendi.faults.kinds.room import no_room
from shared.messaging.wire import EPOCH_KEY
from tests.awaiting import until

pytestmark = pytest.mark.flow

PARKED = "SELECT coalesce(sum(times), 0) FROM parked_message"


@pytest.fixture(scope="module")
def ground(prepared: Callable[[str], Path]) -> Iterator[Ground]:
    data, kinds = prepared("ground"), ("web", "worker", "relay")
    with Ground(data, free_ports=True, fsync=False, kinds=kinds, say=lambda _: None) as running:
        yield running


@pytest.mark.parametrize("task", ["receive", "receipt", "wake"])
def test_a_worker_outlives_all_that_lies_on_its_queues(ground: Ground, task: str) -> None:
    queue = f"logistics.{task}"
    pids = [child.process.pid for child in ground.alive("worker", "logistics") if child.process]
    garbage = [*GARBAGE, *almost_messages(queue, f"kendi.{task}")]
    before = ground.one("logistics", PARKED)
    with ground.broker() as broker:
        broker.lpush(queue, *garbage)
    until(lambda: ground.one("logistics", PARKED) == before + len(garbage))
    assert [child.process.pid for child in ground.alive("worker", "logistics") if child.process] == pids


def test_what_is_forged_again_and_again_is_kept_once(ground: Ground) -> None:
    kept = "SELECT count(*) FROM parked_message"
    message = forged(beside={"flood": True})
    before, rows = ground.one("logistics", PARKED), ground.one("logistics", kept)
    with ground.broker() as broker:
        broker.lpush("logistics.receive", *[message] * 500)
    until(lambda: ground.one("logistics", PARKED) == before + 500)
    assert ground.one("logistics", kept) <= rows + 1


EPOCHS: dict[str, Callable[["redis.Redis"], object]] = {
    "no text": lambda broker: broker.set(EPOCH_KEY, b"\xff\x00"),
    "nothing": lambda broker: broker.set(EPOCH_KEY, b""),
    "long": lambda broker: broker.set(EPOCH_KEY, b"x" * 100_000),
    "a hash": lambda broker: broker.hset(EPOCH_KEY, "x", "1"),
    "a list": lambda broker: broker.rpush(EPOCH_KEY, b"x"),
    "a stream": lambda broker: broker.xadd(EPOCH_KEY, {"x": "1"}),
}


@pytest.mark.parametrize("write", EPOCHS.values(), ids=EPOCHS)
def test_relays_replace_what_is_no_epoch_and_raise_it(
    ground: Ground, write: Callable[["redis.Redis"], object]
) -> None:
    """And go on: what is due is sent."""
    pids = [child.process.pid for child in ground.alive("relay") if child.process]
    replaced = f"{PARKED} WHERE message ->> 'payload' = '{EPOCH_KEY}'"
    before = sum(ground.one(service, replaced) for service in SERVICES)
    with ground.broker() as broker:
        broker.delete(EPOCH_KEY)
        write(broker)
        until(lambda: broker.type(EPOCH_KEY) == b"string" and broker.strlen(EPOCH_KEY) == 36)
        until(lambda: sum(ground.one(service, replaced) for service in SERVICES) > before)
        epoch = cast(bytes, broker.get(EPOCH_KEY)).decode()
    told = "SELECT broker_epoch FROM messaging_state"
    until(lambda: all(ground.one(service, told) == epoch for service in SERVICES))
    assert [child.process.pid for child in ground.alive("relay") if child.process] == pids


@pytest.mark.parametrize("task", ["receive", "receipt", "wake"])
def test_a_queue_that_is_no_list_is_cleared_and_raised_and_is_read_again(ground: Ground, task: str) -> None:
    queue = f"logistics.{task}"
    raised = f"SELECT coalesce(sum(times), 0) FROM parked_message WHERE message ->> 'payload' = '{queue}'"
    pids = [child.process.pid for child in ground.alive("worker", "logistics") if child.process]
    before, parked = ground.one("logistics", raised), ground.one("logistics", PARKED)
    with ground.broker() as broker:
        with broker.pipeline() as at_once:
            at_once.delete(queue)
            at_once.hset(queue, "x", "1")
            at_once.execute()
        until(lambda: ground.one("logistics", raised) > before)
        broker.lpush(queue, b"42")
    until(lambda: ground.one("logistics", PARKED) > parked + 1)
    assert [child.process.pid for child in ground.alive("worker", "logistics") if child.process] == pids


ERRAND = {"task": "kendi.receive", "args": ["an errand"], "options": {"queue": "production.receive"}}
SIGNATURE = {**ERRAND, "kwargs": {}, "subtask_type": None, "immutable": True}


def forged(task: str = "kendi.receive", *, beside: Any = None, **headers: Any) -> bytes:
    return celery_message("logistics.receive", task, [FORGED, {}, beside or {}], **headers)


def of_version_1() -> bytes:
    """A message of Celery's older form, which says in its body what is to be done."""
    body = {"task": "kendi.receive", "id": "1", "args": FORGED, "kwargs": {}, "callbacks": [SIGNATURE]}
    value = json.loads(celery_message("logistics.receive", "", body))
    return json.dumps({**value, "headers": {}}).encode()


@pytest.mark.parametrize(
    "message",
    [
        forged(beside={"callbacks": [SIGNATURE]}),
        forged(beside={"chain": [SIGNATURE]}),
        forged(callbacks=[SIGNATURE]),
        forged(chain=[SIGNATURE]),
        of_version_1(),
    ],
    ids=["callback", "chain", "callback in headers", "chain in headers", "version 1"],
)
def test_a_forged_message_has_no_worker_run_an_errand(ground: Ground, message: bytes) -> None:
    """What a worker would publish for it stands on a queue before what is sent there after it was parked."""
    before = {service: ground.one(service, PARKED) for service in ("logistics", "production")}
    with ground.broker() as broker:
        broker.lpush("logistics.receive", message, b"later")
        until(lambda: ground.one("logistics", PARKED) == before["logistics"] + 2)
        broker.lpush("production.receive", b"the last")
    until(lambda: ground.one("production", PARKED) > before["production"])
    assert ground.one("production", PARKED) == before["production"] + 1


class Touching:
    """Unpickled, it leaves a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


def test_what_is_pickled_is_not_unpickled(ground: Ground, tmp_path: Path) -> None:
    pickled = pickle.dumps([[Touching(tmp_path / "touched")], {}, {}])
    pickle.loads(pickled)  # it does leave a file where it is
    (tmp_path / "touched").unlink()
    value = json.loads(forged(content_type="application/x-python-serialize"))
    value |= {"body": base64.b64encode(pickled).decode(), "content-encoding": "binary"}
    before = ground.one("logistics", PARKED)
    with ground.broker() as broker:
        broker.lpush("logistics.receive", json.dumps(value), b"later")
    until(lambda: ground.one("logistics", PARKED) == before + 2)
    assert not (tmp_path / "touched").exists()


def test_workers_outlive_a_broker_that_is_read_only(ground: Ground) -> None:
    def pids() -> list[int | None]:
        return [child.process.pid for child in ground.alive("worker") if child.process]

    before, parked = pids(), {service: ground.one(service, PARKED) for service in SERVICES}
    with ground.broker() as broker:
        broker.replicaof("127.0.0.1", 1)
        until(lambda: refused(broker, "READONLY") >= 5 * len(before))
        broker.replicaof("NO", "ONE")
        for service in SERVICES:
            broker.lpush(f"{service}.receive", b"42")
    until(lambda: all(ground.one(service, PARKED) == parked[service] + 1 for service in SERVICES))
    assert pids() == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can take the room of a process that runs")
def test_a_broker_without_room_on_its_disk_refuses_to_be_written_to_and_goes_on(ground: Ground) -> None:
    server = ground.servers.broker
    pid, scene = server.pid, Scene(ground, cast(Any, None), Random(1))
    with ground.broker() as broker:
        strike = no_room(scene, [pid], most=size_of_its_file(server.folder))
        next(strike)
        with pytest.raises(redis.ResponseError, match="MISCONF"):
            until(lambda: broker.lpush("room", b"x" * 100) is None)
        assert list(strike) == [], "it has room again"
        until(lambda: broker.info("persistence")["aof_last_write_status"] == "ok")
        broker.delete("room")
    assert server.pid == pid
    assert ground.alive("worker")
