"""Any history of commits, of lost, repeated and late messages, of failures and deaths ends as if all had gone well.

The same histories run each time. Others, and as many as one has time for, are found with
``pytest tests/shared/test_messaging_machine.py --hypothesis-profile default [--hypothesis-seed N]``.
"""

import operator
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Literal
from uuid import UUID

import pytest
import redis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kendi.servers import Addresses
from shared.card import all_cards
from shared.database import Database
from shared.events.orders import OrderClosed, OrderLineClosed
from shared.messaging import inbox as inboxes
from shared.messaging import relay as relays
from shared.messaging import worker as workers
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, Reactions
from shared.messaging.receipts import register
from shared.messaging.relay import Relay
from shared.messaging.tables import Delivery, Inbox, inbox, outbox_delivery, parked_message
from shared.messaging.wire import Batch
from shared.sight import SERVICE
from tests.shared.unsteady import (
    BATCHES,
    EFFECTS,
    ORDERS,
    RECEIPTS,
    WINDOW,
    Died,
    Reacting,
    Sending,
    World,
    execute,
)

Told = OrderClosed | OrderLineClosed

SENDING: st.SearchStrategy[Sending] = st.sampled_from(
    ["well", "dies before", "dies after", "refused", "answer lost"]
)
REACTING: st.SearchStrategy[list[Reacting]] = st.lists(
    st.sampled_from(["well", "well", "fails", "not yet", "dies", "database"]), max_size=4
)
TOLD = st.lists(
    st.one_of(
        st.builds(OrderClosed, order_id=st.sampled_from(ORDERS)),
        st.builds(OrderLineClosed, order_id=st.sampled_from(ORDERS), line=st.just(1), delivered=st.just(1)),
    ),
    min_size=1,
    max_size=3,
)
"""Events that production has a use for, and events that it skips."""
WHICH = st.integers(0, 7)
QUEUE = st.sampled_from([BATCHES, RECEIPTS])


