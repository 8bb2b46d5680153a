"""Faults of our own processes: killed, stopped, told to end, or broken at a named place."""

import os
import signal
from collections.abc import Generator, Iterable, Iterator
from typing import cast

from kendi.faults.ground import SERVICES
from kendi.faults.kinds.kind import NotCarriedOut, Scene, kind
from kendi.system import Child
from shared.failpoints import PLACES, SELDOM

BEYOND_THE_LIMIT = 33
"""Seconds: PostgreSQL ends a transaction that is idle for thirty, which whoever is stopped in one must survive."""
KILL, STOP, CONT = signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT


@kind("worker killed")
def worker_killed(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "worker", KILL)


@kind("relay killed")
def relay_killed(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "relay", KILL)


@kind("web killed")
def web_killed(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "web", KILL)


@kind("worker told to end (warm)")
def worker_warm(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "worker", signal.SIGTERM)


@kind("worker told to end (soft)")
def worker_soft(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "worker", signal.SIGQUIT)


@kind("worker told to end (cold)")
def worker_cold(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "worker", signal.SIGQUIT, signal.SIGQUIT)


@kind("relay told to end")
def relay_warm(scene: Scene) -> Iterator[float]:
    yield from _signal(scene, "relay", signal.SIGTERM)


@kind("worker stopped and continued")
def worker_stopped(scene: Scene) -> Iterator[float]:
    yield from _stop(scene, "worker")


@kind("relay stopped and continued")
def relay_stopped(scene: Scene) -> Iterator[float]:
    yield from _stop(scene, "relay")


@kind("web stopped and continued")
def web_stopped(scene: Scene) -> Iterator[float]:
    yield from _stop(scene, "web")


@kind("workers killed with a message taken, not recorded")
def killed_in_the_window(scene: Scene) -> Iterator[float]:
    """A stopped worker's BRPOP is answered all the same: what then lies in its socket dies with it."""
    workers = yield from _await_living(scene, scene.chance.choice(SERVICES), "worker")
    _send(scene, workers, STOP)
    yield 0.7
    _send(scene, workers, KILL)


@kind("a whole service stopped")
def service_stopped(scene: Scene) -> Iterator[float]:
    stopped = yield from _await_living(scene, scene.chance.choice(SERVICES), "worker", "relay")
    _send(scene, stopped, STOP)
    yield scene.chance.uniform(3, 8)
    _send(scene, stopped, CONT)


@kind("failpoint: killed")
def failpoint_kills(scene: Scene) -> Iterator[float]:
    yield from _failpoint(scene, "kill")


@kind("failpoint: raised")
def failpoint_raises(scene: Scene) -> Iterator[float]:
    yield from _failpoint(scene, "raise")


@kind("failpoint: stopped")
def failpoint_stops(scene: Scene) -> Iterator[float]:
    yield from _failpoint(scene, "stop")
    yield scene.chance.uniform(0.5, 2)
    _continue_all(scene)


@kind("the same batch to two workers at once")
def same_batch_twice(scene: Scene) -> Iterator[float]:
    """Both workers of a service are stopped until a message waits for each, and it is the same one."""
    service = scene.chance.choice(SERVICES)
    workers = yield from _await_living(scene, service, "worker")
    _send(scene, workers, STOP)
    try:
        yield from _double_the_next(scene, f"{service}.receive")
    finally:
        _send(scene, workers, CONT)


def _double_the_next(scene: Scene, queue: str) -> Iterator[float]:
    for _ in range(60):
        with scene.ground.broker() as broker:
            waiting = cast(list[bytes], broker.lrange(queue, -1, -1))
            if waiting:
                broker.rpush(queue, *waiting)
                return
        yield 0.1
    raise NotCarriedOut(f"nothing came to {queue}")


@kind("the whole machine killed and started again")
def machine_killed(scene: Scene) -> Iterator[float]:
    ground = scene.ground
    for child in ground.children:
        ground.send(child, KILL)
    for server in (ground.servers.postgres, ground.servers.broker):
        os.kill(server.pid, KILL)
    yield 0.2


def _signal(scene: Scene, kind: str, *numbers: signal.Signals) -> Iterator[float]:
    living = yield from _await_living(scene, scene.chance.choice(SERVICES), kind)
    for number in numbers:
        _send(scene, living[:1], number)
        yield 0.1


def _stop(scene: Scene, kind: str) -> Iterator[float]:
    living = yield from _await_living(scene, scene.chance.choice(SERVICES), kind)
    _send(scene, living[:1], STOP)
    yield BEYOND_THE_LIMIT if scene.chance.random() < 0.08 else scene.chance.uniform(1, 6)
    _send(scene, living[:1], CONT)


def _await_living(scene: Scene, service: str, *kinds: str) -> Generator[float, None, list[Child]]:
    """The processes to strike, in any order: those that an earlier fault has ended are started again first."""
    for _ in range(100):
        living = [child for kind in kinds for child in scene.ground.alive(kind, service)]
        if living:
            return scene.chance.sample(living, len(living))
        yield 0.1
    raise NotCarriedOut(f"no {' or '.join(kinds)} of {service} came back")


def _send(scene: Scene, children: Iterable[Child], number: signal.Signals) -> None:
    for child in children:
        scene.ground.send(child, number)


def _failpoint(scene: Scene, action: str) -> Iterator[float]:
    """Some places are passed only on some ways: one that is not reached soon is left for another."""
    usual = sorted(PLACES.keys() - SELDOM)
    for place in scene.chance.sample(usual, len(usual)):
        scene.ground.arm(place, action)
        for _ in range(30):
            yield 0.05
            if not (scene.ground.failpoints / place).exists():
                return
        scene.ground.disarm()
    raise NotCarriedOut("no place was reached")


def _continue_all(scene: Scene) -> None:
    _send(scene, scene.ground.children, CONT)
