"""A facility says yes for a day of its own, no for a reason that is counted, or ends its part early."""

from datetime import date, timedelta

import pytest

from shared.events.production import WorkOrderShortClosed
from shared.refusal import Refused
from shared.web.access import HEAD
from tests.production.conftest import KLATEN, SRAGEN, Production, a_cancellation
from tests.production.test_board import Visitor
from tests.production.test_reports import pieces
from tests.production.test_work_order import DAY, a_work_order, made, started


def test_an_order_ends_early_with_what_is_good_and_only_once() -> None:
    order = started(100)
    made(order, 60)
    with pytest.raises(Refused, match="60 pieces"):
        order.short_close(reason="bahan habis")
    order.inspect(passed=55, rework=0, scrap=5, lot="L")
    (told,) = order.short_close(reason="bahan habis")
    assert isinstance(told, WorkOrderShortClosed)
    assert (told.quantity, told.left) == (45, 55)
    assert (order.state, order.quantity, order.good, order.remaining) == ("short_closed", 55, 55, 0)
    with pytest.raises(Refused, match="short_closed"):
        order.short_close(reason="bahan habis")


def test_the_shortage_and_nothing_else_is_offered_to_another_facility(shared_out: Production) -> None:
    before = sum(order["quantity"] for order in shared_out.klaten.work_orders())
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(30)).status_code == 200
    assert shared_out.sragen.do(work, "inspect", passed=30, rework=0, scrap=0).status_code == 200
    reason = {"reason": "Sabut habis sampai bulan depan"}
    assert shared_out.sragen.post(f"/work-orders/{work['id']}/short-close", reason).status_code == 403
    answer = shared_out.head.post(f"/work-orders/{work['id']}/short-close", reason)
    assert (answer.status_code, answer.json["state"], answer.json["quantity"]) == (200, "short_closed", 30)
    assert answer.json["short_closed"] == work["quantity"] - 30
    after = shared_out.klaten.work_orders()
    assert sum(order["quantity"] for order in after) == before + work["quantity"] - 30
    plan = shared_out.told("production_planned")[-1][1]
    assert (plan["because"], plan["allocated"], plan["unallocated"]) == ("short_closed", 1_000, 0)
    assert {each["facility"] for each in plan["allocations"]} == {"LPS-SRG", KLATEN}


def test_the_head_gives_back_what_was_accepted_and_never_begun(shared_out: Production) -> None:
    before = sum(order["quantity"] for order in shared_out.klaten.work_orders())
    (work,) = shared_out.sragen.work_orders()
    reason = {"reason": "Bengkel dipakai untuk pelatihan"}
    assert shared_out.head.do(work, "short-close", **reason).status_code == 422
    assert shared_out.sragen.do(work, "accept").status_code == 200
    head = Visitor(shared_out, HEAD, SRAGEN)
    assert f"Kembalikan semua {work['quantity']} buah" in head.open()
    assert head.submit(work, "short_close", **reason).status_code == 303
    ended = shared_out.sragen.get(f"/work-orders/{work['id']}").json
    assert (ended["state"], ended["quantity"], ended["short_closed"]) == ("short_closed", 0, work["quantity"])
    told = shared_out.told("work_order_short_closed")[-1][1]
    assert (told["quantity"], told["left"], told["begun"]) == (work["quantity"], 0, False)
    assert sum(order["quantity"] for order in shared_out.klaten.work_orders()) == before + work["quantity"]
    assert shared_out.sragen.do(work, "start").status_code == 422


def test_what_was_given_back_is_neither_taken_back_again_nor_in_the_way_of_a_cancellation(
    shared_out: Production,
) -> None:
    (work,) = shared_out.sragen.work_orders()
    assert shared_out.sragen.do(work, "accept").status_code == 200
    assert shared_out.head.do(work, "short-close", reason="Bengkel ditutup").status_code == 200
    shared_out.hears(a_cancellation())
    assert shared_out.told("production_stopped")[-1][1]["stopped"] == 1_000
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["state"] == "short_closed"


def test_a_later_day_needs_a_reason_and_moves_the_promise(shared_out: Production) -> None:
    work = shared_out.sragen.work_orders()[0]
    later = date.fromisoformat(work["due"]) + timedelta(days=60)
    refused = shared_out.sragen.do(work, "accept", by=later.isoformat())
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "reason")
    before = shared_out.told("production_planned")[-1][1]["promised_date"]
    answer = shared_out.sragen.do(work, "accept", by=later.isoformat(), reason="Pekerja baru belajar")
    assert (answer.status_code, answer.json["due"]) == (200, later.isoformat())
    told = shared_out.told("work_order_accepted")[-1][1]
    assert (told["due"], told["reason"]) == (later.isoformat(), "Pekerja baru belajar")
    plan = shared_out.told("production_planned")[-1][1]
    assert plan["because"] == "accepted"
    assert plan["promised_date"] > max(before, later.isoformat())


def test_the_due_day_as_it_is_moves_no_promise(shared_out: Production) -> None:
    work = shared_out.sragen.work_orders()[0]
    plans = len(shared_out.told("production_planned"))
    assert shared_out.sragen.do(work, "accept", by=work["due"]).status_code == 200
    assert len(shared_out.told("production_planned")) == plans


def test_a_day_that_has_passed_is_no_promise() -> None:
    with pytest.raises(Refused, match="from") as refusal:
        a_work_order().accept(on=DAY, cleared_until=DAY, by=DAY - timedelta(days=1))
    assert refusal.value.field == "by"


def test_a_reason_of_the_list_is_kept_beside_the_words(shared_out: Production) -> None:
    work = shared_out.sragen.work_orders()[0]
    wrong = shared_out.sragen.do(work, "decline", reason="Penuh sekali", code="tired")
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "code")
    answer = shared_out.sragen.do(work, "decline", reason="Penuh sekali", code="workshop_full")
    assert (answer.json["declined_code"], answer.json["declined_reason"]) == ("workshop_full", "Penuh sekali")
    assert shared_out.told("work_order_declined")[-1][1]["code"] == "workshop_full"


@pytest.mark.parametrize("remark", ["nama: Anu", "a.n. Anu", "Anu bin Itu", "WBP: Anu", "Nama lengkap: Anu"])
def test_nobody_is_named_in_a_remark(shared_out: Production, remark: str) -> None:
    work = shared_out.sragen.started()
    answer = shared_out.sragen.do(work, "pause", reason=f"sakit, {remark}")
    assert answer.status_code == 422
    assert answer.json["errors"][0] == {
        "field": "reason",
        "message": "Give the reason without anybody's name.",
    }
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["paused_reason"] is None
