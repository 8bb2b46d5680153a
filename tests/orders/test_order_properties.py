"""Whatever is signed, amended, cancelled and heard about an order, in whatever order, its quantities and releases hold."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from services.orders.domain import amendment, taking_back
from services.orders.domain.cancellation import Cancellation
from services.orders.domain.destination_policy import Action, Screening
from services.orders.domain.hold import RELEASE_ROLES, Hold, Signer, Statement
from services.orders.domain.order import PURPOSES, RELEASE_DAYS, Line, Order
from shared.events.orders import (
    CancellationAnswered,
    CancellationRequested,
    ClearanceGranted,
    ClearanceWithdrawn,
    HoldOpened,
    OrderClosed,
    OrderLineClosed,
    ReleaseSigned,
)
from shared.refusal import Refused
from tests.breaking import Breaking, finds_out
from tests.facts import facts
from tests.orders.test_order import DAY, REASON, SEEN, a_line, an_order, finish

ACTIONS: st.SearchStrategy[Action] = st.sampled_from(["allow", "hold", "hold", "block"])
SIGNERS = st.builds(
    Signer,
    id=st.sampled_from(["person:1", "person:2", "key:1"]),
    name=st.just("A person"),
    role=st.sampled_from([*RELEASE_ROLES, *RELEASE_ROLES, "buyer"]),
)
REASONS = st.sampled_from([REASON, REASON, "because"])
LINES = st.integers(1, 4)
PIECES = st.integers(1, 20)
STAGES = ("ordered", "allocated", "good", "packed", "departed", "delivered")


class Life(RuleBasedStateMachine):
    """Signatures, wanted and unwanted, and what production and logistics say, each piece at most once a stage."""

    @initialize(lines=st.lists(st.tuples(PIECES, ACTIONS), min_size=1, max_size=3))
    def place(self, lines: list[tuple[int, Action]]) -> None:
        self.order = an_order(
            *(a_line(n, ordered=ordered, action=action) for n, (ordered, action) in enumerate(lines, 1))
        )
        self.today = DAY
        self.told = self.order.place()

    @rule(number=LINES, by=SIGNERS, reason=REASONS)
    def sign(self, number: int, by: Signer, reason: str) -> None:
        self._do(
            lambda: self.order.sign_release(
                number, by=by, said=Statement(reason=reason, digest=SEEN), on=self.today
            )
        )

    @rule(number=LINES)
    def release(self, number: int) -> None:
        for person, role in enumerate(RELEASE_ROLES, 1):
            self.sign(number, Signer(f"person:{person}", "A person", role), REASON)

    @rule(number=LINES, pieces=PIECES)
    def plan(self, number: int, pieces: int) -> None:
        """Production plans what is cleared, and never less than it has made."""
        line = self._line(number)
        if line and line.cleared_until("produce"):
            allocated = max(line.good, min(pieces, line.to_make))
            self.order.plan(number, allocated=allocated, promised_date=self.today)

    @rule(number=LINES, pieces=PIECES, stage=st.sampled_from(STAGES[2:]))
    def move(self, number: int, pieces: int, stage: str) -> None:
        """As many pieces as there are come a stage further; they depart only when cleared to export."""
        line = self._line(number)
        if line is None or (stage == "departed" and not line.cleared_until("export")):
            return
        there = getattr(line, STAGES[STAGES.index(stage) - 1]) - getattr(line, stage)
        if stage == "packed":
            there -= line.withheld
        if there:
            self._move(line, min(pieces, there), stage)

    @rule(number=LINES)
    def move_all(self, number: int) -> None:
        self.release(number)
        self.plan(number, 20)
        for stage in STAGES[2:]:
            self.move(number, 20, stage)
            self.release(number)

    @rule(number=LINES, pieces=st.none() | PIECES)
    def cancel(self, number: int, pieces: int | None) -> None:
        asked = [taking_back.Asked(line=number, quantity=pieces)]
        id = UUID(int=len(self.told))

        def ask() -> list[object]:
            found = taking_back.to_take_back(self.order, asked)
            return taking_back.request(
                self.order, found, id=id, reason="Not needed.", unpack=True, on=self.today
            )

        self._do(ask)

    @rule(number=LINES, work=st.integers(0, 20))
    def answer(self, number: int, work: int) -> None:
        """Production stops what no facility has begun; ``work`` of it went on. Then logistics takes what is good."""
        line = self._line(number)
        for asked in [each for each in line.cancellations if not each.answered_on] if line else []:
            assert line is not None
            stopped = max(0, min(asked.asked, line.to_make - max(line.good, work)))
            self.order.plan(number, allocated=min(line.allocated, line.to_make - stopped), promised_date=None)
            self._do(
                partial(
                    taking_back.count_stopped,
                    self.order, number, asked.id, stopped=stopped, going_on=(), on=self.today,
                )
            )  # fmt: skip
            if not asked.answered_on:
                self._withhold(line, asked)

    def _withhold(self, line: Line, asked: Cancellation) -> None:
        free, shut = line.good - line.withheld - line.packed, line.packed - line.departed
        pieces = min(asked.pending, free + shut)
        if pieces:
            opened = max(0, pieces - free)
            self._do(
                partial(
                    taking_back.count_withheld,
                    self.order, line.number, asked.id,
                    lot="L", quantity=pieces, unpacked=opened, on=self.today,
                )
            )  # fmt: skip
        self._do(partial(taking_back.conclude, self.order, line.number, asked.id, kept=(), on=self.today))

    @rule(number=LINES, more=st.integers(1, 10), action=ACTIONS)
    def amend(self, number: int, more: int, action: Action) -> None:
        """More pieces, under what the law says now."""
        line = self._line(number)
        if line is None or line.closed:
            return
        change = amendment.Change(line=number, quantity=line.wanted - line.pending + more)
        screening = Screening(
            action=action, policies=("DP-EU-1.v1",), law=("law",), explanation_en="", explanation_id=""
        )
        amended = amendment.amend(self.order, line, change, screening, on=self.today)
        self.told += [*amended.events, *self.order.ask_again(line, self.today)]

    @rule(days=st.integers(1, 100))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    def _move(self, line: Line, pieces: int, stage: str) -> None:
        if stage == "good":
            self._do(lambda: finish(self.order, pieces, on=self.today, number=line.number))
        elif stage == "delivered":
            self._do(lambda: self.order.deliver(line.number, pieces))
        else:
            setattr(line, stage, getattr(line, stage) + pieces)

    def _line(self, number: int) -> Line | None:
        return next((line for line in self.order.lines if line.number == number), None)

    def _do(self, command: Callable[[], list[object]]) -> None:
        before = facts(self.order)
        try:
            self.told += command()
        except Refused:
            assert facts(self.order) == before

    @invariant()
    def no_quantity_is_above_the_one_before_it(self) -> None:
        for line in self.order.lines:
            made = [line.to_make, line.allocated, line.good]
            gone = [line.good - line.withheld, line.packed, line.departed, line.delivered, 0]
            assert [*made, *gone] == sorted([*made, *gone], reverse=True)
            assert line.departed <= line.wanted

    @invariant()
    def only_answers_are_cancelled_and_never_more_than_was_asked(self) -> None:
        for line in self.order.lines:
            assert line.cancelled == sum(each.cancelled for each in line.cancellations)
            assert line.withheld == sum(each.withheld for each in line.cancellations)
            assert all(0 <= each.cancelled <= each.asked for each in line.cancellations)
            assert line.cancelled + max(line.pending, line.departed) <= line.ordered
        asked = self._told(CancellationRequested)
        answered = self._told(CancellationAnswered)
        requests = [each for line in self.order.lines for each in line.cancellations]
        assert sum(event.quantity for event in asked) == sum(each.asked for each in requests)
        assert len(answered) == sum(each.answered_on is not None for each in requests)

    @invariant()
    def two_people_in_two_roles_stand_under_each_release(self) -> None:
        for line in self.order.lines:
            for hold in line.holds:
                signers = {signature.signer_id for signature in hold.signatures}
                roles = {signature.role for signature in hold.signatures}
                assert len(signers) == len(roles) == len(hold.signatures) <= len(RELEASE_ROLES)
                assert self.order.placed_by not in signers
                assert roles <= set(RELEASE_ROLES)
            assert len([hold for hold in line.holds if hold.open and hold.purpose == "produce"]) <= 1
            assert len([hold for hold in line.holds if hold.open and hold.purpose == "export"]) <= 1
            assert all(len(hold.signatures) == len(RELEASE_ROLES) for hold in line.holds if hold.released_on)

    @invariant()
    def each_release_is_told_once_and_what_is_cleared_now_was_told_last(self) -> None:
        granted = self._told(ClearanceGranted)
        for line in self.order.lines:
            released = [hold for hold in line.holds if hold.released_on]
            assert len([event for event in granted if event.line == line.number]) >= len(released)
            for purpose in PURPOSES:
                decided = [event for event in self.told if _decides(event, line.number, purpose)]
                cleared = bool(decided) and isinstance(decided[-1], ClearanceGranted)
                assert cleared == (line.cleared_until(purpose) is not None)
            assert not line.blocked or line.produce_until is line.export_until is None
        for event in granted:
            assert event.quantity <= self.order.line(event.line).ordered
            assert DAY < event.expires_on <= self.today + timedelta(days=RELEASE_DAYS)

    @invariant()
    def what_was_told_says_the_same_as_the_lines(self) -> None:
        closed = {event.line: event.delivered for event in self._told(OrderLineClosed)}
        assert closed == {line.number: line.delivered for line in self.order.lines if line.closed}
        assert (
            len(self._told(OrderClosed))
            == (self.order.state == "closed")
            == (len(closed) == len(self.order.lines))
        )
        opened = Counter(event.line for event in self._told(HoldOpened))
        assert opened == Counter({line.number: len(line.holds) for line in self.order.lines if line.holds})
        signatures = [
            signature for line in self.order.lines for hold in line.holds for signature in hold.signatures
        ]
        assert len(self._told(ReleaseSigned)) == len(signatures)

    @invariant()
    def the_state_follows_the_farthest_pieces(self) -> None:
        for line in self.order.lines:
            assert (line.state == "policy_blocked") == (line.blocked and not line.closed)
            assert (line.state in ("closed", "cancelled")) == (line.delivered == line.wanted)
            assert line.blocked or line.state.endswith("delivered") == (0 < line.delivered < line.wanted)
            if line.state == "policy_hold":
                assert line.produce_until is None
                assert not line.good - line.withheld

    def _told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


def _decides(event: object, line: int, purpose: str) -> bool:
    """Whether an event says that the line is cleared for the purpose, or that it is not."""
    return (
        isinstance(event, ClearanceGranted | ClearanceWithdrawn | HoldOpened)
        and event.line == line
        and event.purpose == purpose
    )


Life.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


def one_signature_is_enough(patch: pytest.MonkeyPatch) -> None:
    sign = Hold.sign

    def sign_and_release(hold: Hold, by: Signer, said: Statement, on: date) -> None:
        sign(hold, by, said, on)
        hold.released_on = on

    patch.setattr(Hold, "sign", sign_and_release)


def one_may_sign_twice(patch: pytest.MonkeyPatch) -> None:
    sign = Hold.sign

    def forget_and_sign(hold: Hold, by: Signer, said: Statement, on: date) -> None:
        earlier, hold.signatures = hold.signatures, []
        sign(hold, by, said, on)
        hold.signatures = [*earlier, *hold.signatures]

    patch.setattr(Hold, "sign", forget_and_sign)


def a_line_is_closed_before_the_end(patch: pytest.MonkeyPatch) -> None:
    deliver = Order.deliver
    patch.setattr(Order, "deliver", lambda order, number, quantity: deliver(order, number, quantity + 1))


def what_is_asked_back_counts_at_once(patch: pytest.MonkeyPatch) -> None:
    request = taking_back.request

    def request_and_count(order: Order, pieces: Any, **more: Any) -> list[object]:
        events = request(order, pieces, **more)
        for line, quantity in pieces:
            line.cancelled += quantity
        return events

    patch.setattr(taking_back, "request", request_and_count)


@pytest.mark.parametrize(
    "breaking",
    [
        one_signature_is_enough,
        one_may_sign_twice,
        a_line_is_closed_before_the_end,
        what_is_asked_back_counts_at_once,
    ],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_rule_is_found_out(monkeypatch: pytest.MonkeyPatch, breaking: Breaking) -> None:
    finds_out(Life, breaking, monkeypatch)
