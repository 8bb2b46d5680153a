"""Faults of the broker and of the way to it."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import redis

from kendi.faults.kinds.kind import NotCarriedOut, Scene, kind
from kendi.faults.kinds.room import no_room
from kendi.faults.proxy import Spoil


@kind("broker killed, back empty")
def killed_and_empty(scene: Scene) -> Iterator[float]:
    broker = scene.ground.servers.broker
    os.kill(broker.pid, signal.SIGKILL)
    shutil.rmtree(broker.folder / "appendonlydir", ignore_errors=True)
    yield scene.chance.uniform(0, 1)


@kind("broker killed, back with its file")
def killed(scene: Scene) -> Iterator[float]:
    os.kill(scene.ground.servers.broker.pid, signal.SIGKILL)
    yield scene.chance.uniform(0, 1)


@kind("broker flushed")
def flushed(scene: Scene) -> Iterator[float]:
    _flush(scene)
    yield 0.1


@kind("broker flushed each second for half a minute", lingers=True)
def flushed_again_and_again(scene: Scene) -> Iterator[float]:
    for _ in range(30):
        with suppress(redis.RedisError):  # another fault has it just now
            _flush(scene)
        yield 1


@kind("broker hung")
def hung(scene: Scene) -> Iterator[float]:
    broker = scene.ground.servers.broker
    os.kill(broker.pid, signal.SIGSTOP)
    yield 20 if scene.chance.random() < 0.2 else scene.chance.uniform(2, 8)
    os.kill(broker.pid, signal.SIGCONT)


@kind("broker read-only")
def read_only(scene: Scene) -> Iterator[float]:
    with scene.ground.broker() as broker:
        broker.replicaof("127.0.0.1", 1)
        yield scene.chance.uniform(1, 4)
        broker.replicaof("NO", "ONE")


@kind("broker out of memory")
def full(scene: Scene) -> Iterator[float]:
    with scene.ground.broker() as broker:
        broker.config_set("maxmemory", "1mb")
        yield scene.chance.uniform(1, 4)
        broker.config_set("maxmemory", "512mb")


@kind("broker connections cut")
def connections_cut(scene: Scene) -> Iterator[float]:
    with scene.ground.broker() as broker:
        broker.client_kill_filter(_type="normal", skipme=True)
    yield 0.1


@kind("broker connections half-open")
def half_open(scene: Scene) -> Iterator[float]:
    yield from _spoiled(scene, Spoil(half_open=True))


@kind("broker slow, and one message in twenty cut off")
def slow(scene: Scene) -> Iterator[float]:
    yield from _spoiled(scene, Spoil(delay_s=scene.chance.uniform(0.02, 0.2), resets=0.05))


@kind("five hundred idle connections to the broker")
def crowded(scene: Scene) -> Iterator[float]:
    """They take all the places there are: whoever was connected must come back, and is refused."""
    address = ("127.0.0.1", scene.ground.servers.broker.port)
    with scene.ground.broker() as broker, ExitStack() as open_sockets:
        broker.config_set("maxclients", 100)
        broker.client_kill_filter(_type="normal", skipme=True)
        for _ in range(500):
            open_sockets.enter_context(socket.create_connection(address, timeout=5))
        yield scene.chance.uniform(1, 3)
        open_sockets.close()
        broker.config_set("maxclients", 10_000)


if sys.platform == "linux":

    @kind("no room on the broker's disk")
    def disk_full(scene: Scene) -> Iterator[float]:
        """Its file can't grow: it refuses to be written to, and goes on."""
        broker = scene.ground.servers.broker
        with scene.ground.broker() as asked:
            before = refused(asked, "MISCONF")
            yield from no_room(scene, [broker.pid], most=size_of_its_file(broker.folder))
            if refused(asked, "MISCONF") == before:
                raise NotCarriedOut("nothing was written to the broker meanwhile")


def size_of_its_file(folder: Path) -> int:
    """Bytes of the file that the broker appends to."""
    return max(file.stat().st_size for file in (folder / "appendonlydir").iterdir())


def refused(broker: "redis.Redis", why: str) -> int:
    """How many commands the broker has refused for a reason."""
    return int(broker.info("errorstats").get(f"errorstat_{why}", {}).get("count", 0))


def _spoiled(scene: Scene, spoil: Spoil) -> Iterator[float]:
    scene.ground.proxies["broker"].spoil(spoil)
    yield scene.chance.uniform(1, 4)
    scene.ground.proxies["broker"].spoil(Spoil())


def _flush(scene: Scene) -> None:
    with scene.ground.broker() as broker:
        broker.flushall()
