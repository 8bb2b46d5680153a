"""The orders API as buyers' systems meet it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text

from services.orders import listing
from shared.messaging.tables import outbox_event
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, Principal
from tests.awaiting import until_somebody_waits_for_a_lock, until_two_wait_for_a_lock
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_pages import Visitor

ORDERS = "/orders/v1/orders"
REASON = {"reason": "The dossier is complete and the buyer has acknowledged it."}


def events_in(orders: Orders) -> int:
    with orders.database.transaction() as session:
        return session.execute(select(func.count()).select_from(outbox_event)).scalar_one()


def test_an_order_is_placed_screened_and_can_be_read(orders: Orders) -> None:
    lines = [a_line(), a_line(sku="CR-RING-15", consignee=CONSIGNEE | {"country": "US"})]
    placed = orders.buyer.post(ORDERS, an_order(lines=lines))
    assert placed.status_code == 201
    read = orders.buyer.get(placed.headers["Location"]).json
    assert read == placed.json
    held, blocked = read["lines"]
    assert (held["state"], held["hold"]["releasable"]) == ("policy_hold", True)
    assert held["hold"]["released_by"] == ["compliance_officer", "kanwil"]
    assert (blocked["state"], blocked["hold"]["law"]) == ("policy_blocked", ["19 USC 1307"])
    zero = {
        name: held[name] for name in ("cancelled", "allocated", "good", "packed", "departed", "delivered")
    }
    assert held["ordered"] == 1000
    assert set(zero.values()) == {0}


def test_two_people_release_a_held_line(orders: Orders) -> None:
    order = orders.buyer.post(ORDERS, an_order()).json
    release = f"{ORDERS}/{order['id']}/lines/1/release"
    assert orders.officer.post(release, REASON).json["lines"][0]["state"] == "policy_hold"
    assert orders.officer.post(release, REASON).status_code == 422
    assert orders.office.post(release, REASON).json["lines"][0]["state"] == "accepted"
    types = [entry["type"] for entry in orders.buyer.get(f"{ORDERS}/{order['id']}/timeline").json]
    assert types[-1] == "kendi.orders.clearance_granted.v1"


def test_a_repeat_while_the_first_request_runs_is_told_so_and_places_nothing(orders: Orders) -> None:
    key = "k"
    with ThreadPoolExecutor(1) as pool:
        with orders.database.transaction() as session:
            session.execute(text("LOCK TABLE buyer_order IN EXCLUSIVE MODE"))
            first = pool.submit(orders.buyer.post, ORDERS, an_order(), idempotency_key=key)
            until_somebody_waits_for_a_lock(orders.database)
            again = orders.buyer.post(ORDERS, an_order(), idempotency_key=key)
        assert (again.status_code, again.json["title"]) == (409, "Still running")
        assert first.result().status_code == 201
    assert len(orders.buyer.get(ORDERS).json) == 1


def test_an_order_of_too_many_lines_is_refused_by_their_number_or_by_its_size(orders: Orders) -> None:
    many = orders.buyer.post(ORDERS, an_order(lines=[a_line()] * 201))
    assert (many.status_code, many.json["errors"][0]["field"]) == (422, "lines")
    large = orders.buyer.post(ORDERS, an_order(lines=[a_line()] * 10_000))
    assert (large.status_code, large.mimetype) == (413, "application/problem+json")
    assert events_in(orders) == 0


def test_the_largest_order_that_can_be_is_owed_to_the_cent(orders: Orders) -> None:
    """Neither its lines nor their prices can be more; one piece less makes cents, which floats would lose."""
    price = f"/orders/v1/catalogue/CR-BALL-07/prices/USD/{in_days(0)}"
    assert orders.office.change("PUT", price, {"unit_price": "9999999999.99"}).status_code == 200
    lines = [a_line(quantity=10_000_000)] * 199 + [a_line(quantity=9_999_999)]
    placed = orders.buyer.post(ORDERS, an_order(lines=lines))
    assert placed.status_code == 201, placed.text
    assert placed.json["payment"]["due"] == "19999999989980000000.01"
    order = f"{ORDERS}/{placed.json['id']}"
    proforma = orders.buyer.get(f"{order}/proforma.pdf")
    assert (proforma.status_code, proforma.mimetype) == (200, "application/pdf")
    paid = {"currency": "USD", "paid_on": in_days(0).isoformat()}
    for amount, status in (("1000000000000", 201), ("1000000000000.01", 422), ("9" * 4_000, 422)):
        told = orders.buyer.post(f"{order}/payments", {"amount": amount, "reference": amount[:20], **paid})
        assert told.status_code == status, told.text
        assert status == 201 or "up to 1000000000000" in told.json["errors"][0]["message"]
    assert orders.buyer.get(order).json["payment"] == {
        "terms": "open_account",
        "status": "part_paid",
        "currency": "USD",
        "due": "19999999989980000000.01",
        "credited": "0.00",
        "paid": "1000000000000.00",
    }
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{placed.json['id']}/payments")
    assert "19,999,999,989,980,000,000.01" in page


def test_the_same_idempotency_key_gives_the_first_answer_and_one_order(orders: Orders) -> None:
    first = orders.buyer.post(ORDERS, an_order(), idempotency_key="k")
    again = orders.buyer.post(ORDERS, an_order(), idempotency_key="k")
    assert (again.status_code, again.data, again.headers["Location"]) == (
        201,
        first.data,
        first.headers["Location"],
    )
    other = orders.buyer.post(ORDERS, an_order(po_number="PO-2"), idempotency_key="k")
    assert other.status_code == 422
    assert len(orders.buyer.get(ORDERS).json) == 1


def test_another_buyers_key_with_the_same_idempotency_key_is_its_own(orders: Orders) -> None:
    assert orders.buyer.post(ORDERS, an_order(), idempotency_key="k").status_code == 201
    assert orders.rival.post(ORDERS, an_order(), idempotency_key="k").status_code == 201


def test_a_po_number_is_used_once_by_a_buyer(orders: Orders) -> None:
    orders.buyer.post(ORDERS, an_order())
    second = orders.buyer.post(ORDERS, an_order())
    assert second.status_code == 422
    assert second.json["errors"][0]["field"] == "po_number"


def test_a_po_number_that_comes_twice_at_once_is_used_once(orders: Orders) -> None:
    with ThreadPoolExecutor(2) as pool:
        with orders.database.transaction() as session:
            session.execute(text("LOCK TABLE buyer_order IN EXCLUSIVE MODE"))
            both = [
                pool.submit(orders.buyer.post, ORDERS, an_order(), idempotency_key=key) for key in ("a", "b")
            ]
            until_two_wait_for_a_lock(orders.database)
        answers = sorted((each.result() for each in both), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [201, 422]
    assert answers[1].json["errors"][0]["field"] == "po_number"
    assert [order["id"] for order in orders.buyer.get(ORDERS).json] == [answers[0].json["id"]]


def test_without_an_idempotency_key_nothing_is_created(orders: Orders) -> None:
    headers = {"Authorization": f"Bearer {orders.buyer.key}"}
    answer = orders.client.post(ORDERS, json=an_order(), headers=headers)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json["title"]
    assert events_in(orders) == 0


BAD_LINES: list[tuple[str, dict[str, Any]]] = [
    ("quantity", {"quantity": 0}),
    ("quantity", {"quantity": -1}),
    ("quantity", {"quantity": 10**9}),
    ("quantity", {"quantity": 1.5}),
    ("quantity", {"quantity": "1"}),
    ("quantity", {"quantity": True}),
    ("quantity", {"quantity": 2**63}),
    ("sku", {"sku": "CR-NOPE-99"}),
    ("consignee.country", {"consignee": CONSIGNEE | {"country": "XX"}}),
    ("consignee.country", {"consignee": CONSIGNEE | {"country": "us"}}),
    ("consignee.name", {"consignee": {**CONSIGNEE, "name": ""}}),
    ("requested_date", {"requested_date": "2020-01-01"}),
    ("requested_date", {"requested_date": "31/01/2099"}),
    ("requested_date", {"requested_date": in_days(5 * 365 + 2).isoformat()}),
    ("requested_date", {"requested_date": "9999-12-31"}),
    ("unit_price", {"unit_price": "0.01"}),
    ("unit_price", {"unit_price": "NaN"}),
    ("discount", {"discount": 1}),
    ("consignee.name", {"consignee": {**CONSIGNEE, "name": "NUL \x00"}}),
    ("consignee.name", {"consignee": {**CONSIGNEE, "name": "half \ud800"}}),
    ("consignee.name", {"consignee": {**CONSIGNEE, "name": "turned \u202emoc.live"}}),
    ("consignee.address[0]", {"consignee": {**CONSIGNEE, "address": ["\u2066Havenstraat 1"]}}),
    ("consignee.address[1]", {"consignee": {**CONSIGNEE, "address": ["Havenstraat 1", "  "]}}),
]


@pytest.mark.parametrize(("field", "change"), BAD_LINES, ids=lambda value: str(value)[:40])
def test_a_bad_line_is_refused_by_its_field_and_writes_nothing(
    orders: Orders, field: str, change: dict[str, Any]
) -> None:
    answer = orders.buyer.post(ORDERS, an_order(lines=[a_line(), a_line(**change)]))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert f"lines[1].{field}" in [error["field"] for error in answer.json["errors"]]
    assert "Traceback" not in answer.text
    assert events_in(orders) == 0


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("buyer_id", {"buyer_id": "RIVAL"}),
        ("currency", {"currency": "usd"}),
        ("currency", {"currency": "EUR"}),
        ("incoterm", {"incoterm": "FOC"}),
        ("incoterm", {"incoterm": "DAT"}),  # of 2010
        ("lines", {"lines": []}),
        ("po_number", {"po_number": ""}),
    ],
)
def test_a_bad_header_is_refused_by_its_field(orders: Orders, field: str, change: dict[str, Any]) -> None:
    answer = orders.buyer.post(ORDERS, an_order(**change))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert events_in(orders) == 0


@pytest.mark.parametrize("body", ["{not json", "[]", '"text"', "null", ""])
def test_a_body_that_is_no_json_object_is_a_problem(orders: Orders, body: str) -> None:
    headers = {
        "Authorization": f"Bearer {orders.buyer.key}",
        "Idempotency-Key": "k",
        "Content-Type": "application/json",
    }
    answer = orders.client.post(ORDERS, data=body, headers=headers)
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"
    assert events_in(orders) == 0


@pytest.mark.parametrize("body", ['{"lines":' * 50_000, "[" * 200_000, '{"po_number": ' + "9" * 5_000 + "}"])
def test_json_made_to_break_the_reader_is_a_problem(orders: Orders, body: str) -> None:
    headers = {"Authorization": f"Bearer {orders.buyer.key}", "Idempotency-Key": "k"}
    answer = orders.client.post(ORDERS, data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    ("number", "status", "fields"),
    [("1e309", 422, ["lines[0].quantity"]), ("NaN", 400, []), ("Infinity", 400, []), ("-Infinity", 400, [])],
)
def test_a_quantity_that_is_no_finite_number_is_refused(
    orders: Orders, number: str, status: int, fields: list[str]
) -> None:
    body = json.dumps(an_order(lines=[a_line(quantity="this many")])).replace('"this many"', number)
    headers = {"Authorization": f"Bearer {orders.buyer.key}", "Idempotency-Key": "k"}
    answer = orders.client.post(ORDERS, data=body, headers=headers, content_type="application/json")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert [error["field"] for error in answer.json.get("errors", [])] == fields
    assert (events_in(orders), orders.buyer.get(ORDERS).json) == (0, [])


@pytest.mark.parametrize("authorization", [None, "Bearer pk_nobody_nothing", "Basic abc", "Bearer "])
def test_a_missing_or_wrong_key_is_401(orders: Orders, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = orders.client.post(ORDERS, json=an_order(), headers={"Idempotency-Key": "k", **headers})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert events_in(orders) == 0


def test_somebody_elses_order_can_not_be_told_from_none(orders: Orders) -> None:
    order = orders.buyer.post(ORDERS, an_order()).json
    for path in (f"{ORDERS}/{order['id']}", f"{ORDERS}/{order['id']}/timeline"):
        theirs = orders.rival.get(path)
        none = orders.rival.get(path.replace(order["id"], "00000000-0000-0000-0000-000000000000"))
        assert (theirs.status_code, theirs.data) == (none.status_code, none.data) == (404, none.data)
    assert orders.rival.get(ORDERS).json == []


@pytest.mark.parametrize(("role", "sees"), [(COMPLIANCE, 1), (KANWIL, 1), (FACILITY, 0), ("auditor", 0)])
def test_a_role_that_is_not_named_sees_no_order(orders: Orders, role: str, sees: int) -> None:
    orders.buyer.post(ORDERS, an_order())
    somebody = Principal(id="person:9", name="Somebody", role=role, account=None)
    with orders.database.transaction() as session:
        assert len(listing.list_orders(session, somebody, limit=10)) == sees


def test_a_buyer_can_not_release(orders: Orders) -> None:
    order = orders.buyer.post(ORDERS, an_order()).json
    assert orders.buyer.post(f"{ORDERS}/{order['id']}/lines/1/release", REASON).status_code == 403


def test_a_list_is_read_page_by_page(orders: Orders) -> None:
    for number in range(5):
        orders.buyer.post(ORDERS, an_order(po_number=f"PO-{number}"))
    seen, path = [], f"{ORDERS}?limit=2"
    while path:
        page = orders.buyer.get(path)
        seen += [order["po_number"] for order in page.json]
        path = page.headers.get("Link", "")[1:].split(">")[0]
    assert seen == [f"PO-{number}" for number in reversed(range(5))]


@pytest.mark.parametrize("cursor", ["nonsense", "AAAA", "eyJ9"])
def test_a_cursor_that_is_none_of_ours_is_refused_by_name(orders: Orders, cursor: str) -> None:
    answer = orders.buyer.get(f"{ORDERS}?after={cursor}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "after"


def test_the_openapi_document_describes_every_route(orders: Orders) -> None:
    from openapi_spec_validator import validate

    spec = orders.client.get("/orders/openapi.json").json
    validate(spec)
    assert spec["openapi"].startswith("3.1")
    assert f"{ORDERS}/{{order_id}}/lines/{{line}}/release" in spec["paths"]


def test_a_date_may_be_five_years_away_and_white_space_around_a_text_is_not_kept(orders: Orders) -> None:
    lines = [a_line(requested_date=in_days(5 * 365).isoformat())]
    placed = orders.buyer.post(ORDERS, an_order(po_number="  PO 7\u00a0\n", lines=lines))
    assert (placed.status_code, placed.json["po_number"]) == (201, "PO 7")
    assert orders.buyer.post(ORDERS, an_order(po_number="PO 7")).status_code == 422


def test_health_and_metrics_answer_without_a_key(orders: Orders) -> None:
    for path in ("livez", "readyz"):
        assert orders.client.get(f"/orders/{path}").status_code == 200
    assert "kendi_outbox_unacknowledged" in orders.client.get("/orders/metrics").text
