"""What a facility may say about its work order, when not, and what is told of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from services.production.domain.work_order import STATES, WorkOrder, short_code
from shared.events.production import LotReleased, WorkOrderCompleted, WorkOrderInspected, WorkOrderStarted
from shared.refusal import Refused

DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


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
    order.accept(on=DAY, cleared_until=DAY)
    order.start(on=DAY, cleared_until=DAY)
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
    accepted.accept(on=DAY, cleared_until=DAY)
    with pytest.raises(Refused, match="accepted"):
        accepted.decline(reason="too late")


def test_more_than_remains_is_refused_with_what_remains() -> None:
    order = started(100)
    made(order, 60)
    with pytest.raises(Refused, match=r"47 is more than the 40 that remain\.") as refusal:
        made(order, 47)
    assert (refusal.value.field, order.made) == ("pieces", 60)


def test_no_more_is_mended_than_was_found_wanting() -> None:
    order = started(100)
    made(order, 60)
    order.inspect(passed=50, rework=10, scrap=0, lot="L")
    with pytest.raises(Refused, match=r"11 is more than the 10 to be mended\.") as refusal:
        order.report(11, kind="reworked", worked_on=DAY, today=DAY)
    assert (refusal.value.field, order.rework, order.awaiting) == ("pieces", 10, 0)


@pytest.mark.parametrize("pieces", [0, -1])
def test_nothing_can_not_be_reported(pieces: int) -> None:
    with pytest.raises(Refused, match="from 1"):
        made(started(), pieces)


def test_nothing_begins_after_the_clearance_has_run_out() -> None:
    yesterday = DAY - timedelta(days=1)
    for until in (yesterday, None):
        with pytest.raises(Refused, match="clearance"):
            a_work_order().accept(on=DAY, cleared_until=until)
    order = a_work_order()
    order.accept(on=yesterday, cleared_until=yesterday)
    with pytest.raises(Refused, match="clearance"):
        order.start(on=DAY, cleared_until=yesterday)
    assert order.state == "accepted"


def test_what_has_begun_goes_on_after_the_clearance_has_run_out() -> None:
    order = started()
    order.pause(reason="razia", at=NOON)
    order.start(on=DAY + timedelta(days=100), cleared_until=DAY)
    made(order, 1)
    assert order.state == "in_progress"


@pytest.mark.parametrize("number", ["3314010101900001", "3314 0101 0190 0001", "33.14.01.010190.0001"])
def test_nobodys_identity_number_leaves_in_a_reason(number: str) -> None:
    with pytest.raises(Refused, match="identity number") as refusal:
        a_work_order().decline(reason=f"milik {number}")
    assert refusal.value.field == "reason"


def test_numbers_of_two_facilities_of_one_place_do_not_meet() -> None:
    assert [short_code(code) for code in ("LPS-SRG", "LPS-PKL", "RTN-PKL", "LPP-SMG")] == [
        "SRG",
        "PKL",
        "RTNPKL",
        "LPPSMG",
    ]


def test_the_state_follows_from_what_happened() -> None:
    order = a_work_order(10)
    states = [order.state]
    steps: list[Callable[[], object]] = [
        lambda: order.accept(on=DAY, cleared_until=DAY),
        lambda: order.start(on=DAY, cleared_until=DAY),
        lambda: order.pause(reason="listrik padam", at=NOON),
        lambda: order.start(on=DAY, cleared_until=DAY),
        lambda: made(order, 10),
        lambda: order.inspect(passed=8, rework=2, scrap=0, lot="L"),
        lambda: order.report(2, kind="reworked", worked_on=DAY, today=DAY),
        lambda: order.inspect(passed=2, rework=0, scrap=0, lot="L"),
    ]
    for step in steps:
        step()
        states.append(order.state)
    assert states == [
        "offered",
        "accepted",
        "in_progress",
        "paused",
        "in_progress",
        "awaiting_qc",
        "rework",
        "awaiting_qc",
        "completed",
    ]
    assert set(states) | {"declined", "cancelled", "short_closed"} == set(STATES)


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
    with pytest.raises(Refused, match="11 is more than the 10 that await"):
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
    order.pause(reason="razia", at=NOON)
    with pytest.raises(Refused, match="paused"):
        made(order, 1)
    assert order.start(on=DAY, cleared_until=DAY) == []
    made(order, 1)


def test_work_begins_once_on_the_whole_quantity() -> None:
    order = a_work_order(100)
    order.accept(on=DAY, cleared_until=DAY)
    (event,) = order.start(on=DAY, cleared_until=DAY)
    assert isinstance(event, WorkOrderStarted)
    assert event.quantity == 100
    with pytest.raises(Refused, match="in_progress"):
        order.start(on=DAY, cleared_until=DAY)
