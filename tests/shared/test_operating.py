"""What an operator sees and does: on real rows, with what waits behind an event going on afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import OperationalError

from kendi.servers import Addresses
from shared.card import card_of
from shared.clock import real_now
from shared.database import Database
from shared.events.orders import OrderClosed, OrderLineClosed
from shared.messaging import operating, parked, resending, whereabouts
from shared.messaging.awaiting import awaited, of_order, of_subjects
from shared.messaging.inbox import PARK_AFTER, apply_due
from shared.messaging.operating import Operator
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotKnown, NotYet
from shared.messaging.receipts import acknowledge
from shared.messaging.relay import CLAIM_NEW
from shared.messaging.resending import Told
from shared.messaging.standing import standing
from shared.messaging.tables import Inbox, inbox, operator_action, parked_message, position
from shared.messaging.whereabouts import Filters
from shared.messaging.wire import Receipt
from shared.refusal import Refused
from shared.sight import SERVICE
from tests.hearing import Hearing

ORDER, OTHER = UUID(int=7), UUID(int=8)
SUBJECT = f"order/{ORDER}"
BY = Operator("Wulan", "operator")
REASON = "Told by mistake; the buyer was called."


class Production:
    """The production service, which fails on what it is told to fail on and remembers what took effect."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.failing: dict[UUID, Exception] = {}
        self.applied: list[tuple[UUID, int]] = []
        self.hearing = Hearing(database, {OrderClosed: self._on_closed})

    def _on_closed(self, _: Any, event: OrderClosed, heard: Heard) -> None:
        if event.order_id in self.failing:
            raise self.failing[event.order_id]
        self.applied.append((event.order_id, heard.sequence))

    def hears_of(self, *orders: UUID) -> None:
        self.hearing.hears(*(OrderClosed(order_id=order) for order in orders))

    def go_on(self, *, due: bool = False) -> None:
        if due:
            self.run("UPDATE inbox SET next_at = now() WHERE state < 2")
        apply_due(self.database, self.hearing.reactions)

    def park(self, order: UUID, error: Exception) -> UUID:
        """Let the next event of this order fail until it is parked; returns its id."""
        self.failing[order] = error
        self.hears_of(order)
        for _ in range(PARK_AFTER):
            self.go_on(due=True)
        del self.failing[order]
        parked = select(inbox.c.event_id).where(inbox.c.state == Inbox.PARKED)
        id: UUID = self.one(parked.where(inbox.c.subject == f"order/{order}"))
        return id

    def run(self, statement: str) -> None:
        with self.database.transaction() as session:
            session.execute(text(statement))

    def one(self, query: Any) -> Any:
        with self.database.transaction() as session:
            return session.execute(query).scalar_one()

    def state(self, event_id: UUID) -> int:
        return int(self.one(select(inbox.c.state).where(inbox.c.event_id == event_id)))

    def recorded(self) -> list[tuple[str, str, str, str | None]]:
        """What operators did: actor, action, to what, why."""
        table = operator_action.c
        query = select(table.actor, table.action, table.what, table.reason).order_by(table.id)
        with self.database.transaction() as session:
            return [(*row,) for row in session.execute(query)]


@pytest.fixture
def production(database_of: Callable[[str], Database]) -> Production:
    return Production(database_of("production"))


@pytest.fixture
def orders(database_of: Callable[[str], Database]) -> Database:
    return database_of("orders")


# Retry


def test_a_parked_event_that_is_retried_takes_effect_and_what_waited_behind_it_too(
    production: Production,
) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER, OTHER)
    assert production.applied == [(OTHER, 1)]
    with production.database.transaction() as session:
        operating.retry(session, by=BY, events=[parked])
    production.go_on()
    assert production.applied == [(OTHER, 1), (ORDER, 1), (ORDER, 2)]
    assert production.recorded() == [("Wulan", "retry", str(parked), None)]


