"""At each place of the protocol a process is killed, or an error raised: everything takes effect all the same, once."""

import os
import signal
import sys
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import redis

from kendi.faults.ground import SERVICES, Ground
from kendi.faults.proxy import Spoil
from kendi.faults.stream import Stream
from kendi.faults.verdict import judge
from kendi.faults.watching import Gauge
from shared.failpoints import PLACES
from tests.awaiting import until
from tests.orders.test_webhooks import Endpoint, endpoint

__all__ = ["endpoint"]

pytestmark = pytest.mark.flow

CAREFUL = {place for place in PLACES if place.startswith("apply.")}
"""Places on the careful path, which a batch takes after its first attempt failed."""

PATIENCE = {
    "publisher": "UPDATE outbox_delivery SET next_at = now() WHERE state = 1 AND sent_at < now() - interval '1 s'",
    "subscriber": "UPDATE inbox SET next_at = now() WHERE state < 2 AND next_at < now() + interval '59 s'",
}
WEBHOOKS_PATIENCE = """
    UPDATE webhook_delivery SET next_at = now() WHERE next_at BETWEEN now() AND now() + interval '58 s'"""
"""Leases and pauses end quickly: a lease of the publisher after a second, a try of the subscriber as well."""


@pytest.fixture(scope="module")
def ground(prepared: Callable[[str], Path]) -> Iterator[Ground]:
    data = prepared("ground")
    kinds = ("web", "worker", "relay")
    with Ground(data, free_ports=True, fsync=False, kinds=kinds, say=lambda _: None) as running:
        yield running


@pytest.fixture(scope="module")
def stream(ground: Ground) -> Iterator[Stream]:
    clients = Stream(ground, seed=1)
    yield clients
    clients.stop()


@pytest.mark.parametrize("action", ["kill", "raise"])
@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_fault_at(ground: Ground, stream: Stream, endpoint: Endpoint, place: str, action: str) -> None:
    until(lambda: answers(ground), seconds=60, meanwhile=partial(tend, ground))
    po_number = f"PO-{uuid.uuid4()}"
    with provoked(ground, stream, place, endpoint):
        ground.arm(place, action)
        if place in CAREFUL:
            ground.arm("receive.storing", "raise")
        until(lambda: stream.place(po_number), seconds=60, meanwhile=partial(tend, ground))
        until_reached(ground, place)
    until_quiet(ground)
    assert not stream.ledger.asked["order", po_number]["failed"]
    (id,) = ground.column("orders", "SELECT id FROM buyer_order WHERE po_number = %s", po_number)
    assert stream.place(po_number) == str(id), "asked again it is the order that was committed"
    until(lambda: allocated(ground, id), seconds=120, meanwhile=partial(tend, ground))
    found = judge(ground, stream.ledger)
    assert found.good, found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["dead", "hung"])
def test_an_order_is_taken_at_once_while_the_broker_is(
    ground: Ground, stream: Stream, how: signal.Signals
) -> None:
    until(lambda: answers(ground), seconds=60, meanwhile=partial(tend, ground))
    pid = ground.servers.broker.pid
    os.kill(pid, how)
    try:
        po_number = f"PO-{uuid.uuid4()}"
        assert stream.place(po_number) is not None
        assert stream.ledger.asked["order", po_number] == {"ok": 1}
        with ground.broker() as broker, pytest.raises(redis.RedisError):
            broker.ping()
    finally:
        os.kill(pid, signal.SIGCONT)
    until_quiet(ground)
    found = judge(ground, stream.ledger)
    assert found.good, found


