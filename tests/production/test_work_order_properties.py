"""Whatever a facility says about a work order, in whatever order, its pieces add up and its events tell the same."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.production.domain.report import Kind
from services.production.domain.work_order import STATES, WorkOrder
from shared.events.production import (
    LotReleased,
    PiecesCorrected,
    PiecesReported,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderReduced,
    WorkOrderShortClosed,
    WorkOrderStarted,
    WorkOrderWithdrawn,
)
from shared.refusal import Refused
from tests.breaking import finds_out
from tests.facts import facts
from tests.production.test_work_order import DAY, NOON, a_work_order

Event = TypeVar("Event")

DAYS = st.integers(-2, 2)
REASONS = st.sampled_from(["listrik padam", " ", "x", "milik 3314010101900001"])
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["made", "reworked"])


class Piecework(RuleBasedStateMachine):
    """Any commands, possible or not; those that are refused change nothing."""

    @initialize(
        quantity=st.integers(1, 20),
        begun=st.sampled_from([True, True, False]),
        tolerance=st.sampled_from([0, 0, 20]),
    )
    def offer(self, quantity: int, begun: bool, tolerance: int) -> None:
        self.order = a_work_order(quantity)
        self.tolerance = tolerance
        self.today = DAY
        self.told: list[object] = []
        if begun:
            self._do(lambda: self.order.accept(on=self.today, cleared_until=self.today))
            self._do(lambda: self.order.start(on=self.today, cleared_until=self.today))

    @rule(cleared=DAYS)
    def accept(self, cleared: int) -> None:
        self._do(lambda: self.order.accept(on=self.today, cleared_until=self._day(cleared)))

    @rule(reason=REASONS)
    def decline(self, reason: str) -> None:
        self._do(lambda: self.order.decline(reason=reason))

    @rule(cleared=DAYS)
    def start(self, cleared: int) -> None:
        self._do(lambda: self.order.start(on=self.today, cleared_until=self._day(cleared)))

    @rule(reason=REASONS)
    def pause(self, reason: str) -> None:
        self._do(lambda: self.order.pause(reason=reason, at=NOON))

    @rule(pieces=st.integers(-1, 21))
    def take_back(self, pieces: int) -> None:
        self._do(lambda: [self.order.take_back(pieces, on=self.today)])

    @rule(pieces=st.integers(-1, 21), kind=KINDS, worked=st.sampled_from([0, 0, 0, -1, 1]))
    def report(self, pieces: int, kind: Kind, worked: int) -> None:
        day = self._day(worked)
        self._do(
            lambda: self.order.report(
                pieces, kind=kind, worked_on=day, today=self.today, tolerance_pct=self.tolerance
            )
        )

    @rule(nth=st.integers(1, 4), pieces=st.integers(-1, 21), reason=REASONS)
    def correct(self, nth: int, pieces: int, reason: str) -> None:
        for number, entry in enumerate(self.order.reports, 1):  # as the database numbers them
            entry.id = number
        self._do(lambda: self.order.correct(nth, pieces=pieces, reason=reason, tolerance_pct=self.tolerance))

    @rule(reason=REASONS)
    def short_close(self, reason: str) -> None:
        self._do(lambda: self.order.short_close(reason=reason))

    @rule(passed=st.integers(-1, 12), rework=st.integers(-1, 4), scrap=st.integers(-1, 4))
    def inspect(self, passed: int, rework: int, scrap: int) -> None:
        self._do(lambda: self.order.inspect(passed=passed, rework=rework, scrap=scrap, lot="L"))

    @rule(
        rework=st.integers(-1, 4),
        scrap=st.integers(-1, 4),
        since=st.sampled_from([0, 0, 0, -1, 1]),
        reason=REASONS,
    )
    def correct_inspection(self, rework: int, scrap: int, since: int, reason: str) -> None:
        self._do(
            lambda: self.order.correct_inspection(
                rework=rework,
                scrap=scrap,
                rework_seen=self.order.rework - since,
                scrap_seen=self.order.scrap,
                reason=reason,
                tolerance_pct=self.tolerance,
            )
        )

    @rule(pieces=st.integers(1, 8), rework=st.integers(0, 3), scrap=st.integers(0, 3))
    def work_a_day(self, pieces: int, rework: int, scrap: int) -> None:
        """Mend and make as much as there is, and inspect all that waits."""
        self.report(min(pieces, self.order.rework), "reworked", 0)
        self.report(min(pieces, self.order.room(self.tolerance)), "made", 0)
        self.inspect(max(0, self.order.awaiting - rework - scrap), rework, scrap)

    @rule(days=st.integers(1, 2))
    def wait(self, days: int) -> None:
        self.today += timedelta(days=days)

    def _day(self, later: int) -> date:
        return self.today + timedelta(days=later)

    def _do(self, command: Callable[[], list[object]]) -> None:
        before = facts(self.order)
        try:
            self.told += command()
        except Refused:
            assert facts(self.order) == before

    @invariant()
    def pieces_add_up(self) -> None:
        order = self.order
        assert order.made == order.good + order.rework + order.scrap + order.awaiting
        assert order.quantity == order.remaining + order.awaiting + order.rework + order.good
        assert min(order.made, order.good, order.rework, order.scrap, order.awaiting, order.remaining) >= 0
        assert order.good <= order.quantity
        assert order.extra == max(0, order.made - order.scrap - order.asked)
        assert order.extra <= order.asked * self.tolerance // 100

    @invariant()
    def what_was_told_adds_up_to_the_same(self) -> None:
        order, inspected = self.order, self._told(WorkOrderInspected)
        reports = Counter[str]()
        for event in self._told(PiecesReported):
            reports[event.kind] += event.pieces
        for correction in self._told(PiecesCorrected):
            reports[correction.kind] += correction.pieces
        assert reports["made"] == order.made
        assert sum(event.rework for event in inspected) - reports["reworked"] == order.rework
        assert sum(event.scrap for event in inspected) == order.scrap
        assert sum(event.passed for event in inspected) == order.good
        assert sum(event.quantity for event in self._told(LotReleased)) == order.good
        assert sum(event.extra for event in self._told(LotReleased)) == max(0, order.good - order.asked)
        assert [(r.pieces, r.kind, r.worked_on) for r in order.reports] == [
            (event.pieces, event.kind, event.worked_on)
            for event in self.told
            if isinstance(event, (PiecesReported, PiecesCorrected))
        ]
        assert sum(event.quantity for event in self._told(WorkOrderShortClosed)) == order.short_closed

    @invariant()
    def the_state_is_what_the_events_and_quantities_make_it(self) -> None:
        order, told = self.order, Counter(type(event) for event in self.told)
        assert order.state in STATES
        assert told[WorkOrderDeclined] == (order.state == "declined")
        assert told[WorkOrderWithdrawn] == (order.state == "cancelled")
        assert sum(event.quantity for event in self._told(WorkOrderReduced)) == order.taken_back
        assert told[WorkOrderCompleted] == (order.state == "completed")
        assert told[WorkOrderShortClosed] == (order.state == "short_closed")
        assert (order.state in ("completed", "short_closed")) == (order.good == order.quantity)
        if order.state != "cancelled":
            assert told[WorkOrderAccepted] == (order.state not in ("offered", "declined"))
        assert told[WorkOrderStarted] == (order.started_on is not None)
        assert (order.started_on is None) == (
            order.state in ("offered", "declined", "accepted", "cancelled")
            or any(not event.begun for event in self._told(WorkOrderShortClosed))
        )
        if order.made:
            assert told[WorkOrderStarted]
        if told[WorkOrderCompleted]:
            assert isinstance(self.told[-1], WorkOrderCompleted)

    def _told(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.told if isinstance(event, kind)]


Piecework.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestPiecework = Piecework.TestCase


def scrap_is_not_told(patch: pytest.MonkeyPatch) -> None:
    tell = WorkOrder._inspected
    patch.setattr(
        WorkOrder,
        "_inspected",
        lambda self, passed, rework, scrap, *rest: tell(self, passed, rework, 0, *rest),
    )


def test_an_event_that_tells_too_little_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    finds_out(Piecework, scrap_is_not_told, monkeypatch)
