"""What an operator sees and does: on real rows, with what waits behind an event going on afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, text

from shared.card import card_of
from shared.clock import real_now
from shared.database import Database
from shared.events.orders import OrderClosed, OrderLineClosed
from shared.messaging import operating, whereabouts
from shared.messaging.awaiting import awaited, of_order, of_subjects
from shared.messaging.inbox import PARK_AFTER, apply_due
from shared.messaging.operating import Operator
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet
from shared.messaging.receipts import acknowledge
from shared.messaging.relay import CLAIM_NEW
from shared.messaging.standing import standing
from shared.messaging.tables import Inbox, inbox, operator_action, parked_message, position
from shared.messaging.whereabouts import Filters
from shared.messaging.wire import Receipt
from shared.refusal import Refused
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
        assert operating.retry(session, by=BY, events=[parked]) == [parked]
    production.go_on()
    assert production.applied == [(OTHER, 1), (ORDER, 1), (ORDER, 2)]
    assert production.recorded() == [("Wulan", "retry", str(parked), None)]


def test_what_failed_alike_is_retried_by_its_fingerprint_and_the_rest_stays(production: Production) -> None:
    alike = {production.park(ORDER, ValueError("one")), production.park(OTHER, ValueError("two"))}
    another = production.park(UUID(int=9), KeyError("three"))
    (fingerprint,) = {
        production.one(select(inbox.c.error_fingerprint).where(inbox.c.event_id == event)) for event in alike
    }
    with production.database.transaction() as session:
        assert set(operating.retry(session, by=BY, fingerprint=fingerprint)) == alike
    assert production.state(another) == Inbox.PARKED
    with production.database.transaction() as session:
        assert operating.retry(session, by=BY) == [another]


def test_what_waits_long_for_its_next_try_is_tried_at_once_when_it_is_named(production: Production) -> None:
    production.failing[ORDER] = ValueError("for a while")
    production.hears_of(ORDER)
    production.run("UPDATE inbox SET next_at = now() + interval '1 hour'")
    production.failing.clear()
    waiting = production.one(select(inbox.c.event_id))
    with production.database.transaction() as session:
        assert operating.retry(session, by=BY) == []
        assert operating.retry(session, by=BY, events=[waiting]) == [waiting]
    production.go_on()
    assert production.applied == [(ORDER, 1)]


def test_what_took_effect_is_not_retried(production: Production) -> None:
    production.hears_of(ORDER)
    done = production.one(select(inbox.c.event_id))
    with production.database.transaction() as session:
        assert operating.retry(session, by=BY, events=[done, uuid4()]) == []
    assert production.recorded() == []


# Discard


def test_a_discarded_event_lets_its_subject_go_on_and_is_recorded_with_its_reason(
    production: Production,
) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    production.hears_of(ORDER)
    with production.database.transaction() as session:
        operating.discard(session, event_id=parked, reason=REASON, by=BY)
    production.go_on()
    assert production.applied == [(ORDER, 2)]
    assert production.state(parked) == Inbox.DISCARDED
    assert production.recorded() == [("Wulan", "discard", str(parked), REASON)]


def test_a_discarded_event_that_comes_again_stays_without_effect(production: Production) -> None:
    batch = production.hearing.batch("orders", OrderClosed(order_id=ORDER))
    production.failing[ORDER] = ValueError("poison")
    production.hearing.comes(batch)
    with production.database.transaction() as session:
        operating.discard(session, event_id=batch.events[0].id, reason=REASON, by=BY)
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
        operating.discard(session, event_id=parked, reason=REASON, by=BY)
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
        operating.discard(session, event_id=second, reason=REASON, by=BY)
    assert production.one(select(position.c.last_sequence)) == 0
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
        operating.discard(session, event_id=parked, reason=REASON, by=BY)


@pytest.mark.parametrize("reason", ["", "too short", "   short    "])
def test_a_discard_asks_for_a_reason(production: Production, reason: str) -> None:
    parked = production.park(ORDER, ValueError("poison"))
    with (
        pytest.raises(Refused, match="10 characters") as refusal,
        production.database.transaction() as session,
    ):
        operating.discard(session, event_id=parked, reason=reason, by=BY)
    assert refusal.value.field == "reason"
    assert production.state(parked) == Inbox.PARKED


def test_an_event_that_never_came_is_refused_by_its_id(production: Production) -> None:
    with (
        pytest.raises(Refused, match=f"not received the event {ORDER}"),
        production.database.transaction() as session,
    ):
        operating.discard(session, event_id=ORDER, reason=REASON, by=BY)


# Resend


def claimed(orders: Database) -> list[Any]:
    with orders.transaction() as session:
        return list(session.execute(CLAIM_NEW, {"subscriber": "production", "most": 10}))


def confirmed(orders: Database, *numbers: int) -> list[UUID]:
    """Events that were sent to production and confirmed by it."""
    with orders.transaction() as session:
        ids = [row.event_id for row in record(session, *(OrderClosed(order_id=UUID(int=n)) for n in numbers))]
    claimed(orders)
    with orders.transaction() as session:
        incarnation = session.execute(text("SELECT incarnation FROM messaging_state")).scalar_one()
        acknowledge(session, Receipt("production", "orders", incarnation, tuple(ids)))
    return ids


def test_what_is_resent_is_due_again_and_nothing_else_is(orders: Database) -> None:
    ids = confirmed(orders, 1, 2)
    with orders.transaction() as session:
        assert operating.resend(session, to="production", by=BY, events=ids[:1]) == 1
    (again,) = claimed(orders)
    assert again.event_id == ids[0]


def test_everything_since_a_moment_is_resent_to_one_subscriber_only(orders: Database) -> None:
    confirmed(orders, 1)
    with orders.transaction() as session:
        session.execute(text("UPDATE outbox_event SET recorded_at = now() - interval '1 day'"))
    recent = confirmed(orders, 2, 3)
    with orders.transaction() as session:
        sent = operating.resend(session, to="production", by=BY, since=real_now() - timedelta(hours=1))
        action = session.execute(select(operator_action.c.action, operator_action.c.what)).one()
    assert sent == 2
    assert [row.event_id for row in claimed(orders)] == recent
    assert action.action == "resend to production"
    assert action.what.startswith("since 20")


def test_a_subscriber_that_does_not_hear_the_service_is_refused_with_those_that_do(orders: Database) -> None:
    with pytest.raises(Refused, match="logistics and production do"), orders.transaction() as session:
        operating.resend(session, to="nobody", by=BY, since=real_now())


def test_a_resend_says_what_to_send(orders: Database) -> None:
    with pytest.raises(Refused, match="from when"), orders.transaction() as session:
        operating.resend(session, to="production", by=BY)


# Messages


def test_a_parked_message_is_dismissed_with_a_reason_and_kept(production: Production) -> None:
    with production.database.transaction() as session:
        id = session.execute(
            insert(parked_message).values(reason="why", message={}).returning(parked_message.c.id)
        ).scalar_one()
        assert [row["id"] for row in whereabouts.messages(session)] == [id]
        operating.dismiss(session, message_id=id, reason=REASON, by=BY)
        assert whereabouts.messages(session) == []
    assert production.recorded() == [("Wulan", "dismiss", f"message {id}", REASON)]
    assert production.one(text("SELECT count(*) FROM parked_message")) == 1
    with (
        pytest.raises(Refused, match=f"no parked message {id}"),
        production.database.transaction() as session,
    ):
        operating.dismiss(session, message_id=id, reason=REASON, by=BY)


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
    with orders.transaction() as session:
        operating.resend(session, to="production", by=BY, events=[id])
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
