"""A draft is an order as far as it is known: right in what it has, told to nobody before it is placed."""

from typing import Any

import pytest
from sqlalchemy import func, select

from shared.messaging.tables import outbox_event
from tests.orders.conftest import Orders, a_line, an_order

DRAFTS, ORDERS = "/orders/v1/drafts", "/orders/v1/orders"


def events(orders: Orders) -> int:
    with orders.database.transaction() as session:
        return session.execute(select(func.count()).select_from(outbox_event)).scalar_one()


def drafted(orders: Orders, **content: Any) -> Any:
    answer = orders.buyer.post(DRAFTS, content)
    assert answer.status_code == 201, answer.text
    return answer


def missing(draft: dict[str, Any]) -> list[str]:
    return sorted(each["field"] for each in draft["missing"])


def test_a_draft_is_kept_amended_and_placed(orders: Orders) -> None:
    line = a_line()
    made = drafted(orders, po_number="PO-1", lines=[{name: line[name] for name in ("sku", "quantity")}])
    assert missing(made.json) == [
        "currency",
        "incoterm",
        "lines[0].consignee",
        "lines[0].requested_date",
        "named_place",
    ]
    address = made.headers["Location"]
    read = orders.buyer.get(address)
    assert (read.json, read.headers["ETag"]) == (made.json, made.headers["ETag"])
    refused = orders.buyer.post(f"{address}/place", {})
    assert refused.status_code == 422
    assert sorted(each["field"] for each in refused.json["errors"]) == missing(made.json)
    whole = {name: value for name, value in an_order().items() if name != "po_number"}
    amended = orders.buyer.change("PATCH", address, whole, seen=read.headers["ETag"])
    assert (amended.status_code, amended.json["missing"]) == (200, [])
    assert amended.json["order"] == an_order()
    assert events(orders) == 0
    placed = orders.buyer.post(f"{address}/place", {})
    assert placed.status_code == 201, placed.text
    assert orders.buyer.get(placed.headers["Location"]).json["po_number"] == "PO-1"
    assert orders.buyer.get(address).status_code == 404
    assert events(orders) > 0


def test_placing_a_draft_again_with_its_key_gives_the_same_order(orders: Orders) -> None:
    address = drafted(orders, **an_order()).headers["Location"]
    first = orders.buyer.post(f"{address}/place", {}, idempotency_key="k")
    again = orders.buyer.post(f"{address}/place", {}, idempotency_key="k")
    assert (first.status_code, again.status_code, first.data) == (201, 201, again.data)
    assert len(orders.buyer.get(ORDERS).json) == 1


def test_a_draft_that_a_rule_refuses_stays(orders: Orders) -> None:
    orders.buyer.post(ORDERS, an_order())
    address = drafted(orders, **an_order()).headers["Location"]
    refused = orders.buyer.post(f"{address}/place", {})
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "po_number")
    assert orders.buyer.get(address).status_code == 200


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("currency", {"currency": "dollars"}),
        ("lines[0].quantity", {"lines": [{"quantity": 0}]}),
        ("lines[0].consignee.country", {"lines": [{"consignee": {"country": "Belgium"}}]}),
        ("discount", {"discount": 1}),
        ("po_number", {"po_number": "\u202e"}),
    ],
)
def test_what_a_draft_has_must_be_right(orders: Orders, field: str, content: dict[str, Any]) -> None:
    answers = [
        orders.buyer.post(DRAFTS, content),
        orders.buyer.change("PATCH", drafted(orders).headers["Location"], content, seen='"1"'),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json["errors"]] == [field]


def test_an_amendment_needs_the_version_that_was_seen(orders: Orders) -> None:
    address = drafted(orders, po_number="PO-1").headers["Location"]
    assert orders.buyer.change("PATCH", address, {"po_number": "PO-2"}).status_code == 428
    assert orders.buyer.change("PATCH", address, {"po_number": "PO-2"}, seen='"1"').status_code == 200
    assert orders.buyer.change("PATCH", address, {"po_number": "PO-3"}, seen='"1"').status_code == 412
    assert orders.buyer.get(address).json["order"] == {"po_number": "PO-2"}


def test_a_draft_is_its_buyers_own_and_can_be_forgotten(orders: Orders) -> None:
    address = drafted(orders, po_number="PO-1").headers["Location"]
    for answer in (
        orders.rival.get(address),
        orders.rival.change("PATCH", address, {}, seen='"1"'),
        orders.rival.change("DELETE", address),
        orders.rival.post(f"{address}/place", {}),
    ):
        assert answer.status_code == 404
    assert orders.rival.get(DRAFTS).json == []
    assert orders.buyer.change("DELETE", address).status_code == 204
    assert orders.buyer.get(address).status_code == 404


def test_drafts_are_listed_page_by_page_newest_first(orders: Orders) -> None:
    for n in range(3):
        drafted(orders, po_number=f"PO-{n}")
    page = orders.buyer.get(f"{DRAFTS}?limit=2")
    link = page.headers["Link"]
    rest = orders.buyer.get(link[1 : link.index(">")])
    assert [row["order"]["po_number"] for row in page.json + rest.json] == ["PO-2", "PO-1", "PO-0"]