def test_what_waits_long_for_its_next_try_is_tried_at_once_when_it_is_named(production: Production) -> None:
    production.failing[ORDER] = ValueError("for a while")
    production.hears_of(ORDER)
    production.run("UPDATE inbox SET next_at = now() + interval '1 hour'")
    production.failing.clear()
    waiting = production.one(select(inbox.c.event_id))
    with production.database.transaction() as session:
        operating.retry(session, by=BY, events=[waiting])
    production.go_on()
    assert production.applied == [(ORDER, 1)]


def test_all_are_retried_or_none_and_what_does_not_wait_is_named(production: Production) -> None:
    production.hears_of(OTHER)
    done, unknown = production.one(select(inbox.c.event_id)), uuid4()
    parked = production.park(ORDER, ValueError("poison"))
    with (
        pytest.raises(Refused, match=f"neither waits nor is parked: {done}, {unknown}"),
        production.database.transaction() as session,
    ):
        operating.retry(session, by=BY, events=[parked, done, unknown])
    assert production.state(parked) == Inbox.PARKED
    assert production.recorded() == []


# What was parked


def fits(production: Production, **filters: Any) -> list[UUID]:
    with production.database.transaction() as session:
        return [event.event_id for event in parked.events(session, Filters(**filters))]


def test_parked_events_are_found_by_order_type_fingerprint_and_age(production: Production) -> None:
    alike = [production.park(ORDER, ValueError("one")), production.park(OTHER, ValueError("two"))]
    another = production.park(UUID(int=9), KeyError("three"))
    (fingerprint,) = {
        production.one(select(inbox.c.error_fingerprint).where(inbox.c.event_id == event)) for event in alike
    }
    production.run(f"UPDATE inbox SET received_at = now() - interval '2 h' WHERE event_id = '{another}'")
    assert fits(production) == [*alike, another]
    assert fits(production, order=OTHER) == [alike[1]]
    assert fits(production, fingerprint=fingerprint) == alike
    assert fits(production, older_than=timedelta(hours=1)) == [another]
    assert fits(production, type="kendi.orders.order_closed.v1", order=ORDER) == [alike[0]]
    assert fits(production, type="kendi.orders.order_placed.v1") == []


def test_only_the_next_event_of_a_subject_is_found_parked(production: Production) -> None:
    first = production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER)
    production.run("UPDATE inbox SET state = 3")
    assert fits(production, order=ORDER) == [first]


# Discard


def test_a_discarded_event_lets_its_subject_go_on_and_is_recorded_with_its_reason(
    production: Production,
) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER)
    with production.database.transaction() as session:
        operating.discard(session, events=[parked], reason=REASON, by=BY)
    production.go_on()
    assert production.applied == [(ORDER, 2)]
    assert production.state(parked) == Inbox.DISCARDED
    assert production.recorded() == [("Wulan", "discard", str(parked), REASON)]


def test_a_discarded_event_that_comes_again_stays_without_effect(production: Production) -> None:
    batch = production.hearing.batch("orders", OrderClosed(order_id=ORDER))
    production.failing[ORDER] = ValueError("poison")
    production.hearing.comes(batch)
    with production.database.transaction() as session:
        operating.discard(session, events=[batch.events[0].id], reason=REASON, by=BY)
    production.failing.clear()
    production.hearing.comes(batch, times=2)
    assert production.applied == []
    assert production.one(text("SELECT count(*) FROM parked_message")) == 0


def test_what_waited_for_the_subject_of_a_discarded_event_is_woken(production: Production) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.failing[OTHER] = NotYet("orders", SUBJECT)
    production.hears_of(OTHER)
    production.run("UPDATE inbox SET next_at = now() + interval '1 hour' WHERE state = 0")
    production.failing.clear()
    with production.database.transaction() as session:
        operating.discard(session, events=[parked], reason=REASON, by=BY)
    production.go_on()
    assert production.applied == [(OTHER, 1)]


