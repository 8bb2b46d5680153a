"""The protocol over real databases: what is committed takes effect once, in order, whatever is lost or repeated."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from shared.card import all_cards
from shared.database import Database
from shared.events import CONTRACTS
from shared.events.orders import OrderClosed, OrderLineClosed
from shared.messaging import inbox as inboxes
from shared.messaging.inbox import apply_due, receive
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet, keep_copy
from shared.messaging.receipts import acknowledge, register
from shared.messaging.relay import CLAIM_NEW
from shared.messaging.tables import Inbox, inbox, outbox_delivery, outbox_event, parked_message, position
from shared.messaging.wire import Batch, Envelope, Receipt
from shared.sight import SERVICE
from tests.awaiting import until_somebody_waits_for_a_lock

ORDER = UUID(int=7)


@pytest.fixture
def orders(database_of: Callable[[str], Database]) -> Database:
    return database_of("orders")


@pytest.fixture
def production(database_of: Callable[[str], Database]) -> Database:
    return database_of("production")


class Effects:
    """Reactions that leave a row for each event that took effect, in the order in which they did."""

    def __init__(self) -> None:
        self.failing: Exception | None = None

    def __call__(self, session: Session, event: Any, heard: Heard) -> None:
        if self.failing is not None:
            raise self.failing
        session.execute(text("INSERT INTO facility_note (sequence) VALUES (:n)"), {"n": heard.sequence})

    def seen(self, database: Database) -> list[int]:
        with database.transaction() as session:
            return list(session.execute(text("SELECT sequence FROM facility_note ORDER BY id")).scalars())


@pytest.fixture
def effects(addresses: Any, production: Database) -> Iterator[Effects]:
    from shared.database import make_engine

    engine = make_engine(addresses.owner_urls["production"], pool_size=1)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE facility_note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sequence int)"
            )
        )
    yield Effects()
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE facility_note"))
    engine.dispose()


def events(*sequences: int, subject: str = f"order/{ORDER}", first: bool = True) -> Batch:
    """Events that were never in an outbox, to be received in any order."""
    made = tuple(
        Envelope(
            id=uuid5(ORDER, f"{subject} {sequence}"),
            source="orders",
            type="kendi.orders.order_closed.v1",
            subject=subject,
            sequence=sequence,
            time=datetime(2026, 1, 1, tzinfo=UTC),
            actorrole="system",
            traceparent=None,
            data={"order_id": str(ORDER)},
        )
        for sequence in sequences
    )
    return Batch("orders", "production", uuid4(), first, made)


def reactions(effects: Effects) -> dict[type[Any], Any]:
    return {OrderClosed: effects}


def test_events_are_numbered_without_gaps_and_addressed_to_every_subscriber(orders: Database) -> None:
    with orders.transaction() as session:
        record(session, OrderLineClosed(order_id=ORDER, line=1, delivered=5), OrderClosed(order_id=ORDER))
    with orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
        rows = session.execute(select(outbox_event.c.sequence).order_by(outbox_event.c.id)).scalars().all()
        to = session.execute(select(outbox_delivery.c.subscriber).distinct()).scalars().all()
    assert rows == [1, 2, 3]
    assert set(to) == {"production", "logistics"}


def test_a_command_that_fails_records_nothing_and_leaves_no_gap(orders: Database) -> None:
    with pytest.raises(ZeroDivisionError), orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
        _ = 1 / 0
    with orders.transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
        assert row.sequence == 1
        assert len(session.execute(select(outbox_event)).all()) == 1


def test_a_batch_takes_effect_once_however_often_it_comes(production: Database, effects: Effects) -> None:
    for _ in range(3):
        receive(production, events(1, 2, 3), reactions(effects))
        receive(production, events(1, 2, 3, first=False), reactions(effects))
        apply_due(production, reactions(effects))
    assert effects.seen(production) == [1, 2, 3]


def test_events_take_effect_in_their_order_whatever_order_they_come_in(
    production: Database, effects: Effects
) -> None:
    receive(production, events(3), reactions(effects))
    receive(production, events(2), reactions(effects))
    assert effects.seen(production) == []
    receive(production, events(1), reactions(effects))
    apply_due(production, reactions(effects))
    assert effects.seen(production) == [1, 2, 3]


def test_a_failing_event_holds_back_only_its_own_subject(production: Database, effects: Effects) -> None:
    effects.failing = ValueError("poison")
    receive(production, events(1), reactions(effects))
    apply_due(production, reactions(effects))
    effects.failing = None
    receive(production, events(2), reactions(effects))
    receive(production, events(1, subject="order/other"), reactions(effects))
    assert effects.seen(production) == [1]
    _make_due(production)
    apply_due(production, reactions(effects))
    assert effects.seen(production) == [1, 1, 2]


def _with_id(event: Envelope, number: int) -> Envelope:
    return Envelope(**{**vars(event), "id": UUID(int=number)})


def test_an_event_that_keeps_failing_is_parked_with_its_error(
    production: Database, effects: Effects, addresses: Any
) -> None:
    effects.failing = ValueError("poison")
    receive(production, events(1), reactions(effects))
    for _ in range(inboxes.PARK_AFTER + 2):
        _make_due(production)
        apply_due(production, reactions(effects))
    with production.transaction() as session:
        row = session.execute(select(inbox)).one()
    assert (row.state, row.attempts) == (Inbox.PARKED, inboxes.PARK_AFTER)
    assert "poison" in row.last_error


def test_an_effect_that_breaks_a_rule_of_the_tables_counts_as_the_events_failure(
    production: Database, effects: Effects
) -> None:
    effects.failing = IntegrityError("INSERT", {}, Exception("violates check constraint"))
    receive(production, events(1), reactions(effects))
    apply_due(production, reactions(effects))
    with production.transaction() as session:
        assert session.execute(select(inbox.c.attempts)).scalar_one() == 1


TWICE = "INSERT INTO position VALUES ('a', 'who must not be named', 1), ('a', 'who must not be named', 2)"
NO_NUMBER = "SELECT CAST('who must not be named' AS int)"


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        (TWICE, "UniqueViolation('duplicate key value violates unique constraint \"position_pkey\"')"),
        (NO_NUMBER, "InvalidTextRepresentation('22P02')"),
    ],
    ids=["detail", "value"],
)
@pytest.mark.parametrize("by", ["the session", "psycopg itself"])
def test_what_a_database_quotes_of_the_rows_is_not_kept_with_the_error(
    production: Database, statement: str, kept: str, by: str
) -> None:
    def react(session: Session, event: Any, heard: Heard) -> None:
        if by == "the session":
            session.execute(text(statement))
        else:
            connection: Any = session.connection().connection.driver_connection
            connection.execute(statement)

    receive(production, events(1, first=False), {OrderClosed: react})
    apply_due(production, {OrderClosed: react})
    with production.transaction() as session:
        assert session.execute(select(inbox.c.last_error)).scalar_one() == kept


def test_an_event_that_ends_its_process_each_time_is_parked(production: Database, effects: Effects) -> None:
    receive(production, events(1, first=False), reactions(effects))
    with production.transaction() as session:
        session.execute(text("UPDATE inbox SET state = 1, attempts = :n"), {"n": inboxes.PARK_AFTER})
    apply_due(production, reactions(effects))
    with production.transaction() as session:
        row = session.execute(select(inbox)).one()
    assert (row.state, effects.seen(production)) == (Inbox.PARKED, [])
    assert "ended the process" in row.last_error


def test_the_databases_own_trouble_does_not_count(production: Database, effects: Effects) -> None:
    effects.failing = OperationalError("INSERT", {}, Exception("deadlock detected"))
    receive(production, events(1), reactions(effects))
    apply_due(production, reactions(effects))
    with production.transaction() as session:
        assert session.execute(select(inbox.c.attempts)).scalar_one() == 0


def test_what_only_waits_for_a_lock_is_not_to_blame(production: Database, effects: Effects) -> None:
    """Another transaction holds the table for longer than the reaction may wait for it."""

    def react(session: Session, event: Any, heard: Heard) -> None:
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        effects(session, event, heard)

    receive(production, events(1, first=False), {OrderClosed: react})
    with production.transaction() as other:
        other.execute(text("LOCK TABLE facility_note"))
        assert apply_due(production, {OrderClosed: react}) == 0
    with production.transaction() as session:
        row = session.execute(select(inbox)).one()
    assert (row.attempts, "lock timeout" in row.last_error) == (0, True)
    _make_due(production)
    assert apply_due(production, {OrderClosed: react}) == 1


def test_a_statement_that_never_ends_in_time_is_the_events_fault(production: Database) -> None:
    def react(session: Session, event: Any, heard: Heard) -> None:
        session.execute(text("SET LOCAL statement_timeout = '20ms'"))
        session.execute(text("SELECT pg_sleep(60)"))

    receive(production, events(1, first=False), {OrderClosed: react})
    for _ in range(inboxes.PARK_AFTER):
        _make_due(production)
        apply_due(production, {OrderClosed: react})
    with production.transaction() as session:
        row = session.execute(select(inbox)).one()
    assert (row.state, "statement timeout" in row.last_error) == (Inbox.PARKED, True)


@pytest.mark.parametrize("first", [True, False])
def test_what_took_effect_and_lost_its_row_comes_again_as_done(
    production: Database, effects: Effects, first: bool
) -> None:
    """An archive was cut too far, and an operator has everything sent again as if it never was."""
    receive(production, events(1, 2), reactions(effects))
    with production.transaction() as session:
        session.execute(text("DELETE FROM inbox"))
    receive(production, events(1, 2, first=first), reactions(effects))
    apply_due(production, reactions(effects))
    with production.transaction() as session:
        assert set(session.execute(select(inbox.c.state)).scalars()) == {Inbox.DONE}
    assert effects.seen(production) == [1, 2]


def test_the_same_conflict_again_is_parked_once(production: Database, effects: Effects) -> None:
    receive(production, events(1), reactions(effects))
    (event,) = events(1).events
    other = replace(events(1), events=(replace(event, id=uuid4()),))
    for _ in range(3):
        receive(production, other, reactions(effects))
    with production.transaction() as session:
        assert len(session.execute(select(parked_message)).all()) == 1


def test_events_that_are_heard_together_take_effect_together_and_the_newest_counts(
    production: Database,
) -> None:
    kept = keep_copy(
        position, lambda event: {"source": "copy", "subject": "x", "last_sequence": event.delivered}
    )
    with production.transaction() as session:
        lines = [OrderLineClosed(order_id=ORDER, line=1, delivered=n) for n in (5, 9, 7)]
        kept.react(session, lines)
        kept(session, replace(lines[0], delivered=8), cast(Heard, None))
        rows = session.execute(select(position).where(position.c.source == "copy")).all()
    assert [row.last_sequence for row in rows] == [8]


def _make_due(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE inbox SET next_at = now() WHERE state < 2"))


def test_what_misses_another_subject_waits_without_counting_and_is_woken_by_it(
    production: Database, effects: Effects
) -> None:
    effects.failing = NotYet("orders", "item/X")
    receive(production, events(1), reactions(effects))
    apply_due(production, reactions(effects))
    with production.transaction() as session:
        row = session.execute(select(inbox)).one()
    assert (row.state, row.attempts, row.waits_for) == (Inbox.PENDING, 0, "orders item/X")
    effects.failing = None
    arrived = events(1, subject="item/X").events[0]
    receive(production, Batch("orders", "production", uuid4(), True, (arrived,)), reactions(effects))
    apply_due(production, reactions(effects))
    assert effects.seen(production) == [1, 1]


def test_another_event_under_a_number_already_taken_is_parked_not_dropped(
    production: Database, effects: Effects
) -> None:
    receive(production, events(1), reactions(effects))
    forged = _with_id(events(1).events[0], 666)
    receive(production, Batch("orders", "production", uuid4(), False, (forged,)), reactions(effects))
    with production.transaction() as session:
        reason = session.execute(select(parked_message.c.reason)).scalar_one()
    assert "another event as number 1" in reason
    assert effects.seen(production) == [1]


def test_a_type_without_use_is_skipped_and_advances_the_subject(
    production: Database, effects: Effects
) -> None:
    receive(production, events(1, 2), {})
    with production.transaction() as session:
        states = session.execute(select(inbox.c.state)).scalars().all()
        at = session.execute(select(position.c.last_sequence)).scalar_one()
    assert (set(states), at) == ({Inbox.SKIPPED}, 2)


def test_an_event_that_only_a_newer_version_knows_waits_for_it_and_keeps_its_place(
    production: Database, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = CONTRACTS["kendi.orders.order_closed.v1"]
    with monkeypatch.context() as older:
        older.delitem(CONTRACTS, known.type)
        receive(production, events(1, 2), reactions(effects))
        apply_due(production, reactions(effects))
        with production.transaction() as session:
            waiting = session.execute(select(inbox).order_by(inbox.c.sequence)).first()
    assert (waiting.state, waiting.attempts, effects.seen(production)) == (Inbox.PENDING, 0, [])
    assert waiting.waits_for == f"version {known.type}"
    _make_due(production)
    apply_due(production, reactions(effects))
    assert effects.seen(production) == [1, 2]


def test_a_receipt_ends_the_resending_and_one_from_before_a_restore_does_not(orders: Database) -> None:
    with orders.transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
        incarnation = session.execute(text("SELECT incarnation FROM messaging_state")).scalar_one()
    for told, expected in ((uuid4(), 1), (incarnation, 0)):
        with orders.transaction() as session:
            acknowledge(session, Receipt("production", "orders", told, (row.event_id,)))
            due = session.execute(CLAIM_NEW, {"subscriber": "production", "most": 10}).all()
            session.execute(text("UPDATE outbox_delivery SET next_at = now() WHERE state = 1"))
        assert len(due) == expected


def test_a_receipt_is_for_its_senders_own_deliveries_only(orders: Database) -> None:
    with orders.transaction() as session:
        (row,) = record(session, OrderClosed(order_id=ORDER))
        incarnation = session.execute(text("SELECT incarnation FROM messaging_state")).scalar_one()
        for sender in ("logistics", "a stranger"):
            acknowledge(session, Receipt(sender, "orders", incarnation, (row.event_id,)))
        left = select(outbox_delivery.c.subscriber).where(outbox_delivery.c.state < 2)
        assert session.execute(left).scalars().all() == ["production"]


def test_a_claimed_delivery_is_sent_again_only_after_its_lease(orders: Database) -> None:
    with orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
    with orders.transaction() as session:
        assert len(session.execute(CLAIM_NEW, {"subscriber": "production", "most": 10}).all()) == 1
        assert len(session.execute(CLAIM_NEW, {"subscriber": "production", "most": 10}).all()) == 0


def test_a_subscriber_registered_late_gets_each_subject_from_its_first_event(
    orders: Database, addresses: Any
) -> None:
    with orders.transaction() as session:
        record(session, OrderClosed(order_id=ORDER))
    owner = Database(addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("DELETE FROM subscription WHERE subscriber = 'logistics'"))
        session.execute(text("DELETE FROM outbox_delivery WHERE subscriber = 'logistics'"))
    for _ in range(2):
        with owner.transaction() as session:
            register(session, "orders", all_cards().values())
            waiting = session.execute(
                text("SELECT count(*) FROM outbox_delivery WHERE subscriber = 'logistics'")
            ).scalar_one()
        assert waiting == 1
    owner.close()


@pytest.mark.parametrize("earlier", [0, 12], ids=["first", "prepared and planned"])
def test_what_is_recorded_while_a_subscriber_is_registered_reaches_it(
    orders: Database, addresses: Any, earlier: int
) -> None:
    one = Database(addresses.app_urls["orders"], sees=SERVICE, pool_size=1)
    owner = Database(addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)

    def tell() -> int:
        with one.transaction() as session:
            (row,) = record(session, OrderClosed(order_id=ORDER))
        return int(row.id)

    for _ in range(earlier):
        tell()
    with owner.transaction() as session:
        session.execute(text("DELETE FROM subscription WHERE subscriber = 'logistics'"))
    with ThreadPoolExecutor(1) as pool:
        with owner.transaction() as session:
            register(session, "orders", all_cards().values())
            told = pool.submit(tell)
            until_somebody_waits_for_a_lock(orders)
        to = select(outbox_delivery.c.subscriber).where(outbox_delivery.c.event_pk == told.result())
        with orders.transaction() as session:
            assert sorted(session.execute(to).scalars()) == ["logistics", "production"]
    one.close()
    owner.close()
