"""A work order's pieces always add up, whatever is reported and inspected."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.production.domain.work_order import WorkOrder
from shared.events.production import LotReleased, WorkOrderCompleted, WorkOrderInspected, WorkOrderStarted
from shared.refusal import Refused

DAY = date(2026, 3, 2)


def a_work_order(quantity: int = 100) -> WorkOrder:
    return WorkOrder(
        id=UUID(int=1),
        number="WO-SRG-2026-0001",
        order_id=UUID(int=2),
        line=1,
        sku="CR-BALL-07",
        facility="LPS-SRG",
        quantity=quantity,
        due=DAY + timedelta(days=30),
        why="",
        offered_on=DAY,
    )


def started(quantity: int = 100) -> WorkOrder:
    order = a_work_order(quantity)
    order.accept(on=DAY)
    order.start(on=DAY)
    return order


def made(order: WorkOrder, pieces: int) -> None:
    order.report(pieces, kind="made", worked_on=DAY, today=DAY)


def test_a_facility_may_decline_with_a_reason_until_it_has_accepted() -> None:
    order = a_work_order()
    with pytest.raises(Refused, match="reason"):
        order.decline(reason=" ")
    order.decline(reason="the workshop is full")
    assert (order.state, order.live) == ("declined", False)
    accepted = a_work_order()
    accepted.accept(on=DAY)
    with pytest.raises(Refused, match="accepted"):
        accepted.decline(reason="too late")


def test_more_than_remains_is_refused_with_what_remains() -> None:
    order = started(100)
    made(order, 60)
    with pytest.raises(Refused, match="47 is not possible: 40 remain") as refusal:
        made(order, 47)
    assert (refusal.value.field, order.made) == ("pieces", 60)


def test_what_passes_is_released_as_a_lot_and_the_last_piece_completes() -> None:
    order = started(100)
    made(order, 100)
    first = order.inspect(passed=90, rework=8, scrap=2, lot="SRG-2603-001")
    assert [type(event) for event in first] == [WorkOrderInspected, LotReleased]
    assert (order.remaining, order.state) == (2, "in_progress")
    made(order, 2)
    order.report(8, kind="reworked", worked_on=DAY, today=DAY)
    second = order.inspect(passed=10, rework=0, scrap=0, lot="SRG-2603-002")
    assert [type(event) for event in second] == [WorkOrderInspected, LotReleased, WorkOrderCompleted]
    assert order.state == "completed"


def test_more_than_awaits_is_not_inspected() -> None:
    order = started(100)
    made(order, 10)
    with pytest.raises(Refused, match="10 await"):
        order.inspect(passed=10, rework=1, scrap=0, lot="L")
    with pytest.raises(Refused) as refusal:
        order.inspect(passed=11, rework=-1, scrap=0, lot="L")
    assert refusal.value.field == "rework"


def test_a_day_before_the_start_or_in_the_future_is_refused() -> None:
    for worked_on in (DAY - timedelta(days=1), DAY + timedelta(days=1)):
        with pytest.raises(Refused) as refusal:
            started().report(1, kind="made", worked_on=worked_on, today=DAY)
        assert refusal.value.field == "worked_on"


def test_work_that_stands_still_takes_no_report_and_goes_on_without_starting_anew() -> None:
    order = started()
    order.pause(reason="razia")
    with pytest.raises(Refused, match="paused"):
        made(order, 1)
    assert order.start(on=DAY) == []
    made(order, 1)
    assert [type(event) for event in a_started_event()] == [WorkOrderStarted]


def a_started_event() -> list[object]:
    order = a_work_order()
    order.accept(on=DAY)
    return order.start(on=DAY)


class Piecework(RuleBasedStateMachine):
    """Any reports and inspections in any order."""

    @initialize(quantity=st.integers(1, 50))
    def begin(self, quantity: int) -> None:
        self.order = started(quantity)
        self.released = 0

    @rule(pieces=st.integers(-5, 60), kind=st.sampled_from(["made", "reworked"]))
    def report(self, pieces: int, kind: str) -> None:
        try:
            self.order.report(pieces, kind=kind, worked_on=DAY, today=DAY)  # type: ignore[arg-type]  # both kinds
        except Refused:
            return

    @rule(passed=st.integers(-2, 30), rework=st.integers(-2, 10), scrap=st.integers(-2, 10))
    def inspect(self, passed: int, rework: int, scrap: int) -> None:
        try:
            events = self.order.inspect(passed=passed, rework=rework, scrap=scrap, lot="L")
        except Refused:
            return
        self.released += sum(event.quantity for event in events if isinstance(event, LotReleased))

    @invariant()
    def pieces_add_up(self) -> None:
        if hasattr(self, "order"):
            order = self.order
            assert order.made == order.good + order.rework + order.scrap + order.awaiting
            assert (
                min(order.made, order.good, order.rework, order.scrap, order.awaiting, order.remaining) >= 0
            )
            assert order.quantity == order.remaining + order.awaiting + order.rework + order.good
            assert self.released == order.good


Piecework.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestPiecework = Piecework.TestCase