def test_connections_to_the_broker_that_are_half_open_are_found_within_half_a_minute(
    ground: Ground, stream: Stream
) -> None:
    until(lambda: answers(ground), seconds=60, meanwhile=partial(tend, ground))
    until_quiet(ground)
    ground.proxies["broker"].spoil(Spoil(half_open=True))
    ground.proxies["broker"].spoil(Spoil())  # those that were open stay so; a new one is whole
    placed = stream.place(f"PO-{uuid.uuid4()}")
    heard = "SELECT 1 FROM inbox WHERE state = 2 AND subject = %s"
    until(lambda: ground.column("production", heard, f"order/{placed}"), seconds=30, meanwhile=ground.watch)
    until_quiet(ground)
    found = judge(ground, stream.ledger)
    assert found.good, found


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere packets can't be dropped")
def test_connections_to_the_database_that_are_half_open_are_found_and_nothing_is_lost(
    ground: Ground, stream: Stream
) -> None:
    until(lambda: answers(ground), seconds=60, meanwhile=partial(tend, ground))
    until_quiet(ground)
    ground.proxies["postgres"].spoil(Spoil(half_open=True))
    ground.proxies["postgres"].spoil(Spoil())
    po_number = f"PO-{uuid.uuid4()}"
    until(lambda: stream.place(po_number), seconds=60, meanwhile=ground.watch)
    placed = stream.place(po_number)
    heard = "SELECT 1 FROM inbox WHERE state = 2 AND subject = %s"
    until(lambda: ground.column("production", heard, f"order/{placed}"), seconds=60, meanwhile=ground.watch)
    until_quiet(ground)
    found = judge(ground, stream.ledger)
    assert found.good, found


@contextmanager
def provoked(ground: Ground, stream: Stream, place: str, endpoint: Endpoint) -> Iterator[None]:
    """What must happen for a place to be reached that is passed seldom; after it what was done is healed."""
    if place == "webhook.posted":
        with told_to(ground, stream, endpoint):
            yield
        return
    with ground.broker() as broker:
        if place == "relay.unpublished":
            broker.replicaof("127.0.0.1", 1)
        if place.startswith("reconcile."):
            until(lambda: all(ground.column(each, ASK_NOW) for each in SERVICES), meanwhile=ground.watch)
        try:
            if place == "relay.noticing":
                broker.flushall()
            yield
        finally:
            if place == "relay.unpublished":
                broker.replicaof("NO", "ONE")


ASK_NOW = "UPDATE reconciled SET next_at = now() + interval '1 s', agreed_until = NULL RETURNING peer"
UNTOLD = """
    SELECT d.id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
    WHERE e.removed_at IS NULL AND d.delivered_at IS NULL"""


@contextmanager
def told_to(ground: Ground, stream: Stream, endpoint: Endpoint) -> Iterator[None]:
    """A buyer's endpoint is told of what happens meanwhile: of all, and of what was not written down again."""
    stream._own.ask("/orders/v1/webhooks", {"url": endpoint.url}, what="webhook")
    yield
    until_quiet(ground)
    until(lambda: not ground.column("orders", UNTOLD), seconds=60, meanwhile=partial(tend, ground))
    assert len(endpoint.told) > len(set(endpoint.ids()))
    ground.execute("orders", "UPDATE webhook_endpoint SET removed_at = now()")


def allocated(ground: Ground, order_id: object) -> bool:
    """Whether all of it is planned: what waits is planned by a job, with nothing under way meanwhile."""
    query = "SELECT allocated = ordered FROM order_line WHERE order_id = %s"
    return ground.column("orders", query, order_id) == [True]


def until_reached(ground: Ground, place: str) -> None:
    """Until the fault has struck, with the supervisor at work."""
    try:
        until(lambda: not (ground.failpoints / place).exists(), seconds=60, meanwhile=partial(tend, ground))
    finally:
        ground.disarm()


def until_quiet(ground: Ground) -> None:
    """Until nothing is under way any more."""
    gauge = Gauge(ground)
    try:
        until(lambda: gauge.under_way() == 0, seconds=60, meanwhile=partial(tend, ground))
    finally:
        gauge.close()


def answers(ground: Ground) -> bool:
    """Whether the web process, which an earlier test may have killed, is back."""
    try:
        with urllib.request.urlopen(f"{ground.urls['orders']}/orders/readyz", timeout=2):
            return True
    except OSError:
        return False


def tend(ground: Ground) -> None:
    """What the supervisor does, without the patience that services have."""
    ground.watch()
    for service in SERVICES:
        for statement in PATIENCE.values():
            ground.execute(service, statement)
    ground.execute("orders", WEBHOOKS_PATIENCE)
