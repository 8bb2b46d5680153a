"""A subscriber is away while a hundred thousand events wait: the broker stays small, and all arrive when it is back."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kendi.faults.ground import Ground
from shared.messaging.relay import BATCH, LONGEST_QUEUE, WINDOW
from tests.awaiting import until

pytestmark = pytest.mark.flow

SUBJECTS, EACH = 1000, 100

RECORD = f"""
    WITH subjects AS (SELECT 'order/' || gen_random_uuid() AS subject FROM generate_series(1, {SUBJECTS})),
    counted AS (INSERT INTO subject_counter SELECT subject, {EACH} FROM subjects),
    events AS (
        INSERT INTO outbox_event
            (event_id, subject_kind, subject, sequence, type, occurred_at, actor_role, data)
        SELECT uuidv7(), 'order', subject, n, 'kendi.orders.order_closed.v1', now(), 'system',
            jsonb_build_object('order_id', substr(subject, 7))
        FROM generate_series(1, {EACH}) n, subjects ORDER BY n
        RETURNING id)
    INSERT INTO outbox_delivery (subscriber, event_pk) SELECT 'production', id FROM events"""

UNDER_WAY = "SELECT count(*) FROM outbox_delivery WHERE state = 1"
ARRIVED = "SELECT count(*) FROM outbox_delivery WHERE state = 2 AND subscriber = 'production'"
BEHIND = f"SELECT count(*) FROM position WHERE subject LIKE 'order/%%' AND last_sequence < {EACH}"


@pytest.fixture(scope="module")
def ground(prepared: Callable[[str], Path]) -> Iterator[Ground]:
    data, kinds = prepared("ground"), ("web", "worker", "relay")
    with Ground(data, free_ports=True, fsync=False, kinds=kinds, say=lambda _: None) as running:
        until(
            lambda: running.one("orders", "SELECT count(*) FROM outbox_delivery WHERE state < 2") == 0,
            seconds=60,
        )
        yield running


def test_a_hundred_thousand_events_wait_and_arrive(ground: Ground) -> None:
    before = ground.one("orders", ARRIVED)
    away = [*ground.alive("worker", "production"), *ground.alive("relay", "production")]
    for child in away:
        ground.send(child, signal.SIGSTOP)
    with ground.connect("orders") as connection:
        connection.execute("SET statement_timeout = '60 s'")
        connection.execute(RECORD.encode())
    until(lambda: ground.one("orders", UNDER_WAY) >= WINDOW - BATCH, seconds=60)
    ground.execute("orders", "NOTIFY kendi_outbox")
    assert ground.one("orders", UNDER_WAY) <= WINDOW
    with ground.broker() as broker:
        assert broker.llen("production.receive") <= LONGEST_QUEUE
    for child in away:
        ground.send(child, signal.SIGCONT)
    until(lambda: ground.one("orders", ARRIVED) == before + SUBJECTS * EACH, seconds=240)
    until(lambda: ground.one("production", BEHIND) == 0, seconds=60)
    assert ground.one("production", "SELECT count(*) FROM inbox WHERE state < 2") == 0
