"""At each place of the protocol a process is killed, or an error raised: everything takes effect all the same, once."""

import urllib.request
import uuid
from collections.abc import Iterator
from functools import partial

import pytest

from kendi.doctor import summary
from kendi.faults.ground import Ground
from kendi.faults.stream import Stream
from kendi.faults.watching import Gauge
from shared.failpoints import PLACES
from tests.awaiting import until

pytestmark = pytest.mark.flow

CAREFUL = {place for place in PLACES if place.startswith("apply.")}
"""Places on the careful path, which a batch takes after its first attempt failed."""

PATIENCE = {
    "orders": "UPDATE outbox_delivery SET next_at = now() WHERE state = 1 AND sent_at < now() - interval '1 s'",
    "production": "UPDATE inbox SET next_at = now() WHERE state < 2 AND next_at < now() + interval '59 s'",
}
"""Leases and pauses end quickly: a lease of the publisher after a second, a try of the subscriber as well."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    data = tmp_path_factory.mktemp("ground")
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
def test_a_fault_at(ground: Ground, stream: Stream, place: str, action: str) -> None:
    until(lambda: answers(ground), seconds=60, meanwhile=partial(tend, ground))
    ground.arm(place, action)
    if place in CAREFUL:
        ground.arm("receive.storing", "raise")
    po_number = f"PO-{uuid.uuid4()}"
    until(lambda: stream.place(po_number), seconds=60, meanwhile=partial(tend, ground))
    until_reached_and_quiet(ground, place)
    assert not stream.ledger.asked["order", po_number]["failed"]
    (id,) = ground.column("orders", "SELECT id FROM buyer_order WHERE po_number = %s", po_number)
    assert stream.place(po_number) == str(id), "asked again it is the order that was committed"
    until(lambda: allocated(ground, id), seconds=120, meanwhile=partial(tend, ground))
    found = summary(ground.addresses.app_urls)
    assert (found.good, found.on_their_way) == (True, ()), found.as_json()


def allocated(ground: Ground, order_id: object) -> bool:
    """Whether all of it is planned: what waits is planned by a job, with nothing under way meanwhile."""
    query = "SELECT allocated = ordered FROM order_line WHERE order_id = %s"
    return ground.column("orders", query, order_id) == [True]


def until_reached_and_quiet(ground: Ground, place: str) -> None:
    """Until the fault has struck and nothing is under way any more, with the supervisor at work."""
    gauge = Gauge(ground)
    try:
        until(
            lambda: not (ground.failpoints / place).exists() and gauge.under_way() == 0,
            seconds=60,
            meanwhile=partial(tend, ground),
        )
    finally:
        gauge.close()
        ground.disarm()


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
    for service in ("orders", "production", "logistics"):
        for statement in PATIENCE.values():
            ground.execute(service, statement)