def test_only_the_next_event_of_a_subject_can_be_discarded(production: Production) -> None:
    production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER)
    second = production.one(select(inbox.c.event_id).where(inbox.c.sequence == 2))
    with (
        pytest.raises(Refused, match=f"number 2 of {SUBJECT}, and number 1 comes first"),
        production.database.transaction() as session,
    ):
        operating.discard(session, events=[second], reason=REASON, by=BY)
    assert production.one(select(position.c.last_sequence)) == 0
    assert production.recorded() == []


def test_events_of_several_subjects_are_discarded_each_in_its_turn(production: Production) -> None:
    parked = [production.park(order, ValueError("poison")) for order in (ORDER, OTHER)]
    production.hears_of(ORDER, ORDER, OTHER)
    second = production.one(select(inbox.c.event_id).where(inbox.c.subject == SUBJECT, inbox.c.sequence == 2))
    with production.database.transaction() as session:
        operating.discard(session, events=[second, *parked], reason=REASON, by=BY)
    production.go_on()
    assert production.applied == [(ORDER, 3), (OTHER, 2)]
    assert {what for _, _, what, _ in production.recorded()} == {str(id) for id in (second, *parked)}


def test_all_are_discarded_or_none(production: Production) -> None:
    first = production.park(ORDER, ValueError("poison"))
    production.park(OTHER, ValueError("poison"))
    production.hears_of(OTHER)
    behind = production.one(
        select(inbox.c.event_id).where(inbox.c.subject == f"order/{OTHER}", inbox.c.sequence == 2)
    )
    with (
        pytest.raises(Refused, match="number 1 comes first"),
        production.database.transaction() as session,
    ):
        operating.discard(session, events=[first, behind], reason=REASON, by=BY)
    assert production.state(first) == Inbox.PARKED
    assert production.one(select(func.max(position.c.last_sequence))) == 0
    assert production.recorded() == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (Inbox.DONE, "neither waits nor is parked"),
        (Inbox.RUNNING, "being applied"),
        (Inbox.DISCARDED, "neither"),
    ],
)
def test_what_is_running_or_over_is_not_discarded(production: Production, state: Inbox, said: str) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.run(f"UPDATE inbox SET state = {int(state)}")
    with pytest.raises(Refused, match=said), production.database.transaction() as session:
        operating.discard(session, events=[parked], reason=REASON, by=BY)


@pytest.mark.parametrize("reason", ["", "too short", "   short    ", "so " * 668, "hidden\u202e from sight"])
def test_a_discard_asks_for_a_reason_that_a_person_reads(production: Production, reason: str) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    with (
        pytest.raises(Refused, match=r"10 characters or more, 2000 at most|can be read") as refusal,
        production.database.transaction() as session,
    ):
        operating.discard(session, events=[parked], reason=reason, by=BY)
    assert refusal.value.field == "reason"
    assert production.state(parked) == Inbox.PARKED


def test_the_longest_reason_is_kept_whole(production: Production) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    with production.database.transaction() as session:
        operating.discard(session, events=[parked], reason="a" * 2000, by=BY)
    assert production.recorded() == [("Wulan", "discard", str(parked), "a" * 2000)]


def test_an_event_that_never_came_is_refused_by_its_id(production: Production) -> None:
    with (
        pytest.raises(Refused, match=f"not received the event {ORDER}"),
        production.database.transaction() as session,
    ):
        operating.discard(session, events=[ORDER], reason=REASON, by=BY)


# Resend


def claimed(orders: Database) -> list[Any]:
    with orders.transaction() as session:
        rows = session.execute(CLAIM_NEW, {"subscriber": "production", "most": 10})
        return sorted(rows, key=lambda row: row.id)


def confirmed(orders: Database, *numbers: int) -> list[UUID]:
    """Events that were sent to production and confirmed by it."""
    with orders.transaction() as session:
        ids = [row.event_id for row in record(session, *(OrderClosed(order_id=UUID(int=n)) for n in numbers))]
    claimed(orders)
    with orders.transaction() as session:
        incarnation = session.execute(text("SELECT incarnation FROM messaging_state")).scalar_one()
        acknowledge(session, Receipt("production", "orders", incarnation, tuple(ids)))
    return ids


