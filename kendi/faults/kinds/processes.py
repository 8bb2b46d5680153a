"""Faults of our own processes: killed, stopped, told to end, or broken at a named place."""

import os
import signal
from collections.abc import Iterator
from typing import cast

from kendi.faults.ground import SERVICES
from kendi.faults.kinds.kind import Scene, kind
from shared.failpoints import PLACES

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
    service = scene.chance.choice(SERVICES)
    workers = scene.ground.alive("worker", service)
    for worker in workers:
        scene.ground.send(worker, STOP)
    yield 0.7
    for worker in workers:
        scene.ground.send(worker, KILL)


@kind("a whole service stopped")
def service_stopped(scene: Scene) -> Iterator[float]:
    service = scene.chance.choice(SERVICES)
    stopped = [child for kind in ("worker", "relay") for child in scene.ground.alive(kind, service)]
    for child in stopped:
        scene.ground.send(child, STOP)
    yield scene.chance.uniform(3, 8)
    for child in stopped:
        scene.ground.send(child, CONT)


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
    queue, workers = f"{service}.receive", scene.ground.alive("worker", service)
    for worker in workers:
        scene.ground.send(worker, STOP)
    for _ in range(40):
        with scene.ground.broker() as broker:
            waiting = cast(list[bytes], broker.lrange(queue, -1, -1))
            if waiting:
                broker.rpush(queue, *waiting)
                break
        yield 0.1
    for worker in workers:
        scene.ground.send(worker, CONT)


@kind("the whole machine killed and started again")
def machine_killed(scene: Scene) -> Iterator[float]:
    ground = scene.ground
    for child in ground.children:
        ground.send(child, KILL)
    for server in (ground.servers.postgres, ground.servers.broker):
        os.kill(server.pid, KILL)
    yield 0.2


def _signal(scene: Scene, kind: str, *numbers: signal.Signals) -> Iterator[float]:
    child = scene.chance.choice(scene.ground.alive(kind, scene.chance.choice(SERVICES)) or [None])
    for number in numbers:
        if child is not None:
            scene.ground.send(child, number)
            yield 0.1


def _stop(scene: Scene, kind: str) -> Iterator[float]:
    children = scene.ground.alive(kind, scene.chance.choice(SERVICES))
    for child in children[:1]:
        scene.ground.send(child, STOP)
    yield scene.chance.uniform(1, 6)
    for child in children[:1]:
        scene.ground.send(child, CONT)


def _failpoint(scene: Scene, action: str) -> Iterator[float]:
    place = scene.chance.choice(sorted(PLACES))
    scene.ground.arm(place, action)
    yield from _until_reached(scene, place)


def _until_reached(scene: Scene, place: str, seconds: float = 3) -> Iterator[float]:
    for _ in range(int(seconds / 0.05)):
        if not (scene.ground.failpoints / place).exists():
            return
        yield 0.05
    scene.ground.disarm()


def _continue_all(scene: Scene) -> None:
    for child in scene.ground.children:
        scene.ground.send(child, CONT)
