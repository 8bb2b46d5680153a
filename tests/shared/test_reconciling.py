"""What a subscriber lost comes again by comparing, over a real broker; where all is equal nothing is sent."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.orm import Session

from kendi.doctor import summary
from kendi.servers import Addresses
from shared.card import all_cards
from shared.clock import real_now
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging import reconciling
from shared.messaging.digest import made_at
from shared.messaging.outbox import record
from shared.messaging.reconciling import MARGIN, peers_in_turn
from shared.messaging.wire import Batch, celery_app
from shared.messaging.worker import add_tasks
from tests.carrying import Services
from tests.shared.test_relay import relay_of, settings_of, wire_of

RESTORED = (
    "DELETE FROM inbox WHERE subject LIKE 'order/%'",
    "DELETE FROM position WHERE subject LIKE 'order/%'",
    "DELETE FROM clearance",
    "DELETE FROM order_line",
    "DELETE FROM buyer_order",
)
"""Logistics as it was before it heard of any order."""

FORGET_LAST = (
    "DELETE FROM outbox_delivery WHERE event_pk = (SELECT max(id) FROM outbox_event)",
    "DELETE FROM outbox_event WHERE id = (SELECT max(id) FROM outbox_event)",
)


def questions(session: Session, publisher: str, now: datetime) -> list[Batch]:
    """What the relay asks all whose turn it is."""
    asked = (reconciling.question(session, publisher, peer, now) for peer in peers_in_turn(session))
    return [each for each in asked if each]


class System:
    """The services, and the broker between those that compare."""

    def __init__(self, services: Services, broker: "redis.Redis") -> None:
        self.services, self.broker = services, broker
        self.passed: list[dict[str, Any]] = []
        settings = [settings_of(service, services.addresses) for service in services.databases]
        self.wires = {each.service: wire_of(each) for each in settings}
        self.apps = {each.service: celery_app(each, all_cards()) for each in settings}
        for each in settings:
            database = services.databases[each.service]
            add_tasks(self.apps[each.service], each, database, self.wires[each.service], {}, ())

    def compare(self, publisher: str, *, later: timedelta = timedelta(0)) -> None:
        """Ask as the relay does once all events are old enough, and work until all was said and carried."""
        self.execute(publisher, "UPDATE reconciled SET next_at = now()")
        self.ask(publisher, later=later)
        self.services.carry()

    def ask(self, publisher: str, *, later: timedelta = timedelta(0)) -> list[Batch]:
        """Ask whose turn it is, and work until all was said; what was asked."""
        with self.services.databases[publisher].transaction() as session:
            asked = questions(session, publisher, real_now() + MARGIN + timedelta(seconds=1) + later)
        for question in asked:
            self.wires[publisher].send_batch(question)
        self.work()
        return asked

    def work(self) -> None:
        while any(self._work(service, task) for service in self.apps for task in ("receive", "receipt")):
            pass

    def _work(self, service: str, task: str) -> bool:
        message = cast(bytes | None, self.broker.rpop(f"{service}.{task}"))
        if message is None:
            return False
        args = json.loads(base64.b64decode(json.loads(message)["body"]))[0]
        self.passed.append(json.loads(args[3]))
        self.apps[service].tasks[f"kendi.{task}"](*args)
        return True

    def execute(self, service: str, *statements: str) -> None:
        with self.services.databases[service].transaction() as session:
            for statement in statements:
                session.execute(text(statement))

    def row(self, service: str, query: str) -> Any:
        with self.services.databases[service].transaction() as session:
            return session.execute(text(query)).one()

    def agreed(self, publisher: str, subscriber: str) -> tuple[Any, Any]:
        """Until when the publisher and the subscriber say that they agree."""
        sides = ((publisher, subscriber, "subscriber"), (subscriber, publisher, "publisher"))
        return tuple(
            self.row(
                at, f"SELECT max(agreed_until) FROM reconciled WHERE peer = '{peer}' AND peer_is = '{is_}'"
            )[0]
            for at, peer, is_ in sides
        )

    def found(self, publisher: str, subscriber: str) -> tuple[int, int]:
        row = self.row(
            publisher,
            f"SELECT sent_again, unknown FROM reconciled WHERE peer = '{subscriber}' AND peer_is = 'subscriber'",
        )
        return row.sent_again, row.unknown

    def is_whole(self) -> bool:
        looked_at = summary(self.services.addresses.app_urls)
        return looked_at.good and not looked_at.on_their_way


@pytest.fixture
def system(addresses: Addresses, database_of: Callable[[str], Database]) -> Iterator[System]:
    services = Services.empty(addresses, database_of)
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        broker.flushall()
        made = System(services, broker)
        services.place()
        services.carry()
        with services.databases["orders"].transaction() as session:
            questions(session, "orders", real_now())  # makes the rows, due in five minutes
        yield made


def test_where_both_have_the_same_only_digests_travel_and_both_agree(system: System) -> None:
    system.compare("orders")
    asked, answered = (
        [message for message in system.passed if kind in message] for kind in ("question", "answer")
    )
    assert len(system.passed) == len(asked) + len(answered) == 4  # to production and to logistics, and back
    assert all(message["events"] == [] for message in asked)
    assert all(message["answer"]["differing"] == [] for message in answered)
    here, there = system.agreed("orders", "logistics")
    assert here == there > real_now()
    assert system.found("orders", "logistics") == (0, 0)


def test_a_long_history_is_compared_a_part_at_a_time(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciling, "AT_ONCE", timedelta(hours=1))
    began = real_now() - timedelta(hours=3, minutes=30)
    for service, peer in (("orders", "logistics"), ("logistics", "orders")):
        with system.services.databases[service].transaction() as session:
            reconciling._agree(session, peer, "subscriber" if service == "orders" else "publisher", began)
    system.execute("orders", "UPDATE reconciled SET next_at = now() WHERE peer = 'logistics'")
    agreed = []
    while asked := system.ask("orders"):
        agreed.append(system.agreed("orders", "logistics"))
        assert len(asked) == 1
    parts = [(here - began) / timedelta(minutes=1) for here, there in agreed if here == there]
    assert [round(part) for part in parts] == [60, 120, 180], "what is left waits for its turn"


def test_what_both_agreed_on_is_not_counted_again(system: System) -> None:
    system.compare("orders")
    system.passed.clear()
    system.compare("orders", later=timedelta(minutes=1))
    assert all(message["question"]["buckets"] == [] for message in system.passed if "question" in message)


def test_what_a_restored_subscriber_lost_comes_again_and_takes_effect(
    system: System, caplog: pytest.LogCaptureFixture
) -> None:
    """A backup brings back all tables of one moment: effects, inbox, positions, and what was agreed."""
    system.compare("orders")
    system.execute("logistics", *RESTORED, "DELETE FROM reconciled")
    assert not system.is_whole()
    system.compare("orders", later=timedelta(minutes=1))
    assert system.agreed("orders", "logistics") == (None, None)  # it said that it agreed to nothing
    system.compare("orders", later=timedelta(minutes=1))
    assert system.found("orders", "logistics") == (2, 0)
    assert system.found("orders", "production") == (0, 0)
    told = (
        "SELECT string_agg(event_id::text, ', ' ORDER BY id) FROM outbox_event WHERE subject LIKE 'order/%'"
    )
    assert f"logistics lacks 2 events, sent again: {system.row('orders', told)[0]}" in caplog.messages
    assert system.is_whole()
    system.compare("orders", later=timedelta(minutes=1))
    here, there = system.agreed("orders", "logistics")
    assert here == there is not None


def test_events_whose_rows_are_gone_come_again_without_a_second_effect(system: System) -> None:
    system.execute("production", "DELETE FROM inbox WHERE subject LIKE 'order/%'")
    work_orders = system.row("production", "SELECT count(*) FROM work_order")
    system.compare("orders")
    assert system.found("orders", "production") == (2, 0)
    assert system.row("production", "SELECT count(*) FROM work_order") == work_orders
    assert system.row("production", "SELECT min(state), max(state) FROM inbox") == (2, 2)
    assert system.is_whole()


def test_what_a_restored_publisher_forgot_is_raised_once(system: System) -> None:
    system.execute("orders", *FORGET_LAST)
    for _ in range(2):
        system.compare("orders")
        assert system.found("orders", "logistics") == (0, 1)
    parked = system.row("orders", "SELECT count(*), min(reason) AS reason FROM parked_message")
    assert parked[0] == 2  # production's and logistics'
    assert "which this database does not know" in parked.reason
    here, there = system.agreed("orders", "logistics")
    assert here == there is not None


def test_what_was_parked_as_a_conflict_is_not_sent_again_for_ever(system: System) -> None:
    """A restored publisher told another event under a number that its subscribers already have."""
    order = UUID(system.row("orders", "SELECT split_part(max(subject), '/', 2) FROM outbox_event")[0])
    system.execute(
        "orders", *FORGET_LAST, "UPDATE subject_counter SET last_sequence = 1 WHERE subject LIKE 'order/%'"
    )
    with system.services.databases["orders"].transaction() as session:
        record(session, OrderClosed(order_id=order))
    system.services.carry()
    for _ in range(2):
        system.compare("orders")
        assert system.found("orders", "logistics") == (0, 1)
        assert system.row("logistics", "SELECT count(*) FROM parked_message") == (1,)
    here, there = system.agreed("orders", "logistics")
    assert here == there is not None


def test_an_answer_from_before_a_restore_of_the_publisher_changes_nothing(system: System) -> None:
    system.execute("production", "DELETE FROM inbox WHERE subject LIKE 'order/%'")
    with system.services.databases["orders"].transaction() as session:
        session.execute(text("UPDATE reconciled SET next_at = now()"))
        asked = questions(session, "orders", real_now() + MARGIN + timedelta(seconds=1))
    incarnation = system.row("orders", "SELECT incarnation FROM messaging_state")[0]
    try:
        system.execute("orders", f"UPDATE messaging_state SET incarnation = '{UUID(int=1)}'")
        for question in asked:
            system.wires["orders"].send_batch(question)
        system.work()
    finally:
        system.execute("orders", f"UPDATE messaging_state SET incarnation = '{incarnation}'")
    assert system.found("orders", "production") == (0, 0)
    assert system.row("orders", "SELECT min(state) FROM outbox_delivery") == (2,)


def test_what_is_on_its_way_again_while_they_compare_is_no_conflict(system: System) -> None:
    """An operator has an event sent again between the question and its answer."""
    system.execute("orders", "UPDATE reconciled SET next_at = now()")
    system.execute("production", "DELETE FROM inbox WHERE subject LIKE 'item/%'")  # so that the hour differs
    with system.services.databases["orders"].transaction() as session:
        asked = questions(session, "orders", real_now() + MARGIN + timedelta(seconds=1))
    for question in asked:
        system.wires["orders"].send_batch(question)
    system.execute("orders", "UPDATE outbox_delivery SET state = 1")
    system.work()
    assert system.found("orders", "production")[1] == 0
    assert system.row("orders", "SELECT count(*) FROM parked_message") == (0,)


def test_an_answer_counts_once_however_often_it_comes(system: System) -> None:
    system.execute("production", "DELETE FROM inbox WHERE subject LIKE 'order/%'")
    system.execute("orders", "UPDATE reconciled SET next_at = now() WHERE peer = 'production'")
    with system.services.databases["orders"].transaction() as session:
        (question,) = questions(session, "orders", real_now() + MARGIN + timedelta(seconds=1))
    system.wires["orders"].send_batch(question)
    system._work("production", "receive")
    answer = cast(bytes, system.broker.lindex("orders.receipt", 0))
    system.broker.lpush("orders.receipt", answer, answer)
    system.work()
    assert system.found("orders", "production") == (2, 0)


def test_an_old_agreement_played_to_a_restored_subscriber_hides_nothing(system: System) -> None:
    """The publisher was restored before, so that it had to say what is settled; now the subscriber is."""
    system.execute("orders", *FORGET_LAST)
    system.compare("orders")
    settled = next(said["question"] for said in system.passed if "settled" in said.get("question", {}))
    system.execute("logistics", *RESTORED, "UPDATE reconciled SET agreed_until = NULL")
    system.execute("logistics", "UPDATE messaging_state SET incarnation = gen_random_uuid()")
    system.wires["orders"].send_batch(Batch("orders", "logistics", UUID(int=0), False, (), settled))
    system.work()
    assert system.agreed("orders", "logistics")[1] is None


def test_an_old_question_that_comes_again_takes_back_no_agreement_and_is_counted(system: System) -> None:
    absorbed = "SELECT coalesce(sum(times), 0) FROM absorbed WHERE peer = 'logistics' AND what = 'receipt'"
    system.compare("orders")
    before = system.row("orders", absorbed)[0]
    old = next(said["question"] for said in system.passed if "question" in said)
    agreed = []
    for later in (timedelta(minutes=1), timedelta(minutes=2)):
        system.compare("orders", later=later)
        agreed.append(system.agreed("orders", "logistics"))
        system.wires["orders"].send_batch(Batch("orders", "logistics", UUID(int=0), False, (), old))
        system.work()
        assert system.agreed("orders", "logistics") == agreed[-1]
    assert agreed[0] < agreed[1]
    assert system.row("orders", absorbed)[0] == before + 2


def test_the_relay_asks_those_whose_turn_it_is(system: System, addresses: Addresses) -> None:
    orders = system.services.databases["orders"]
    relay_of(settings_of("orders", addresses), orders).step()
    assert system.broker.llen("logistics.receive") == 0
    system.execute("orders", "UPDATE reconciled SET next_at = now() WHERE peer = 'logistics'")
    relay_of(settings_of("orders", addresses), orders).step()
    assert [system.broker.llen(f"{service}.receive") for service in ("logistics", "production")] == [1, 0]
    system.work()
    assert system.passed[0]["question"]["buckets"] == []  # every event is younger than the margin


def test_what_is_not_acknowledged_yet_is_not_compared(system: System) -> None:
    system.services.place(po_number="PO-2")
    system.execute("orders", "UPDATE reconciled SET next_at = now()")
    with system.services.databases["orders"].transaction() as session:
        asked = questions(session, "orders", real_now() + timedelta(hours=1))
        under_way = session.execute(
            text(
                "SELECT min(event_id::text)::uuid FROM outbox_event JOIN outbox_delivery ON event_pk = id WHERE state < 2"
            )
        ).scalar_one()
    assert [question.question["until"] for question in asked] == [made_at(under_way).isoformat()] * 2


def test_hours_that_do_not_fit_into_an_answer_come_with_the_next(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.reconciling.MOST_IDS", 1)
    for kind in ("item", "order"):
        system.execute(
            "logistics",
            f"""DELETE FROM inbox WHERE event_id::text =
                (SELECT min(event_id::text) FROM inbox WHERE subject LIKE '{kind}/%')""",
        )
    for mended in (1, 2):
        system.compare("orders")
        assert system.found("orders", "logistics") == (mended, 0)
    assert system.is_whole()