def resend(orders: Database, told: Told) -> int:
    """Carried out whole; returns how many were sent."""
    with orders.transaction() as session:
        steps = list(resending.steps(session, told))
        resending.begin(session, told=told, by=BY)
        return sum(resending.send_again(session, told=told, step=step) for step in steps)


def test_what_is_resent_is_due_again_and_nothing_else_is(orders: Database) -> None:
    ids = confirmed(orders, 1, 2)
    assert resend(orders, Told("production", events=ids[:1])) == 1
    (again,) = claimed(orders)
    assert again.event_id == ids[0]


def test_everything_since_a_moment_is_resent_to_one_subscriber_only(orders: Database) -> None:
    confirmed(orders, 1)
    with orders.transaction() as session:
        session.execute(text("UPDATE outbox_event SET recorded_at = now() - interval '1 day'"))
    recent = confirmed(orders, 2, 3)
    sent = resend(orders, Told("production", Filters(since=real_now() - timedelta(hours=1))))
    with orders.transaction() as session:
        action = session.execute(select(operator_action.c.action, operator_action.c.what)).one()
    assert sent == 2
    assert [row.event_id for row in claimed(orders)] == recent
    assert action.action == "resend to production"
    assert action.what.startswith("since=20")


@pytest.mark.parametrize("since", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_any_moment_may_be_named(orders: Database, since: datetime) -> None:
    confirmed(orders, 1)
    assert resend(orders, Told("production", Filters(since=since))) == (since.year == 1)


def test_what_is_resent_is_found_by_order_type_and_age(orders: Database) -> None:
    confirmed(orders, 1, 2)
    with orders.transaction() as session:
        session.execute(
            text("UPDATE outbox_event SET recorded_at = now() - interval '1 day' WHERE subject LIKE '%2'")
        )
    closed = "kendi.orders.order_closed.v1"
    assert resend(orders, Told("production", Filters(order=UUID(int=1)))) == 1
    assert resend(orders, Told("production", Filters(type=closed, older_than=timedelta(hours=1)))) == 1
    assert resend(orders, Told("production", Filters(type="kendi.orders.order_placed.v1"))) == 0


def test_a_long_resend_goes_in_steps_that_hold_each_event_once(
    orders: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resending, "STEP", 2)
    ids = confirmed(orders, 1, 2, 3, 4, 5)
    told = Told("production", Filters(since=real_now() - timedelta(hours=1)))
    with orders.transaction() as session:
        assert [step.count for step in resending.steps(session, told)] == [2, 2, 1]
    assert resend(orders, told) == 5
    assert [row.event_id for row in claimed(orders)] == ids


def test_what_a_subscriber_was_never_told_of_is_named(orders: Database) -> None:
    known, unknown = *confirmed(orders, 1), uuid4()
    with pytest.raises(Refused, match=f"production was never told of {unknown}"):
        resend(orders, Told("production", events=[known, unknown]))
    assert claimed(orders) == []


def test_a_subscriber_that_does_not_hear_the_service_is_refused_with_those_that_do(orders: Database) -> None:
    with pytest.raises(Refused, match="logistics and production do"):
        resend(orders, Told("nobody", Filters(since=real_now())))


# Messages


def test_a_parked_message_is_dismissed_with_a_reason_and_kept(production: Production) -> None:
    with production.database.transaction() as session:
        id = session.execute(
            insert(parked_message).values(reason="why", message={}).returning(parked_message.c.id)
        ).scalar_one()
        assert [row["id"] for row in parked.messages(session)] == [id]
        operating.dismiss(session, message_id=id, reason=REASON, by=BY)
        assert parked.messages(session) == []
    assert production.recorded() == [("Wulan", "dismiss", f"message {id}", REASON)]
    assert production.one(text("SELECT count(*) FROM parked_message")) == 1
    with (
        pytest.raises(Refused, match=f"no parked message {id}"),
        production.database.transaction() as session,
    ):
        operating.dismiss(session, message_id=id, reason=REASON, by=BY)


@pytest.mark.parametrize("id", [-1, 0, 2**63 - 1, 2**63, 10**40])
def test_a_number_that_no_message_has_is_refused(production: Production, id: int) -> None:
    with (
        pytest.raises(Refused, match=f"no parked message {id}"),
        production.database.transaction() as session,
    ):
        operating.dismiss(session, message_id=id, reason=REASON, by=BY)


def test_messages_in_conflict_are_found_by_what_they_say_and_others_by_their_age(
    production: Production,
) -> None:
    conflict = {
        "type": "kendi.orders.order_closed.v1",
        "subject": SUBJECT,
        "data": {"order_id": str(ORDER)},
    }
    with production.database.transaction() as session:
        for message in ({"payload": ""}, conflict):
            session.execute(insert(parked_message).values(reason="why", message=message))

        def found(**filters: Any) -> list[int]:
            return [row["id"] for row in parked.messages(session, Filters(**filters))]

        assert found() == [2, 1]
        assert found(order=ORDER) == found(type="kendi.orders.order_closed.v1") == [2]
        assert found(order=OTHER) == found(fingerprint="abc") == found(older_than=timedelta(hours=1)) == []
        assert [row["id"] for row in parked.messages(session, before=2)] == [1]


# Standing


def test_a_quiet_service_has_nothing_to_warn_of(production: Production) -> None:
    production.hears_of(ORDER)
    with production.database.transaction() as session:
        now = standing(session)
    assert (now.waiting, now.parked, now.unacknowledged, now.oldest_seconds, now.warnings) == (
        0,
        0,
        0,
        0.0,
        [],
    )
    assert [each.subscriber for each in now.outbox] == ["logistics", "orders"]


def test_what_waits_and_what_was_parked_is_counted_and_warned_of(production: Production) -> None:
    production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER)
    production.failing[OTHER] = NotYet("orders", "item/X")
    production.hears_of(OTHER)
    with production.database.transaction() as session:
        session.execute(
            insert(parked_message).values(reason="forged", message={"sender": "?", "payload": ""})
        )
        session.execute(insert(parked_message).values(reason="conflict", message={"specversion": "1.0"}))
        now = standing(session)
    assert (now.waiting, now.not_yet, now.parked, now.conflicts, now.untrusted) == (2, 1, 1, 1, 1)
    assert now.oldest_waiting_seconds is not None
    assert now.warnings == ["parked events: 1", "parked messages: 1 in conflict, 1 not trusted"]


