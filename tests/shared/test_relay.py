"""The relay and the worker's tasks over a real database and a real broker that forgets, fills up and goes away."""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

import pytest
import redis
from celery import Celery
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kendi.servers import Addresses
from shared.card import all_cards, card_of
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging import resending
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.jobs import Job
from shared.messaging.outbox import record
from shared.messaging.parking import MOST_UNTRUSTED
from shared.messaging.receipts import acknowledge
from shared.messaging.relay import LONGEST_QUEUE, Relay
from shared.messaging.resending import Told
from shared.messaging.standing import standing
from shared.messaging.tables import inbox, messaging_state, outbox_delivery, outbox_event, parked_message
from shared.messaging.whereabouts import Filters
from shared.messaging.wire import (
    EPOCH_KEY,
    RECEIPT,
    RECEIVE,
    WAKE,
    Batch,
    Receipt,
    Untrusted,
    Wire,
    celery_app,
)
from shared.messaging.worker import add_tasks
from shared.settings import Settings, SigningKey, load
from tests.conftest import SIGNING_KEYS

QUEUE = "production.receive"


@pytest.fixture
def orders(database_of: Callable[[str], Database]) -> Database:
    return database_of("orders")


@pytest.fixture
def broker(addresses: Addresses) -> Iterator["redis.Redis"]:
    with redis.Redis.from_url(addresses.admin_broker_url) as client:
        client.flushall()
        yield client


def settings_of(service: str, addresses: Addresses, *, broker_url: str | None = None) -> Settings:
    own = f"KENDI_{service.upper()}"
    environment = {
        f"{own}_DATABASE_URL": addresses.app_urls[service],
        f"{own}_BROKER_URL": broker_url or addresses.broker_urls[service],
        "KENDI_SIGNING_KEYS": SIGNING_KEYS,
    }
    return load(service, "relay", environment)


def wire_of(settings: Settings) -> Wire:
    return Wire(celery_app(settings, all_cards()), card_of(settings.service), settings.signing_keys)


def relay_of(
    settings: Settings, database: Database, *, window: int = 5000, jobs: Sequence[Job] = ()
) -> Relay:
    return Relay(
        card_of(settings.service),
        database,
        wire_of(settings),
        {},
        broker_url=settings.broker_url,
        window=window,
        jobs=jobs,
    )


def close_orders(database: Database, *numbers: int) -> None:
    with database.transaction() as session:
        record(session, *(OrderClosed(order_id=UUID(int=number)) for number in numbers))


def deliveries(database: Database, column: str) -> set[int]:
    with database.transaction() as session:
        return set(session.execute(select(outbox_delivery.c[column])).scalars())


def test_what_is_due_is_published_once_to_each_subscriber(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders)
    close_orders(orders, 1, 2)
    assert relay.step() == 4
    assert relay.step() == 0
    assert (broker.llen(QUEUE), broker.llen("logistics.receive")) == (1, 1)


def test_a_broker_that_forgot_everything_is_told_it_all_again_at_once(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders)
    close_orders(orders, 1)
    relay.step()
    broker.flushall()
    assert relay.step() == 2
    assert broker.llen(QUEUE) == 1


@pytest.mark.parametrize("as_another_type", [True, False])
def test_an_epoch_that_is_none_of_ours_is_replaced_and_counted_in_one_row(
    orders: Database, addresses: Addresses, broker: "redis.Redis", as_another_type: bool
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders)
    close_orders(orders, 1)
    assert relay.step() == 2
    for times in (1, 2, 3):
        broker.delete(EPOCH_KEY)
        if as_another_type:
            broker.hset(EPOCH_KEY, "epoch", str(UUID(int=1)))
        else:
            broker.set(EPOCH_KEY, b"\xff\x00")
        assert relay.step() == 2, "whoever wrote there may have lost what was there before"
        with orders.transaction() as session:
            assert session.execute(select(parked_message.c.times)).scalars().all() == [times]
    assert relay.step() == 0


