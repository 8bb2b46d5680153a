"""A release to export may be for some of the finished lots: the others stay held, and wait for one of their own."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.clock import advance, business_today
from shared.web.access import COMPLIANCE, KANWIL
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_cancelling import cancel
from tests.orders.test_dossiers import a_recording
from tests.orders.test_handlers import ORDERS, SRAGEN, Followed, follow, let_pass, renew, sign_by_two
from tests.orders.test_pages import Visitor
from tests.orders.test_releases import clearances, hold, sign
from tests.orders.test_running_out import look

A, B, C = "SRG-1", "SRG-2", "SRG-3"
OTHER = "LPS-KLT"
REASON = "Its lots were looked at one by one, and nothing is open."


@pytest.fixture
def made(orders: Orders) -> Followed:
    """An order to Belgium whose three lots are finished and wait for their export."""
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(A, 500), order.lot(B, 300), order.lot(C, 200))
    return order


def release(order: Followed, *lots: str, **more: Any) -> None:
    for caller in ("officer", "office"):
        signed = sign(order, caller, lots=list(lots), **more)
        assert signed.status_code == 200, signed.text


def against(facility: str, n: int = 2) -> Any:
    return a_recording("pay", n, code=facility, finding="contradicts", valid_until=None)


def waiting(order: Followed) -> list[str]:
    return [each["lot"] for each in hold(order)["lots"]]


def exported(order: Followed) -> list[tuple[int, list[str]]]:
    granted = [each for each in clearances(order) if each["purpose"] == "export"]
    return [(each["quantity"], [lot["lot"] for lot in each["lots"]]) for each in granted]


def test_two_releases_one_after_the_other_count_together_and_never_for_more_than_was_held(
    made: Followed,
) -> None:
    release(made, A)
    assert exported(made) == [(500, [A])]
    assert (waiting(made), hold(made)["quantity"], hold(made)["signatures"]) == ([B, C], 500, [])
    release(made, B, C)
    assert exported(made)[1:] == [(1_000, [A, B, C])]
    assert hold(made) is None
    assert sign(made, lots=[A]).status_code == 422
    assert made.told().count("clearance_withdrawn") == 0


def test_the_part_departs_while_the_rest_is_held(made: Followed) -> None:
    release(made, A)
    made.hears(made.cartons(A, 500), made.departure(made.part(A, 500)), made.arrival(made.part(A, 500)))
    assert made.read()["lines"][0]["state"] == "part_delivered"
    assert waiting(made) == [B, C]
    release(made, B)
    assert exported(made)[-1] == (800, [A, B])
    assert waiting(made) == [C]


def test_what_departed_of_the_rest_before_its_release_ended_counts_in_the_one_that_follows(
    made: Followed,
) -> None:
    release(made, A, B, C)
    made.hears(made.cartons(B, 300), made.departure(made.part(B, 100)))
    made.hears(against(SRAGEN))
    release(made, A)
    assert exported(made)[-1] == (600, [A])
    release(made, B, C)
    assert exported(made)[-1] == (1_000, [A, B, C])


def test_the_rest_is_asked_for_where_pieces_of_the_released_lot_went_to_stock(made: Followed) -> None:
    asked = cancel(made, 500)
    made.hears(asked.stopped(0, asked=500), asked.withheld(450, lot=A), asked.withheld(50, lot=B))
    made.hears(asked.answered(500, asked=500, lots=(A, B)))
    release(made, A)
    assert exported(made) == [(500, [A])]
    assert waiting(made) == [B, C]
    release(made, B, C)
    assert exported(made)[-1] == (500, [A, B, C])
    assert hold(made) is None


def stock(order: Followed, **pieces: int) -> None:
    """So many pieces of each lot go to stock, for a cancellation."""
    lots = {{"a": A, "b": B, "c": C}[name]: quantity for name, quantity in pieces.items()}
    count = sum(lots.values())
    asked = cancel(order, count)
    order.hears(asked.stopped(0, asked=count))
    order.hears(*(asked.withheld(quantity, lot=lot) for lot, quantity in lots.items()))
    order.hears(asked.answered(count, asked=count, lots=tuple(lots)))


def test_nobody_is_asked_to_release_lots_that_went_to_stock(made: Followed) -> None:
    stock(made, b=300, c=200)
    release(made, A)
    assert (exported(made), hold(made)) == ([(500, [A])], None)


def test_the_rest_is_asked_for_without_what_went_to_stock_of_it(made: Followed) -> None:
    stock(made, b=300, c=50)
    release(made, A)
    assert (waiting(made), hold(made)["quantity"]) == ([C], 150)


def test_what_is_asked_about_lots_ends_as_the_last_of_them_go_to_stock_and_the_others_are_asked_for(
    made: Followed,
) -> None:
    release(made, A)
    assert sign(made, lots=[B]).status_code == 200
    stock(made, b=300)
    assert (waiting(made), hold(made)["quantity"], hold(made)["signatures"]) == ([C], 200, [])
    stock(made, c=200)
    assert (hold(made), made.told().count("clearance_withdrawn")) == (None, 0)


def test_a_first_part_that_goes_to_stock_before_it_is_released_leaves_the_others_asked_for(
    made: Followed,
) -> None:
    assert sign(made, lots=[A]).status_code == 200
    stock(made, a=500)
    assert (waiting(made), hold(made)["quantity"], hold(made)["signatures"]) == ([B, C], 500, [])


def test_evidence_against_who_made_what_is_in_stock_ends_no_release(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(A, 500), replace(order.lot(B, 500), facility=OTHER))
    release(order, A, B)
    stock(order, a=500)
    order.hears(against(SRAGEN))
    assert hold(order) is None
    order.hears(against(OTHER, 3))
    assert waiting(order) == [B]


def test_what_departed_neither_ends_the_release_of_another_facility_nor_waits_again(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(A, 500), replace(order.lot(B, 500), facility=OTHER))
    order.hears(a_recording("pay", 1, valid_until=in_days(10)))
    release(order, A, B)
    order.hears(order.cartons(A, 500), order.departure(order.part(A, 500)))
    let_pass(order, 11)
    assert look(order)
    assert hold(order) is None, "the document ran out"
    order.hears(against(SRAGEN))
    assert hold(order) is None, "evidence speaks against it"
    order.hears(against(OTHER, 3))
    assert waiting(order) == [B]
    release(order, B)
    assert exported(order)[-1] == (1_000, [B])


def test_evidence_about_lots_that_nobody_signed_for_leaves_the_part_released(orders: Orders) -> None:
    order = follow(orders, country="BE")
    sign_by_two(order)
    order.hears(order.plan(), order.lot(A, 500), replace(order.lot(B, 500), facility=OTHER))
    release(order, A)
    order.hears(against(OTHER))
    assert waiting(order) == [B]
    order.hears(against(SRAGEN, 3))
    assert waiting(order) == [A, B]


def test_the_second_person_signs_for_the_same_lots(made: Followed) -> None:
    assert sign(made, lots=[A, B]).status_code == 200
    assert waiting(made) == [A, B]
    for others in ([A], [C]):
        other = sign(made, "office", lots=others)
        assert (other.status_code, other.json["errors"][0]["field"]) == (422, "lots")
    assert sign(made, "office").status_code == 200
    assert exported(made) == [(800, [A, B])]
    assert waiting(made) == [C]


@pytest.mark.parametrize("lots", [[], ["SRG-9"], [A, "SRG-9"], [A, 7]])
def test_lots_that_do_not_wait_are_refused_by_field_and_nothing_is_signed(
    made: Followed, lots: list[Any]
) -> None:
    refused = sign(made, lots=lots)
    assert (refused.status_code, refused.json["errors"][0]["field"].split("[")[0]) == (422, "lots")
    assert (waiting(made), hold(made)["signatures"]) == ([A, B, C], [])


def test_before_goods_are_made_there_are_no_lots_to_choose(orders: Orders) -> None:
    refused = sign(follow(orders, country="BE"), lots=[A])
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "lots")


def test_the_earliest_last_day_of_the_parts_counts_and_then_all_of_it_is_asked_anew(
    orders: Orders, made: Followed
) -> None:
    with orders.database.transaction() as session:
        soon = business_today(session) + timedelta(days=9)
    release(made, A, expires_on=soon.isoformat())
    release(made, B)
    assert clearances(made)[-1]["expires_on"] == soon.isoformat()
    let_pass(made, 10)
    assert renew(made)
    assert waiting(made) == [A, B, C]
    release(made, A, B, C)
    assert exported(made)[-1] == (1_000, [A, B, C])
    assert not renew(made)


def test_a_lone_signature_for_the_rest_that_runs_out_leaves_the_part_released(
    orders: Orders, made: Followed
) -> None:
    with orders.database.transaction() as session:
        today = business_today(session)
    release(made, A)
    assert sign(made, lots=[B], expires_on=today.isoformat()).status_code == 200
    with orders.database.transaction() as session:
        advance(session, timedelta(days=1))
    assert renew(made)
    assert (waiting(made), hold(made)["signatures"]) == ([B, C], [])
    release(made, B, C)
    assert exported(made)[-1] == (1_000, [A, B, C])


def test_what_ends_a_part_ends_all_parts(orders: Orders, made: Followed) -> None:
    release(made, A)
    path = f"{ORDERS}/{made.id}"
    seen = orders.buyer.get(path).headers["ETag"]
    change = {"lines": [{"line": 1, "transit": ["SG"]}]}
    assert orders.buyer.change("PATCH", path, change, seen=seen).status_code == 200
    assert waiting(made) == [A, B, C]
    release(made, B)
    assert exported(made)[-1] == (300, [B])


def test_lots_are_chosen_on_the_page_without_a_script(orders: Orders, made: Followed) -> None:
    path = f"/orders/holds/{made.id}/1"
    officer, office = Visitor(orders, COMPLIANCE), Visitor(orders, KANWIL, language="id")
    page = officer.open(path)
    assert page.count('name="lots"') == page.count("checked") == 3
    assert "Lot jadi yang Anda izinkan" in office.open(path)
    none = officer.submit(path, reason=REASON, choose="1")
    assert none.status_code == 422
    assert "Give finished lots that wait" in none.text
    assert officer.submit(path, reason=REASON, choose="1", lots=A).status_code == 303
    assert 'name="lots"' not in office.open(path), "the first signature has chosen"
    assert office.submit(path, reason=REASON).status_code == 303
    assert exported(made) == [(500, [A])]
    assert waiting(made) == [B, C]