def test_an_old_outbox_is_warned_of_with_who_owes_the_receipt(orders: Database) -> None:
    confirmed(orders, 1)
    with orders.transaction() as session:
        session.execute(text("UPDATE outbox_event SET recorded_at = now() - interval '10 min'"))
        now = standing(session)
    logistics, production = now.outbox
    assert (logistics.pending, logistics.unacknowledged, production.unacknowledged) == (1, 1, 0)
    assert 600 <= now.oldest_seconds < 660
    assert now.warnings == ["logistics has not confirmed 1 events, the oldest for 600 s"]


def test_what_waits_for_more_than_an_hour_is_warned_of_with_what_it_waits_for(production: Production) -> None:
    production.failing = {ORDER: NotYet("orders", "item/X"), OTHER: NotKnown("kendi.orders.x.v9")}
    production.hears_of(ORDER, OTHER)
    with production.database.transaction() as session:
        session.execute(text("UPDATE inbox SET received_at = now() - interval '1 hour'"))
        assert standing(session).warnings == []
        session.execute(text("UPDATE inbox SET received_at = received_at - interval '1 microsecond'"))
        now = standing(session)
    assert (now.waiting, now.long_waiting) == (2, 2)
    assert now.warnings == [
        "events that wait for orders to tell of item/X: 1, the oldest for 60 min",
        "events that wait for a version that knows kendi.orders.x.v9: 1, the oldest for 60 min",
    ]


