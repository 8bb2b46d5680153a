"""A buyer changes an order that was placed: each change has its consequence, and nobody overwrites unseen."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.awaiting import until_two_wait_for_a_lock
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_api import events_in
from tests.orders.test_expected import given_up, way
from tests.orders.test_handlers import LOT, ORDERS, Followed, follow, sign_by_two

TO_US, TO_HOME = (CONSIGNEE | {"country": country} for country in ("US", "ID"))


def amend(order: Followed, *, etag: str | None = '"1"', **line: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {order.orders.buyer.key}"}
    if etag is not None:
        headers["If-Match"] = etag
    body = {"lines": [{"line": 1, **line}]}
    return order.orders.client.patch(f"{ORDERS}/{order.id}", json=body, headers=headers)


def amended(order: Followed, **change: Any) -> dict[str, Any]:
    answer = amend(order, **change)
    assert answer.status_code in (200, 202), answer.text
    read: dict[str, Any] = answer.json
    return read


def changes(answer: dict[str, Any]) -> list[str]:
    return [each["change"] for each in answer["consequences"]]


@pytest.fixture
def order(orders: Orders) -> Followed:
    """To Indonesia, which needs no release."""
    return follow(orders)


@pytest.fixture
def released(orders: Orders) -> Followed:
    """To Belgium, released to be made."""
    held = follow(orders, country="BE")
    sign_by_two(held)
    return held


def test_more_pieces_end_the_release_and_are_asked_for_anew(released: Followed) -> None:
    answer = amended(released, quantity=1_500)
    line = answer["lines"][0]
    assert (line["ordered"], line["state"], line["hold"]["purpose"]) == (1_500, "policy_hold", "produce")
    assert released.told()[-3:] == ["order_line_amended", "clearance_withdrawn", "hold_opened"]
    assert changes(answer) == ["quantity", "release"]
    sign_by_two(released)
    assert (released.told()[-1], released.read()["lines"][0]["hold"]) == ("clearance_granted", None)


def test_more_pieces_where_nothing_is_held_are_cleared_at_once(order: Followed) -> None:
    amended(order, quantity=1_500)
    assert order.told()[-3:] == ["order_line_amended", "clearance_withdrawn", "clearance_granted"]


def test_signatures_under_the_line_as_it_was_do_not_count_for_the_line_as_it_is(orders: Orders) -> None:
    held = follow(orders, country="BE")
    reason = {"reason": "The dossier is complete and the buyer has acknowledged it."}
    orders.officer.post(f"{ORDERS}/{held.id}/lines/1/release", reason)
    assert amended(held, quantity=1_001)["lines"][0]["hold"]["signatures"] == []


def test_more_pieces_after_all_were_good_take_the_export_back(order: Followed) -> None:
    order.hears(order.plan(), order.lot())
    amended(order, quantity=1_200)
    kinds = ["order_line_amended", "clearance_withdrawn", "clearance_withdrawn", "clearance_granted"]
    assert order.told()[-4:] == kinds
    order.hears(order.plan(1_200), order.lot("B", 200))
    assert order.told()[-1] == "clearance_granted"


def test_fewer_pieces_are_asked_back(order: Followed) -> None:
    answer = amend(order, quantity=600)
    assert (answer.status_code, changes(answer.json)) == (202, ["quantity"])
    assert (answer.json["lines"][0]["ordered"], answer.json["lines"][0]["cancelling"]) == (1_000, 400)
    (asked,) = order.orders.buyer.get(f"{ORDERS}/{order.id}/cancellations").json
    assert (asked["id"], asked["lines"][0]["asked"]) == (answer.json["cancellation_id"], 400)
    assert order.told()[-1] == "cancellation_requested"
    again = amend(order, quantity=600, etag=answer.headers["ETag"])
    assert (again.status_code, again.json["cancellation_id"]) == (200, None)


def test_another_day_is_told_and_leaves_the_release(released: Followed) -> None:
    answer = amended(released, requested_date=in_days(200).isoformat())
    assert answer["lines"][0]["requested_date"] == in_days(200).isoformat()
    assert (released.told()[-1], changes(answer)) == ("order_line_amended", ["requested_date"])
    assert answer["lines"][0]["hold"] is None


def test_another_destination_is_screened_and_may_be_blocked(released: Followed) -> None:
    line = amended(released, consignee=TO_US)["lines"][0]
    assert (line["state"], line["hold"]["law"], line["destination"]) == (
        "policy_blocked",
        ["19 USC 1307"],
        "US",
    )
    assert released.told()[-2:] == ["order_line_amended", "clearance_withdrawn"]


def test_another_consignee_in_the_same_country_ends_the_release(released: Followed) -> None:
    line = amended(released, consignee=CONSIGNEE | {"name": "Another shop"})["lines"][0]
    assert (line["destination"], line["hold"]["purpose"], line["hold"]["signatures"]) == ("BE", "produce", [])
    assert released.told()[-3:] == ["order_line_amended", "clearance_withdrawn", "hold_opened"]


def test_a_blocked_line_goes_on_to_where_it_may(orders: Orders) -> None:
    blocked = follow(orders, country="US")
    assert amended(blocked, consignee=TO_HOME)["lines"][0]["state"] == "accepted"
    assert blocked.told()[-2:] == ["order_line_amended", "clearance_granted"]


def test_another_destination_after_packing_is_cleared_to_export_anew(orders: Orders) -> None:
    home = follow(orders)
    home.hears(home.plan(), home.lot(), home.cartons())
    line = amended(home, consignee=CONSIGNEE)["lines"][0]
    assert (line["state"], line["hold"]["purpose"]) == ("ready", "export")


def test_goods_under_way_keep_their_consignee(order: Followed) -> None:
    order.hears(*order.story()[:5])
    refused = amend(order, consignee=TO_US)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "lines[0].consignee")
    assert "only be returned, or claimed for once they are delivered" in refused.json["detail"]
    assert amend(order, requested_date=in_days(200).isoformat()).status_code == 200


def test_goods_of_a_shipment_that_was_dispatched_and_given_up_are_under_way_no_more(order: Followed) -> None:
    *dispatched, _, _ = way(order)
    order.hears(*dispatched)
    assert amend(order, consignee=TO_US).status_code == 422
    order.hears(given_up(order))
    assert amended(order, consignee=TO_US)["lines"][0]["state"] == "policy_blocked"


def test_a_closed_line_is_not_amended(order: Followed) -> None:
    order.hears(*order.story())
    refused = amend(order, quantity=2_000)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "lines[0].line")


def test_no_fewer_can_be_delivered_than_have_departed(order: Followed) -> None:
    order.hears(*order.story()[:4], order.departure(order.part(LOT, 700)))
    assert amend(order, quantity=600).json["errors"][0]["field"] == "lines[0].quantity"
    assert amend(order, quantity=700).status_code == 202


# Versions


def test_the_version_grows_with_what_was_ordered_and_not_with_what_happens(order: Followed) -> None:
    path = f"{ORDERS}/{order.id}"
    assert order.orders.buyer.get(path).headers["ETag"] == '"1"'
    order.hears(*order.story()[:3])
    assert order.orders.buyer.get(path).headers["ETag"] == '"1"'
    answer = amend(order, requested_date=in_days(200).isoformat())
    assert (answer.headers["ETag"], answer.json["version"]) == ('"2"', 2)
    assert order.orders.buyer.get(path).headers["ETag"] == '"2"'


def test_placing_tells_the_version(orders: Orders) -> None:
    assert orders.buyer.post(ORDERS, an_order()).headers["ETag"] == '"1"'


@pytest.mark.parametrize("etag", ['"2"', '"0"', "1", "W/1", '"x"', 'W/"1"'])
def test_a_stale_version_is_told_the_current_one(order: Followed, etag: str) -> None:
    before = events_in(order.orders)
    refused = amend(order, etag=etag, quantity=2_000)
    assert (refused.status_code, refused.headers["ETag"]) == (412, '"1"')
    assert refused.mimetype == "application/problem+json"
    assert events_in(order.orders) == before


def test_without_a_version_nothing_is_amended(order: Followed) -> None:
    refused = amend(order, etag=None, quantity=2_000)
    assert (refused.status_code, "ETag" in refused.json["detail"]) == (428, True)


def test_any_version_is_taken_by_a_star_and_one_of_several(order: Followed) -> None:
    assert amend(order, etag="*", quantity=1_001).status_code == 200
    assert amend(order, etag='"1", "2"', quantity=1_002).status_code == 200


def test_of_two_amendments_at_once_one_is_made_and_told(order: Followed) -> None:
    statuses = both_at_once(order.orders, "buyer_order", f"{ORDERS}/{order.id}", line=1)
    assert sorted(statuses.values()) == [200, 412]
    read = order.read()
    assert (statuses[read["lines"][0]["ordered"]], read["version"]) == (200, 2)
    assert order.told().count("order_line_amended") == 1


def test_of_two_amendments_of_a_draft_at_once_one_is_made(orders: Orders) -> None:
    address = orders.buyer.post("/orders/v1/drafts", an_order()).headers["Location"]
    statuses = both_at_once(orders, "draft", address)
    assert sorted(statuses.values()) == [200, 412]
    read = orders.buyer.get(address)
    assert (statuses[read.json["order"]["lines"][0]["quantity"]], read.headers["ETag"]) == (200, '"2"')


def both_at_once(orders: Orders, table: str, address: str, **line: int) -> dict[int, int]:
    """The statuses of two who read version 1 and ask for so many pieces; both wait for the table, then go on."""

    def ask(quantity: int) -> int:
        body = {"lines": [{**line, "quantity": quantity}]}
        return orders.buyer.change("PATCH", address, body, seen='"1"').status_code

    with ThreadPoolExecutor(2) as pool:
        with orders.database.transaction() as session:
            session.execute(text(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
            asked = {quantity: pool.submit(ask, quantity) for quantity in (1_100, 1_200)}
            until_two_wait_for_a_lock(orders.database)
        return {quantity: status.result() for quantity, status in asked.items()}


BAD: list[tuple[str, dict[str, Any]]] = [
    ("lines[0].sku", {"sku": "CR-RING-15"}),
    ("lines[0].unit_price", {"unit_price": "0.10"}),
    ("lines[0].colour", {"colour": "red"}),
    ("lines[0].quantity", {"quantity": 0}),
    ("lines[0].quantity", {"quantity": -1}),
    ("lines[0].quantity", {"quantity": "many"}),
    ("lines[0].quantity", {"quantity": 10_000_001}),
    ("lines[0].line", {"line": 2, "quantity": 5}),
    ("lines[0].requested_date", {"requested_date": "2020-01-01"}),
    ("lines[0].requested_date", {"requested_date": "soon"}),
    ("lines[0].consignee.country", {"consignee": CONSIGNEE | {"country": "XX"}}),
    ("lines[0].consignee.name", {"consignee": {"address": ["A"], "country": "BE"}}),
]


@pytest.mark.parametrize(("field", "change"), BAD, ids=str)
def test_a_bad_amendment_is_refused_by_its_field_and_changes_nothing(
    order: Followed, field: str, change: dict[str, Any]
) -> None:
    before = (order.read(), events_in(order.orders))
    refused = amend(order, **change)
    assert refused.status_code == 422, refused.text
    assert field in [error["field"] for error in refused.json["errors"]]
    assert (order.read(), events_in(order.orders)) == before


def test_lines_are_amended_all_or_none(orders: Orders) -> None:
    two = follow(orders, lines=2)
    headers = {"Authorization": f"Bearer {orders.buyer.key}", "If-Match": '"1"'}
    body = {"lines": [{"line": 1, "quantity": 2_000}, {"line": 2, "requested_date": "2020-01-01"}]}
    assert orders.client.patch(f"{ORDERS}/{two.id}", json=body, headers=headers).status_code == 422
    assert [line["ordered"] for line in two.read()["lines"]] == [1_000, 1_000]


def test_another_buyers_order_is_not_amended(order: Followed) -> None:
    headers = {"Authorization": f"Bearer {order.orders.rival.key}", "If-Match": '"1"'}
    body = {"lines": [{"line": 1, "quantity": 5}]}
    assert order.orders.client.patch(f"{ORDERS}/{order.id}", json=body, headers=headers).status_code == 404


def test_an_amendment_that_changes_nothing_leaves_the_version(order: Followed) -> None:
    same = {"quantity": 1_000, "requested_date": a_line()["requested_date"], "consignee": TO_HOME}
    answer = amend(order, **same)
    assert (answer.status_code, answer.headers["ETag"], answer.json["consequences"]) == (200, '"1"', [])
