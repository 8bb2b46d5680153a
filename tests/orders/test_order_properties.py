"""Whatever is signed and heard about an order, in whatever order, its quantities and its releases hold together."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services.orders.domain.destination_policy import Action
from services.orders.domain.hold import RELEASE_ROLES, Hold, Signer
from services.orders.domain.order import RELEASE_DAYS, Line, Order
from shared.events.orders import ClearanceGranted, HoldOpened, OrderClosed, OrderLineClosed, ReleaseSigned
from shared.refusal import Refused
from tests.facts import facts
from tests.orders.test_order import DAY, REASON, a_line, an_order

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
        self._do(lambda: self.order.sign_release(number, by=by, reason=reason, on=self.today))

    @rule(number=LINES)
    def release(self, number: int) -> None:
        for person, role in enumerate(RELEASE_ROLES, 1):
            self.sign(number, Signer(f"person:{person}", "A person", role), REASON)

    @rule(number=LINES, pieces=PIECES)
    def plan(self, number: int, pieces: int) -> None:
        """Production plans what is cleared, and never less than it has made."""
        line = self._line(number)
        if line and line.cleared_until("produce"):
            allocated = max(line.good, min(pieces, line.wanted))
            self.order.plan(number, allocated=allocated, promised_date=self.today)

    @rule(number=LINES, pieces=PIECES, stage=st.sampled_from(STAGES[2:]))
    def move(self, number: int, pieces: int, stage: str) -> None:
        """As many pieces as there are come a stage further; they depart only when cleared to export."""
        line = self._line(number)
        if line is None or (stage == "departed" and not line.cleared_until("export")):
            return
        there = getattr(line, STAGES[STAGES.index(stage) - 1]) - getattr(line, stage)
        if there:
            self._move(line, min(pieces, there), stage)

    @rule(number=LINES)
    def move_all(self, number: int) -> None:
        self.release(number)
        self.plan(number, 20)
        for stage in STAGES[2:]:
            self.move(number, 20, stage)
            self.release(number)

    @rule(days=st.integers(1, 100))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    def _move(self, line: Line, pieces: int, stage: str) -> None:
        if stage == "good":
            self._do(lambda: self.order.finish(line.number, pieces, on=self.today))
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
            quantities = [line.wanted, *(getattr(line, stage) for stage in STAGES[1:]), 0]
            assert quantities == sorted(quantities, reverse=True)

    @invariant()
    def two_people_in_two_roles_stand_under_each_release(self) -> None:
        for line in self.order.lines:
            for hold in line.holds:
                signers = {signature.signer_id for signature in hold.signatures}
                roles = {signature.role for signature in hold.signatures}
                assert len(signers) == len(roles) == len(hold.signatures) <= len(RELEASE_ROLES)
                assert self.order.placed_by not in signers
                assert roles <= set(RELEASE_ROLES)
            assert all(len(hold.signatures) == len(RELEASE_ROLES) for hold in line.holds[:-1])

    @invariant()
    def each_decision_is_told_once_and_covers_the_line(self) -> None:
        granted = self._told(ClearanceGranted)
        told = Counter((event.line, event.purpose) for event in granted)
        assert told == Counter(
            (line.number, purpose) for line in self.order.lines for purpose in _decided(line)
        )
        for event in granted:
            line = self.order.line(event.line)
            assert (event.quantity, event.destination) == (line.wanted, line.destination)
            assert DAY <= event.expires_on - timedelta(days=RELEASE_DAYS) <= self.today

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
            assert (line.state == "policy_blocked") == line.blocked
            assert (line.state == "closed") == (line.delivered == line.ordered)
            assert line.state.endswith("delivered") == (0 < line.delivered < line.ordered)
            if line.state == "policy_hold":
                assert not line.allocated

    def _told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


def _decided(line: Line) -> list[str]:
    """For what the line was cleared: if it was held, by a release; if not, by having come so far."""
    if line.action == "allow":
        return ["produce", "export"] if line.good == line.wanted else ["produce"]
    return [hold.purpose for hold in line.holds if len(hold.signatures) == len(RELEASE_ROLES)]


Life.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase


def one_signature_is_enough(patch: pytest.MonkeyPatch) -> None:
    sign = Hold.sign

    def sign_and_release(hold: Hold, by: Signer, reason: str, on: date) -> None:
        sign(hold, by, reason, on)
        hold.released_on = on

    patch.setattr(Hold, "sign", sign_and_release)


def one_may_sign_twice(patch: pytest.MonkeyPatch) -> None:
    sign = Hold.sign

    def forget_and_sign(hold: Hold, by: Signer, reason: str, on: date) -> None:
        earlier, hold.signatures = hold.signatures, []
        sign(hold, by, reason, on)
        hold.signatures = [*earlier, *hold.signatures]

    patch.setattr(Hold, "sign", forget_and_sign)


def a_line_is_closed_before_the_end(patch: pytest.MonkeyPatch) -> None:
    deliver = Order.deliver
    patch.setattr(Order, "deliver", lambda order, number, quantity: deliver(order, number, quantity + 1))


@pytest.mark.parametrize(
    "breaking",
    [one_signature_is_enough, one_may_sign_twice, a_line_is_closed_before_the_end],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_rule_is_found_out(
    monkeypatch: pytest.MonkeyPatch, breaking: Callable[[pytest.MonkeyPatch], None]
) -> None:
    breaking(monkeypatch)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Life, settings=settings(Life.TestCase.settings, phases=[Phase.generate]))