def test_what_the_database_keeps_from_being_applied_is_said_to_fail_and_is_warned_of_after_an_hour(
    production: Production,
) -> None:
    """Its attempts are not counted: it is never parked, and nothing else would tell of it."""
    production.failing[ORDER] = OperationalError("INSERT", {}, Exception("lock not available"))
    production.hears_of(ORDER)
    production.go_on(due=True)
    assert waits(production) == [("failing", "production", 1, 0)]
    with production.database.transaction() as session:
        assert standing(session).warnings == []
    production.run("UPDATE inbox SET received_at = now() - interval '2 hours'")
    with production.database.transaction() as session:
        now = standing(session)
    assert now.long_waiting == 1
    assert now.warnings == ["events that fail and are tried again: 1, the oldest for 120 min"]


def test_an_event_that_missed_something_and_fails_then_misses_nothing_any_more(
    production: Production,
) -> None:
    production.failing[ORDER] = NotYet("orders", "item/X")
    production.hears_of(ORDER)
    production.failing[ORDER] = ValueError("poison")
    production.go_on(due=True)
    assert waits(production) == [("failing", "production", 1, 0)]


@pytest.mark.parametrize("agreed_until", ["NULL", "now() - interval '3 hours'"])
def test_a_subscriber_with_which_no_comparison_ended_for_an_hour_is_warned_of(
    orders: Database, agreed_until: str
) -> None:
    with orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
        session.execute(text("UPDATE outbox_delivery SET state = 2"))
        session.execute(text("UPDATE outbox_event SET recorded_at = now() - interval '3 hours'"))
        session.execute(
            text(
                f"INSERT INTO reconciled (peer, peer_is, agreed_until) VALUES ('production', 'subscriber', {agreed_until})"
            )
        )
        assert standing(session).warnings == ["production has not agreed about what it was told for 180 min"]
        session.execute(text("UPDATE reconciled SET agreed_until = now()"))
        assert standing(session).warnings == []


def test_the_longest_of_many_waits_are_named_and_the_others_counted(production: Production) -> None:
    orders = [UUID(int=number) for number in range(1, 9)]
    production.failing = {order: NotYet("orders", f"item/{order.int}") for order in orders}
    production.hears_of(*orders)
    production.run("UPDATE inbox SET received_at = now() - interval '2 hours'")
    with production.database.transaction() as session:
        warnings = standing(session).warnings
    assert len(warnings) == 6
    assert warnings[-1] == "other events that wait for more than an hour: 3"


def test_what_took_effect_after_a_long_wait_is_no_longer_warned_of(production: Production) -> None:
    production.failing[ORDER] = NotYet("orders", "item/X")
    production.hears_of(ORDER)
    production.run("UPDATE inbox SET received_at = now() - interval '2 hours'")
    production.failing.clear()
    production.go_on(due=True)
    with production.database.transaction() as session:
        assert standing(session).warnings == []


def test_workers_and_relays_count_as_alive_by_their_progress_and_web_processes_are_not_listed(
    production: Production,
) -> None:
    production.run("""
        INSERT INTO heartbeat VALUES ('production worker', 'a', 1, now(), now()),
            ('production relay', 'a', 2, now(), now() - interval '1 min')""")
    with production.database.transaction() as session:
        now = standing(session)
    assert now.alive == {"worker": 1, "relay": 0}
    assert now.warnings == ["no relay makes progress"]


def test_what_ended_its_process_each_time_is_parked_with_a_fingerprint_of_its_own(
    production: Production,
) -> None:
    production.failing[ORDER] = ValueError("not now")
    production.hears_of(ORDER, OTHER)
    production.run("""
        UPDATE inbox SET state = 1, attempts = 8, last_error = NULL, error_fingerprint = NULL, next_at = now()
        WHERE sequence = 1""")
    production.run("UPDATE position SET last_sequence = 0")
    production.failing.clear()
    production.go_on()
    query = select(inbox.c.error_fingerprint).where(inbox.c.state == Inbox.PARKED).distinct()
    fingerprint = production.one(query)
    assert fingerprint
    assert len(fits(production, fingerprint=fingerprint)) == 2