class Protocol(RuleBasedStateMachine):
    """Commits, relays, workers and the wire between them, in any order."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.committed: Counter[str] = Counter()
        self.asleep: list[Any] = []
        world.begin_anew()

    # What the publisher does

    @rule(told=TOLD)
    def commit(self, told: list[Told]) -> None:
        self._commit(told)
        self.world.do(self.world.relay.step)

    @rule(told=TOLD, well=st.booleans())
    def commit_unnoticed(self, told: list[Told], well: bool) -> None:
        with suppress(Died):
            self._commit(told, well=well)

    @rule(sending=SENDING, relays=st.integers(1, 2), late=st.booleans())
    def relay(self, sending: Sending, relays: int, late: bool) -> None:
        self._wait(late)
        self.world.do(*[self.world.relay.step] * relays, sending=sending)

    @rule(at=WHICH, kept=st.booleans(), count=st.integers(1, 4))
    def take_receipts(self, at: int, kept: bool, count: int) -> None:
        for _ in range(count):
            if message := self.world.pick(RECEIPTS, at, kept=kept):
                self.world.run(RECEIPTS, message)

    # What the subscriber does

    @rule(at=WHICH, reacting=REACTING, sending=SENDING, kept=st.booleans(), workers=st.integers(1, 2))
    def take_a_batch(
        self, at: int, reacting: list[Reacting], sending: Sending, kept: bool, workers: int
    ) -> None:
        """Any of those that wait, so that others are held back; one that is kept is delivered again."""
        if message := self.world.pick(BATCHES, at, kept=kept) or self._sent_again(at, kept):
            work = [partial(self.world.run, BATCHES, message)] * workers
            self.world.do(*work, reacting=reacting, sending=sending, by="production")

    @rule(late=st.booleans(), doing=st.sampled_from(["sweep", "fall asleep", "wake up"]), reacting=REACTING)
    def apply_what_is_stored(self, late: bool, doing: str, reacting: list[Reacting]) -> None:
        """Or sleep between the claim and the work, perhaps for longer than the lease."""
        self._wait(late)
        if doing == "fall asleep":
            self._fall_asleep()
        else:
            work = self.world.apply_due if doing == "sweep" else self._wake_up
            self.world.do(work, reacting=reacting)

    # What the wire does

    @rule(queue=QUEUE, at=WHICH, how=st.sampled_from(["drop", "repeat", "flush"]))
    def meddle(self, queue: str, at: int, how: str) -> None:
        if how == "drop":
            self.world.pick(queue, at)
        if how == "repeat" and (message := self.world.pick(queue, at, kept=True)):
            self.world.broker.lpush(queue, message)
        if how == "flush":
            self.world.broker.flushall()

    # What always holds

    @invariant()
    def nothing_is_lost_repeated_or_out_of_order(self) -> None:
        seen = self.world.seen()
        assert {subject: len(rows) for subject, rows in seen.told.items()} == self.committed
        assert seen.effects.keys() <= seen.position.keys() <= seen.told.keys()
        for subject, rows in seen.told.items():
            assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
            reached = rows[: seen.position.get(subject, 0)]
            assert seen.effects.get(subject, []) == [row.event_id for row in reached if _used(row)]
            for row in rows:
                if row.state == Delivery.ACKNOWLEDGED or row.event_id in seen.receipted:
                    assert row.event_id in seen.stored or row in reached

    def teardown(self) -> None:
        """Once nothing fails any more, all that was committed takes effect and is acknowledged."""
        while self.asleep:
            self._wake_up()
        rounds = 5 + self.committed.total() // WINDOW
        assert any(self._all_acknowledged() for _ in range(rounds))
        self.nothing_is_lost_repeated_or_out_of_order()
        assert self.world.seen().position == self.committed
        with self.world.production.transaction() as session:
            assert session.execute(select(parked_message)).all() == []
            assert session.execute(select(inbox).where(inbox.c.state <= Inbox.RUNNING)).all() == []

    def _all_acknowledged(self) -> bool:
        """Work one round without a fault; whether there was nothing left to send."""
        self.world.drain(RECEIPTS)
        self.world.retry_parked()
        self.world.pass_time()
        sent = self.world.relay.step()
        self.world.drain(BATCHES)
        self.world.apply_due()
        return sent == 0

    def _commit(self, told: list[Told], *, well: bool = True) -> None:
        with self.world.orders.transaction() as session:
            record(session, *told)
            if not well:
                raise Died
        self.committed.update(f"order/{event.order_id}" for event in told)

    def _wait(self, late: bool) -> None:
        """In time the inbox is archived; the positions alone then keep old copies from taking effect."""
        if late:
            self.world.pass_time()
            self.world.archive()

    def _sent_again(self, at: int, kept: bool) -> bytes | None:
        self.world.pass_time()
        self.world.do(self.world.relay.step)
        return self.world.pick(BATCHES, at, kept=kept)

    def _fall_asleep(self) -> None:
        lease = UUID(int=len(self.asleep) + 1)
        with self.world.production.transaction() as session:
            self.asleep += session.execute(inboxes.CLAIM, {"lease": lease}).all()

    def _wake_up(self) -> None:
        if self.asleep:
            inboxes._apply_claimed(self.world.production, self.asleep.pop(0), self.world.reactions)


def _used(row: Any) -> bool:
    return bool(row.type == "kendi.orders.order_closed.v1")


SETTINGS = settings(
    max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
RUNS = 4


@pytest.fixture
def world(database_of: Callable[[str], Database], addresses: Addresses) -> Iterator[World]:
    """A world in which only production hears of orders, with a table for its effects."""
    production = Database(addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    orders = Database(addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    execute(production, EFFECTS)
    execute(orders, "DELETE FROM subscription WHERE subscriber <> 'production'")
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        yield World(database_of("orders"), database_of("production"), broker, addresses)
    with orders.transaction() as session:
        register(session, "orders", all_cards().values())
    execute(production, "DROP TABLE effect")
    for database in (orders, production):
        database.close()


def play(world: World, settings: settings) -> None:
    """Several short runs: in a long one most histories are variations of a few."""
    for number in range(RUNS):

        def begin() -> Protocol:
            return Protocol(world)

        begin_as_before = seed(number)(begin) if settings.derandomize else begin
        run_state_machine_as_test(begin_as_before, settings=settings)  # type: ignore[arg-type]


def test_each_event_takes_effect_once_and_in_order_whatever_happens(world: World) -> None:
    play(world, SETTINGS)


# The same histories tell each of these broken protocols from the real one.


def acknowledged_when_published(world: World, patch: pytest.MonkeyPatch) -> None:
    publish = Relay._publish

    def and_acknowledge(self: Relay, subscriber: str, first: bool, rows: Any) -> None:
        publish(self, subscriber, first, rows)
        sent = (
            outbox_delivery.c.event_pk.in_([row.id for row in rows]),
            outbox_delivery.c.subscriber == subscriber,
        )
        with world.orders.transaction() as session:
            session.execute(update(outbox_delivery).where(*sent).values(state=Delivery.ACKNOWLEDGED))

    patch.setattr(Relay, "_publish", and_acknowledge)


def acknowledged_before_it_is_stored(world: World, patch: pytest.MonkeyPatch) -> None:
    receive = inboxes.receive

    def after_the_receipt(database: Database, batch: Batch, reactions: Reactions) -> bool:
        workers._send_receipt(world.wires["production"], batch)
        return receive(database, batch, reactions)

    patch.setattr(inboxes, "receive", after_the_receipt)


def sent_only_once(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(relays, "CLAIM_AGAIN", text(relays.CLAIM.format(state=-1, order="next_at")))


def gaps_are_skipped(world: World, patch: pytest.MonkeyPatch) -> None:
    _mistake_the_next(patch, ">=")


def old_copies_are_new(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inboxes, "STORE", text(str(inboxes.STORE).replace("sequence <= last_sequence", "false")))
    _mistake_the_next(patch, "<=")


def _mistake_the_next(patch: pytest.MonkeyPatch, sign: Literal["<=", ">="]) -> None:
    compare = {"<=": operator.le, ">=": operator.ge}[sign]
    claim = str(inboxes.CLAIM).replace("due.sequence = ", f"due.sequence {sign} ")
    patch.setattr(inboxes, "CLAIM", text(claim))
    patch.setattr(inboxes, "_is_next", lambda row, last: compare(row.sequence, last + 1))


def effects_commit_by_themselves(world: World, patch: pytest.MonkeyPatch) -> None:
    take_effect = world.take_effect

    def apart(session: Session, heard: Heard) -> None:
        with world.production.transaction() as another:
            take_effect(another, heard)

    patch.setattr(world, "take_effect", apart)


@pytest.mark.parametrize(
    "breaking",
    [
        acknowledged_when_published,
        acknowledged_before_it_is_stored,
        sent_only_once,
        gaps_are_skipped,
        old_copies_are_new,
        effects_commit_by_themselves,
    ],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_protocol_is_found_out(
    world: World, monkeypatch: pytest.MonkeyPatch, breaking: Callable[[World, pytest.MonkeyPatch], None]
) -> None:
    breaking(world, monkeypatch)
    quickly = settings(SETTINGS, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises((AssertionError, FlakyFailure)):  # two workers do not always race alike
        play(world, quickly)
