"""What is cancelled is stopped where nobody works on it yet; work that has begun goes on, counted and paid."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.production.domain.cancellation import stop
from services.production.domain.work_order import WorkOrder
from services.production.handlers import hearing
from shared.events.orders import ClearanceWithdrawn, Party
from shared.events.production import WorkOrderReduced, WorkOrderWithdrawn
from shared.refusal import Refused
from tests.clock import in_days, today
from tests.production.conftest import (
    KLATEN,
    ORDER,
    Production,
    a_cancellation,
    a_clearance,
    an_amendment,
    an_order,
)
from tests.production.test_planning import staff
from tests.production.test_work_order import DAY, a_work_order


def accepted(quantity: int) -> WorkOrder:
    order = a_work_order(quantity)
    order.accept(on=DAY, cleared_until=DAY)
    return order


def started(quantity: int) -> WorkOrder:
    order = accepted(quantity)
    order.start(on=DAY, cleared_until=DAY)
    return order


def test_what_no_facility_has_is_stopped_first_then_offers_then_what_was_accepted() -> None:
    offer, promise = a_work_order(100), accepted(100)
    stopped = stop(150, unassigned=70, work_orders=[promise, offer], on=DAY)
    (told,) = stopped.told
    assert (stopped.pieces, stopped.going_on, promise.quantity) == (150, (), 100)
    assert isinstance(told, WorkOrderReduced)
    assert (offer.quantity, offer.taken_back, told.left) == (20, 80, 20)


def test_whole_work_orders_are_withdrawn_and_the_last_is_reduced() -> None:
    offer, promise = a_work_order(100), accepted(100)
    stopped = stop(150, unassigned=0, work_orders=[promise, offer], on=DAY)
    assert [type(told) for told in stopped.told] == [WorkOrderWithdrawn, WorkOrderReduced]
    assert (offer.state, promise.state, promise.quantity) == ("cancelled", "accepted", 50)


def test_work_that_has_begun_goes_on_and_is_named() -> None:
    begun = started(100)
    stopped = stop(150, unassigned=20, work_orders=[begun], on=DAY)
    assert (stopped.pieces, stopped.told, begun.quantity) == (20, (), 100)
    assert [(each.quantity, each.reason) for each in stopped.going_on] == [(100, "under_way")]


def test_no_more_is_taken_back_than_there_is_and_nothing_that_has_begun() -> None:
    with pytest.raises(Refused):
        started(100).take_back(10, on=DAY)
    with pytest.raises(Refused):
        a_work_order(100).take_back(101, on=DAY)


# Over the database


def answer(production: Production) -> dict[str, Any]:
    return production.told("production_stopped")[-1][1]


def test_a_cancelled_line_that_was_never_cleared_is_stopped_as_a_whole(production: Production) -> None:
    production.hears(an_order(), a_cancellation())
    assert (answer(production)["stopped"], answer(production)["going_on"]) == (1_000, [])
    production.hears(a_clearance())
    assert production.office.work_orders() == []


def test_the_rest_of_a_cancelled_line_is_planned_and_the_facilities_see_what_is_left(
    shared_out: Production,
) -> None:
    before = sum(row["quantity"] for row in shared_out.office.work_orders())
    shared_out.hears(a_cancellation(400))
    rows = shared_out.office.work_orders()
    left = sum(row["quantity"] for row in rows if row["state"] != "cancelled")
    assert (before, left) == (1_000, 600)
    plan = shared_out.told("production_planned")[-1][1]
    assert (plan["allocated"], plan["unallocated"]) == (600, 0)
    kinds = [kind for kind, _ in shared_out.told()]
    assert kinds[-2:] == ["production_planned", "production_stopped"]


def test_a_withdrawn_offer_can_not_be_accepted(shared_out: Production) -> None:
    offers = shared_out.sragen.work_orders()
    shared_out.hears(a_cancellation())
    refused = shared_out.sragen.do(offers[0], "accept")
    assert (refused.status_code, shared_out.sragen.work_orders()[0]["state"]) == (422, "cancelled")
    assert "cancelled" in refused.json["detail"]


def test_finished_work_of_a_cancelled_line_stays_counted(shared_out: Production) -> None:
    begun = shared_out.sragen.started()
    shared_out.sragen.do(begun, "report", pieces=begun["quantity"], worked_on=today().isoformat())
    shared_out.sragen.do(begun, "inspect", passed=begun["quantity"], rework=0, scrap=0)
    shared_out.hears(a_cancellation())
    told = answer(shared_out)
    assert told["stopped"] == 1_000 - begun["quantity"]
    assert [(each["facility"], each["reason"]) for each in told["going_on"]] == [("LPS-SRG", "finished")]
    assert shared_out.sragen.work_orders()[0]["good"] == begun["quantity"]


def test_two_requests_never_stop_the_same_piece(shared_out: Production) -> None:
    shared_out.hears(a_cancellation(700), a_cancellation(700))
    assert [data["stopped"] for _, data in shared_out.told("production_stopped")] == [700, 300]


def test_work_that_begins_while_it_is_cancelled_is_either_stopped_or_goes_on(shared_out: Production) -> None:
    (offer, *_) = shared_out.sragen.work_orders()
    shared_out.sragen.do(offer, "accept")

    def begin() -> bool:
        return shared_out.sragen.do(offer, "start").status_code == 200

    def cancel() -> None:
        with shared_out.database.transaction() as session:
            hearing.on_cancellation_requested(session, a_cancellation(), None)

    with ThreadPoolExecutor(2) as threads:
        begun, cancelled = threads.submit(begin), threads.submit(cancel)
        cancelled.result()
    goes_on = offer["quantity"] if begun.result() else 0
    assert answer(shared_out)["stopped"] == 1_000 - goes_on


# Amended lines


def test_nothing_begins_under_a_clearance_that_was_withdrawn_until_there_is_a_new_one(
    shared_out: Production,
) -> None:
    (offer, *_) = shared_out.sragen.work_orders()
    france = Party(name="Consignee", address=("Rue 1",), country="FR")
    shared_out.hears(
        an_amendment(consignee=france), ClearanceWithdrawn(order_id=ORDER, line=1, purpose="produce")
    )
    assert shared_out.sragen.do(offer, "accept").status_code == 422
    shared_out.hears(a_clearance(destination="FR"))
    assert shared_out.sragen.do(offer, "accept").status_code == 200


def test_more_pieces_are_shared_out_once_they_are_cleared(shared_out: Production) -> None:
    shared_out.hears(
        an_amendment(ordered=1_500), ClearanceWithdrawn(order_id=ORDER, line=1, purpose="produce")
    )
    assert len(shared_out.told("production_planned")) == 1
    shared_out.hears(a_clearance(quantity=1_500))
    assert shared_out.told("production_planned")[-1][1]["allocated"] == 1_500


def test_an_earlier_day_has_what_has_not_begun_planned_anew_where_that_helps(production: Production) -> None:
    production.hears(an_order(quantity=20_000), a_clearance(quantity=20_000))
    first = max(row["due"] for row in production.office.work_orders())
    staff(production, LPS_KLT=90)
    production.hears(an_amendment(ordered=20_000, requested_date=in_days(2)))
    live = [row for row in production.office.work_orders() if row["state"] == "offered"]
    assert max(row["due"] for row in live) < first
    assert sum(row["quantity"] for row in live) == 20_000
    assert {row["state"] for row in production.office.work_orders()} == {"offered", "cancelled"}


def test_a_day_that_nobody_can_keep_is_answered_with_the_promise(shared_out: Production) -> None:
    shared_out.hears(an_amendment(requested_date=in_days(1)))
    soonest, withdrawn = len(shared_out.told("production_planned")), shared_out.told("work_order_withdrawn")
    shared_out.hears(an_amendment(requested_date=in_days(2)))
    plans = [data for _, data in shared_out.told("production_planned")]
    assert len(plans) == soonest + 1
    assert plans[-1] == plans[-2]
    assert shared_out.told("work_order_withdrawn") == withdrawn


# Cleared for fewer


def test_a_clearance_for_fewer_pieces_takes_back_what_is_beyond_it_and_tells_the_facilities(
    shared_out: Production,
) -> None:
    shared_out.hears(a_clearance(quantity=400))
    rows = shared_out.office.work_orders()
    assert sum(row["quantity"] for row in rows if row["state"] == "offered") == 400
    back = shared_out.told("work_order_withdrawn", "work_order_reduced")
    assert sum(data["quantity"] for _, data in back) == 600
    kind, plan = shared_out.told()[-1]
    assert kind == "production_planned"
    assert (plan["because"], plan["allocated"], plan["unallocated"]) == ("cleared", 400, 0)
    assert plan["promised_date"] is not None


def test_work_under_way_goes_on_when_fewer_pieces_are_cleared(shared_out: Production) -> None:
    begun = shared_out.sragen.started()
    shared_out.hears(a_clearance(quantity=1))
    states = [(row["state"], row["quantity"]) for row in shared_out.office.work_orders(state="in_progress")]
    assert states == [("in_progress", begun["quantity"])]
    assert shared_out.told()[-1][1]["allocated"] == begun["quantity"]
    assert shared_out.office.work_orders(state="offered") == []
    reported = shared_out.sragen.do(begun, "report", pieces=begun["quantity"], worked_on=today().isoformat())
    assert reported.status_code == 200


@pytest.mark.parametrize(("cleared", "again"), [(500, 400), (100, 0)])
def test_of_a_shortage_no_more_is_offered_again_than_is_cleared_by_now(
    shared_out: Production, cleared: int, again: int
) -> None:
    begun = shared_out.sragen.started()
    shared_out.hears(a_clearance(quantity=cleared))
    shared_out.sragen.do(begun, "report", pieces=100, worked_on=today().isoformat())
    shared_out.sragen.do(begun, "inspect", passed=100, rework=0, scrap=0)
    closed = shared_out.head.do(begun, "short-close", reason="Sabut habis sampai bulan depan")
    assert closed.status_code == 200, closed.text
    offers = shared_out.office.work_orders(state="offered")
    assert sum(row["quantity"] for row in offers) == again
    plan = next(data for kind, data in reversed(shared_out.told()) if kind == "production_planned")
    assert (plan["allocated"], plan["unallocated"]) == (cleared, 0)


@pytest.mark.parametrize("cleared", [500, 100])
def test_after_a_shortage_the_reasons_are_those_of_the_plan_that_looked_last_or_none(
    shared_out: Production, cleared: int
) -> None:
    begun = shared_out.sragen.started()
    shared_out.hears(a_clearance(quantity=cleared))
    before = why_not_there(shared_out, begun)
    assert set(before.values()) == {"no_hours"}
    shared_out.sragen.do(begun, "report", pieces=100, worked_on=today().isoformat())
    shared_out.sragen.do(begun, "inspect", passed=100, rework=0, scrap=0)
    closed = shared_out.head.do(begun, "short-close", reason="Sabut habis sampai bulan depan")
    assert closed.status_code == 200, closed.text
    anew = {code: reason for code, reason in before.items() if code != KLATEN}
    assert why_not_there(shared_out, begun) == (anew if cleared > 100 else {})


def why_not_there(production: Production, work: dict[str, Any]) -> dict[str, str]:
    shown = production.office.get(f"/work-orders/{work['id']}").json["passed_over"]
    return {row["facility"]: row["reason"] for row in shown}


def test_what_no_facility_has_and_is_not_cleared_any_more_is_told_as_wanted_no_more(
    production: Production,
) -> None:
    production.hears(an_order(quantity=10_000_000), a_clearance(quantity=10_000_000))
    plan = production.told("production_planned")[-1][1]
    assert plan["unallocated"] > 0
    production.hears(a_clearance(quantity=plan["allocated"]))
    plans = [data for _, data in production.told("production_planned")]
    assert (plans[-1]["allocated"], plans[-1]["unallocated"]) == (plan["allocated"], 0)
    assert production.told("work_order_withdrawn", "work_order_reduced") == []
    production.hears(a_clearance(quantity=plan["allocated"], expires_on=in_days(80)))
    assert len(production.told("production_planned")) == len(plans)


def test_what_is_cancelled_after_fewer_were_cleared_is_stopped_once(shared_out: Production) -> None:
    shared_out.hears(a_clearance(quantity=600), a_cancellation(400))
    assert answer(shared_out)["stopped"] == 400
    rows = shared_out.office.work_orders(state="offered")
    assert sum(row["quantity"] for row in rows) == 600
    assert shared_out.told("production_planned")[-1][1]["allocated"] == 600