def test_the_last_receipt_of_a_subscriber_is_known(orders: Database) -> None:
    before = real_now()
    confirmed(orders, 1)
    with orders.transaction() as session:
        receipts = {each.subscriber: each.last_receipt_at for each in standing(session).outbox}
    assert receipts["production"] is not None
    assert abs(receipts["production"] - before) < timedelta(seconds=30)


# Where events stand


def listed(database: Database, service: str, **filters: Any) -> list[tuple[str, int, str]]:
    """Subscriber, number and state of what fits, oldest first."""
    with database.transaction() as session:
        found = whereabouts.entries(session, card_of(service), Filters(**filters))
    return [
        (entry.subscriber, entry.sequence, entry.state) for entry in sorted(found, key=lambda e: e.event_id)
    ]


def test_the_events_of_an_order_are_listed_with_where_they_stand(production: Production) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER, OTHER)
    assert listed(production.database, "production", order=ORDER) == [
        ("production", 1, "parked"),
        ("production", 2, "waiting"),
    ]
    with production.database.transaction() as session:
        (entry,) = whereabouts.entries(session, card_of("production"), Filters(state="parked"))
    assert (entry.event_id, entry.attempts, entry.publisher) == (parked, PARK_AFTER, "orders")
    assert "poison" in entry.error
    assert listed(production.database, "production", fingerprint=entry.fingerprint) == [
        ("production", 1, "parked")
    ]
    assert listed(production.database, "production", fingerprint="none") == []


def test_events_are_found_by_type_age_and_state(orders: Database) -> None:
    with orders.transaction() as session:
        record(session, OrderLineClosed(order_id=ORDER, line=1, delivered=5), OrderClosed(order_id=ORDER))
        session.execute(
            text("UPDATE outbox_event SET recorded_at = now() - interval '2 h' WHERE sequence = 1")
        )
    claimed(orders)
    closed = "kendi.orders.order_closed.v1"
    assert listed(orders, "orders", type=closed, state="sent") == [("production", 2, "sent")]
    assert listed(orders, "orders", older_than=timedelta(hours=1), state="due") == [("logistics", 1, "due")]
    assert listed(orders, "orders", order=OTHER) == []


def _explained(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
    return f"EXPLAIN {statement}", parameters


def test_the_events_of_an_order_are_found_by_indexes_however_they_name_it(
    production: Production, addresses: Addresses
) -> None:
    production.run(f"""
        INSERT INTO inbox (source, event_id, subject, sequence, type, occurred_at, actor_role, data, state)
        SELECT 'orders', gen_random_uuid(), 'order/' || n, 1, 'x', now(), 'system', '{{}}', 2
        FROM generate_series(1, 20000) n;
        INSERT INTO inbox (source, event_id, subject, sequence, type, occurred_at, actor_role, data, state) VALUES
        ('orders', gen_random_uuid(), '{SUBJECT}', 1, 'x', now(), 'system', '{{}}', 2),
        ('logistics', gen_random_uuid(), 'carton/1', 1, 'x', now(), 'system', '{{"order_id": "{ORDER}"}}', 2),
        ('logistics', gen_random_uuid(), 'shipment/1', 1, 'x', now(), 'system',
         '{{"lines": [{{"order_id": "{OTHER}"}}, {{"order_id": "{ORDER}"}}]}}', 2)""")
    owner = Database(addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("ANALYZE inbox"))
        found = select(inbox.c.subject).where(whereabouts.is_about(inbox, ORDER))
        assert sorted(session.execute(found).scalars()) == ["carton/1", SUBJECT, "shipment/1"]
        event.listen(owner.engine, "before_cursor_execute", _explained, retval=True)
        plan = "\n".join(session.execute(found).scalars())
    owner.close()
    assert "Seq Scan" not in plan
    assert "inbox_order_idx" in plan
    assert "inbox_orders_idx" in plan


def test_pages_of_events_follow_each_other_without_gap_or_overlap(orders: Database) -> None:
    with orders.transaction() as session:
        record(session, *(OrderClosed(order_id=ORDER) for _ in range(5)))
    seen: list[int] = []
    before = None
    for _ in range(3):
        with orders.transaction() as session:
            page = whereabouts.entries(session, card_of("orders"), Filters(limit=2, before=before))
        seen += sorted({entry.sequence for entry in page}, reverse=True)
        before = min(entry.event_id for entry in page)
    assert seen == [5, 4, 3, 2, 1]


def test_an_event_is_shown_with_its_deliveries_and_what_operators_did(orders: Database) -> None:
    (id,) = confirmed(orders, 1)
    resend(orders, Told("production", events=[id]))
    with orders.transaction() as session:
        recorded = whereabouts.recorded(session, id)
        assert recorded is not None
        assert recorded["data"] == {"order_id": str(UUID(int=1))}
        states = [(row["subscriber"], row["state"]) for row in whereabouts.deliveries(session, id)]
        assert states == [("logistics", 0), ("production", 0)]
        assert [row["action"] for row in whereabouts.actions(session, id)] == ["resend to production"]


# Why does this order wait?


def waits(production: Production, order: UUID = ORDER) -> list[tuple[str, str, int, int]]:
    """Why, who owes it, which number, and how many wait behind it."""
    with production.database.transaction() as session:
        found = awaited(session, "production", of_order(order))
    return [(each.why, each.owed_by, each.sequence, each.behind) for each in found]


def test_an_order_behind_a_parked_event_waits_for_an_operator(production: Production) -> None:
    production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER, ORDER)
    assert waits(production) == [("parked", "production", 1, 2)]
    assert waits(production, OTHER) == []