def test_no_more_is_sent_than_a_subscriber_may_owe_receipts_for(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders, window=3)
    close_orders(orders, *range(10))
    assert relay.step() == 2 * 3
    assert relay.step() == 0
    with orders.transaction() as session:
        session.execute(text("UPDATE outbox_delivery SET state = 2 WHERE state = 1"))
    assert relay.step() == 2 * 3


def test_what_the_broker_forgot_is_sent_again_though_the_window_is_full(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders, window=3)
    close_orders(orders, *range(5))
    relay.step()
    broker.flushall()
    assert relay.step() == 2 * 3
    assert broker.llen(QUEUE) == 1


def test_what_was_sent_well_before_something_acknowledged_since_is_sent_again_at_once(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    relay = relay_of(settings_of("orders", addresses), orders)
    close_orders(orders, 1)
    relay.step()
    close_orders(orders, 2)
    relay.step()
    with orders.transaction() as session:
        session.execute(
            text("UPDATE outbox_delivery SET sent_at = sent_at - interval '6 s' WHERE event_pk = 1")
        )
        newest = session.execute(select(outbox_event.c.event_id).where(outbox_event.c.id == 2)).scalar_one()
        incarnation = session.execute(select(messaging_state.c.incarnation)).scalar_one()
        acknowledge(session, Receipt("production", "orders", incarnation, (newest,)))
    relay_again = relay_of(settings_of("orders", addresses), orders)
    assert relay_again.step() == 0, "its first look makes due what was overtaken"
    assert relay_again.step() == 1
    assert broker.llen(QUEUE) == 3


def test_a_process_that_makes_progress_is_seen_until_it_ends(orders: Database) -> None:
    heartbeat = Heartbeat(orders, "orders relay")
    heartbeat.beat()
    with orders.transaction() as session:
        beating = session.execute(text("SELECT process, pid FROM heartbeat")).one()
    assert tuple(beating) == ("orders relay", os.getpid())
    heartbeat.end()
    with orders.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM heartbeat")).scalar_one() == 0


def test_a_subscriber_with_enough_to_read_is_left_alone(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    broker.lpush(QUEUE, *["unread"] * LONGEST_QUEUE)
    close_orders(orders, 1)
    assert relay_of(settings_of("orders", addresses), orders).step() == 1
    assert broker.llen("logistics.receive") == 1
    broker.delete(QUEUE)


def test_while_the_broker_is_away_nothing_is_counted_or_lost(orders: Database, addresses: Addresses) -> None:
    away = settings_of("orders", addresses, broker_url="redis://127.0.0.1:1/0")
    close_orders(orders, 1)
    assert relay_of(away, orders).step() == 0
    assert (deliveries(orders, "attempts"), deliveries(orders, "state")) == ({0}, {0})
    assert relay_of(settings_of("orders", addresses), orders).step() == 2


def test_a_message_that_orders_did_not_sign_is_parked_and_takes_no_effect(
    database_of: Callable[[str], Database], addresses: Addresses
) -> None:
    production = database_of("production")
    settings = settings_of("production", addresses)
    app = celery_app(settings, all_cards())
    add_tasks(app, settings, production, wire_of(settings), {}, ())
    for sender, key, signature, payload in (
        ("orders", "k1", "00" * 32, '{"events": []}'),
        ("orders", "unknown", "", "{}"),
        ("nobody", "k1", "", "not json"),
    ):
        app.tasks["kendi.receive"](sender, key, signature, payload)
    with production.transaction() as session:
        assert len(session.execute(select(parked_message)).all()) == 3
        assert session.execute(select(inbox)).all() == []


@pytest.mark.parametrize("task", ["receive", "receipt"])
@pytest.mark.parametrize(
    "message",
    [
        ("orders", "k1", "é" * 64, "{}"),
        ("orders", "k1", "00" * 32, '{"a": "\0"}'),
        ("ord\0ers", "k1", "00" * 32, "{}"),
        ("orders", "k1", "00" * 32, "\ud800"),
        ("\ud800", "k1", "00" * 32, "{}"),
        ("orders", "k1", "00" * 32, 42),
        ("orders", ["k1"], None, "{}"),
        ("o" * 5_000_000, "k" * 5_000_000, "00" * 32, "x" * 5_000_000),
        (),
        ("orders",),
        ("orders", "k1", "00" * 32, "{}", "more"),
    ],
    ids=range(11),
)
def test_whatever_comes_is_parked_in_a_form_that_can_be_shown(
    database_of: Callable[[str], Database], addresses: Addresses, message: tuple[Any, ...], task: str
) -> None:
    production = database_of("production")
    app = _worker(production, addresses)
    app.tasks[f"kendi.{task}"](*message)
    with production.transaction() as session:
        row = session.execute(select(parked_message)).one()
    assert len(row.reason) + len(str(row.message)) < 110_000


def test_of_a_flood_of_different_forgeries_some_are_kept_and_every_one_is_counted(
    database_of: Callable[[str], Database], addresses: Addresses
) -> None:
    production = database_of("production")
    forge = _worker(production, addresses).tasks["kendi.receive"]
    for number in range(MOST_UNTRUSTED + 50):
        forge("orders", "k1", "00" * 32, str(number))
    forge("orders", "k1", "00" * 32, "0")
    with production.transaction() as session:
        kept = {row.message["payload"]: row.times for row in session.execute(select(parked_message))}
        now = standing(session)
    assert len(kept) == MOST_UNTRUSTED + 1
    assert (kept["0"], kept[""]) == (2, 50)
    assert now.untrusted == MOST_UNTRUSTED + 51
    assert now.warnings == [f"parked messages: 0 in conflict, {MOST_UNTRUSTED + 51} not trusted"]


def test_a_conflict_is_kept_beside_a_flood_of_forgeries(
    orders: Database, database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    """What is signed comes from a service of ours, and comparing needs to know that it came."""
    production, wire = database_of("production"), wire_of(settings_of("orders", addresses))
    worker = _worker(production, addresses)
    for number in range(MOST_UNTRUSTED + 1):
        worker.tasks["kendi.receive"]("orders", "k1", "00" * 32, str(number))
    close_orders(orders, 1)
    relay_of(settings_of("orders", addresses), orders).step()
    body = json.loads(_words(broker, QUEUE)[3])
    for id in (UUID(int=1), UUID(int=2)):
        body["events"][0]["id"] = str(id)
        wire._send("kendi.receive", to="production", body=body)
        worker.tasks["kendi.receive"](*_words(broker, QUEUE))
    with production.transaction() as session:
        assert standing(session).conflicts == 1


def test_a_signed_batch_is_no_receipt_and_a_receipt_no_batch(
    orders: Database, database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    wire = wire_of(settings_of("orders", addresses))
    production = database_of("production")
    app = _worker(production, addresses)
    wire.send_batch(Batch("orders", "production", UUID(int=1), True, ()))
    app.tasks["kendi.receipt"](*_words(broker, QUEUE))
    wire.send_receipt(Receipt("orders", "production", UUID(int=1), ()))
    app.tasks["kendi.receive"](*_words(broker, "production.receipt"))
    with production.transaction() as session:
        reasons = session.execute(select(parked_message.c.reason)).scalars().all()
    assert [reason.partition(":")[0] for reason in reasons] == [
        "it is signed, but can't be read as a receipt",
        "it is signed, but can't be read as a batch",
    ]


def test_a_service_takes_no_events_from_one_that_it_does_not_hear(
    database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    production = database_of("production")
    wire_of(settings_of("logistics", addresses)).send_batch(
        Batch("logistics", "production", UUID(int=1), True, ())
    )
    _worker(production, addresses).tasks["kendi.receive"](*_words(broker, QUEUE))
    with production.transaction() as session:
        reason = session.execute(select(parked_message.c.reason)).scalar_one()
    assert reason == "production hears nothing from logistics"


def test_an_event_that_can_not_be_read_is_parked_alone_and_gets_no_receipt(
    orders: Database, database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    production, wire = database_of("production"), wire_of(settings_of("orders", addresses))
    close_orders(orders, 1, 2, 3, 4)
    relay_of(settings_of("orders", addresses), orders).step()
    body = json.loads(_words(broker, QUEUE)[3])
    good, *bad = body["events"]
    del bad[0]["type"]
    bad[1]["sequence"], bad[2]["time"] = str(2**40), "2026-01-01T00:00:00"
    wire._send("kendi.receive", to="production", body=body)
    words = _words(broker, QUEUE)
    for _ in range(2):
        _worker(production, addresses).tasks["kendi.receive"](*words)
    with production.transaction() as session:
        assert [str(id) for id in session.execute(select(inbox.c.event_id)).scalars()] == [good["id"]]
        assert session.execute(select(parked_message.c.times)).scalars().all() == [2, 2, 2]
    assert json.loads(_words(broker, "orders.receipt")[3])["stored"] == [good["id"]]


def test_what_a_newer_version_adds_to_an_envelope_or_a_body_is_ignored(
    orders: Database, database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    production, wire = database_of("production"), wire_of(settings_of("orders", addresses))
    close_orders(orders, 1)
    relay_of(settings_of("orders", addresses), orders).step()
    body = json.loads(_words(broker, QUEUE)[3])
    (event,) = body["events"]
    event |= {"partitionkey": "p", "future": {"a": [1]}}
    event["data"]["future"] = "x"
    wire._send("kendi.receive", to="production", body=body | {"future": [1], "compressed": False})
    _worker(production, addresses).tasks["kendi.receive"](*_words(broker, QUEUE))
    with production.transaction() as session:
        assert [str(id) for id in session.execute(select(inbox.c.event_id)).scalars()] == [event["id"]]
        assert session.execute(select(parked_message)).all() == []
    receipt = json.loads(_words(broker, "orders.receipt")[3])
    assert receipt["stored"] == [event["id"]]
    wire_of(settings_of("production", addresses))._send(
        "kendi.receipt", to="orders", body=receipt | {"future": 1}
    )
    _worker(orders, addresses, "orders").tasks["kendi.receipt"](*_words(broker, "orders.receipt"))
    with orders.transaction() as session:
        done = select(outbox_delivery.c.state).where(outbox_delivery.c.subscriber == "production")
        assert session.execute(done).scalar_one() == 2


def test_what_is_resent_while_it_is_under_way_takes_effect_once(
    orders: Database, database_of: Callable[[str], Database], addresses: Addresses, broker: "redis.Redis"
) -> None:
    production, effects = database_of("production"), list[UUID]()
    reactions = {OrderClosed: lambda session, event, heard: effects.append(event.order_id)}
    worker = _worker(production, addresses, reactions=reactions)
    relay = relay_of(settings_of("orders", addresses), orders)
    close_orders(orders, 1, 2)
    told = Told("production", Filters(type="kendi.orders.order_closed.v1"))
    for _ in range(3):
        relay.step()
        with orders.transaction() as session:
            steps = list(resending.steps(session, told))
            assert sum(resending.send_again(session, told=told, step=step) for step in steps) == 2
    assert broker.llen(QUEUE) == 3
    first, *others = (_words(broker, QUEUE) for _ in range(3))
    for words in (first, *others, first):
        worker.tasks["kendi.receive"](*words)
    assert effects == [UUID(int=1), UUID(int=2)]


def test_a_worker_knows_three_tasks_and_none_of_celerys_own(
    database_of: Callable[[str], Database], addresses: Addresses
) -> None:
    assert set(_worker(database_of("production"), addresses).tasks) == {RECEIVE, RECEIPT, WAKE}


def _worker(
    database: Database,
    addresses: Addresses,
    service: str = "production",
    *,
    reactions: dict[type[Any], Any] | None = None,
) -> Celery:
    settings = settings_of(service, addresses)
    app = celery_app(settings, all_cards())
    add_tasks(app, settings, database, wire_of(settings), reactions or {}, ())
    return app


def _words(broker: "redis.Redis", queue: str) -> list[str]:
    """The arguments of the oldest message."""
    message = json.loads(cast(bytes, broker.rpop(queue)))
    words: list[str] = json.loads(base64.b64decode(message["body"]))[0]
    return words


def test_a_sweep_that_fails_keeps_nothing_from_being_sent(
    orders: Database, addresses: Addresses, broker: "redis.Redis"
) -> None:
    def broken(session: Session) -> bool:
        return bool(session.execute(text("SELECT 1 / 0")).scalar_one())

    job = Job("broken", broken, lambda *_: None)
    close_orders(orders, 1)
    assert relay_of(settings_of("orders", addresses), orders, jobs=[job]).step() == 2


def test_a_clock_that_was_put_back_makes_nothing_look_overtaken(
    orders: Database, addresses: Addresses
) -> None:
    close_orders(orders, 1)
    relay_of(settings_of("orders", addresses), orders).step()
    with orders.transaction() as session:
        session.execute(
            text("INSERT INTO receipts_from VALUES ('production', now(), now() + interval '1 day')")
        )
        event = session.execute(select(outbox_event.c.event_id)).scalar_one()
        incarnation = session.execute(select(messaging_state.c.incarnation)).scalar_one()
        acknowledge(session, Receipt("production", "orders", incarnation, (event,)))
        assert session.execute(text("SELECT reached <= clock_timestamp() FROM receipts_from")).scalar_one()


def test_a_batch_for_one_service_can_not_be_played_to_another(
    addresses: Addresses, broker: "redis.Redis"
) -> None:
    orders_wire = wire_of(settings_of("orders", addresses))
    orders_wire.send_batch(Batch("orders", "production", UUID(int=1), True, ()))
    message = json.loads(cast(bytes, broker.lpop(QUEUE)))
    sender, key, signature, payload = json.loads(base64.b64decode(message["body"]))[0]
    assert wire_of(settings_of("production", addresses)).open_batch(sender, key, signature, payload).first
    with pytest.raises(Untrusted):
        wire_of(settings_of("logistics", addresses)).open_batch(sender, key, signature, payload)


def test_keys_rotate_with_two_valid_at_once(addresses: Addresses, broker: "redis.Redis") -> None:
    """First every service knows the new key, then the first in the list signs with it, then the old one goes."""
    old, new = SIGNING_KEYS, f"k2:{'cd' * 32}"
    sender, receiver = settings_of("orders", addresses), settings_of("production", addresses)

    def keys(text: str) -> tuple[SigningKey, ...]:
        environment = {
            "KENDI_ORDERS_DATABASE_URL": sender.database_url,
            "KENDI_BROKER_URL": sender.broker_url,
            "KENDI_SIGNING_KEYS": text,
        }
        return load("orders", "relay", environment).signing_keys

    def understands(signing: str, knowing: str) -> bool:
        orders = Wire(celery_app(sender, all_cards()), card_of("orders"), keys(signing))
        orders.send_batch(Batch("orders", "production", UUID(int=1), True, ()))
        message = json.loads(cast(bytes, broker.lpop(QUEUE)))
        words = json.loads(base64.b64decode(message["body"]))[0]
        production = Wire(celery_app(receiver, all_cards()), card_of("production"), keys(knowing))
        try:
            return bool(production.open_batch(*words).first)
        except Untrusted:
            return False

    both_old_first, both_new_first = f"{old},{new}", f"{new},{old}"
    for signing in (old, both_old_first, both_new_first):
        for knowing in (both_old_first, both_new_first):
            assert understands(signing, knowing)
    assert understands(both_new_first, new)
    assert not understands(old, new)