def test_an_order_that_misses_a_number_waits_for_its_publisher(production: Production) -> None:
    lost = production.hearing.batch("orders", OrderClosed(order_id=ORDER))
    production.hears_of(ORDER)
    assert waits(production) == [("not received", "orders", 1, 1)]
    production.hearing.comes(lost)
    production.go_on()
    assert waits(production) == []


def test_an_order_waits_for_an_operator_when_an_event_about_another_is_parked_before_its_own(
    production: Production,
) -> None:
    production.failing[OTHER] = ValueError("poison")
    batch = production.hearing.batch("orders", OrderClosed(order_id=OTHER), OrderClosed(order_id=ORDER))
    together = tuple(
        replace(event, subject="shipment/S", sequence=number) for number, event in enumerate(batch.events, 1)
    )
    production.hearing.comes(replace(batch, events=together))
    for _ in range(PARK_AFTER):
        production.go_on(due=True)
    assert waits(production) == waits(production, OTHER) == [("parked", "production", 1, 1)]


def test_an_order_that_misses_another_subject_waits_for_who_tells_of_it(production: Production) -> None:
    production.failing[ORDER] = NotYet("logistics", "packing/L1")
    production.hears_of(ORDER)
    assert waits(production) == [("not yet", "logistics", 1, 0)]
    with production.database.transaction() as session:
        (first,) = awaited(session, "production", of_order(ORDER))
        assert first.waits_for == "logistics packing/L1"
        assert awaited(session, "production", of_subjects(["logistics packing/L1"])) == []


def test_what_fails_is_said_with_when_it_is_tried_again(production: Production) -> None:
    production.failing[ORDER] = ValueError("for a while")
    production.hears_of(ORDER)
    assert waits(production) == [("failing", "production", 1, 0)]


def test_a_subscriber_that_confirmed_nothing_owes_its_receipt(orders: Database) -> None:
    confirmed(orders, 7)
    with orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER), OrderClosed(order_id=OTHER))
        found = awaited(session, "orders", of_order(ORDER))
        named = awaited(session, "orders", of_subjects([f"orders order/{OTHER}", "logistics order/x"]))
    assert [(e.why, e.owed_by, e.sequence, e.behind) for e in found] == [
        ("not confirmed", "logistics", 1, 1),
        ("not confirmed", "production", 2, 0),
    ]
    assert {e.subject for e in named} == {f"order/{OTHER}"}
