"""Every route of orders by every role, and with another buyer's ids."""

import re
from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from werkzeug.routing import Rule

from shared.web.access import BUYER, COMPLIANCE, KANWIL
from shared.web.problems import is_api
from tests import matrix
from tests.matrix import Case, Operation, World
from tests.orders.conftest import Orders, an_order
from tests.orders.test_claims import SSCC, WHY
from tests.orders.test_imports import a_row, as_csv
from tests.orders.test_needs import SAID, a_note
from tests.orders.test_payments import a_payment
from tests.orders.test_webhook_pages import Buyer
from tests.orders.test_webhooks import Endpoint, endpoint, registered
from tests.orders.world import REASON, V1, a_world
from tests.pictures import a_photo

__all__ = ["endpoint"]

READERS, OFFICERS = (BUYER, COMPLIANCE, KANWIL), (COMPLIANCE, KANWIL)
ONLY_BUYERS, ONLY_OFFICE = Case((BUYER,)), (KANWIL,)
NOTHING = Case((BUYER,), {})
HOOK, DELIVERY = f"{V1}/webhooks/{{endpoint_id}}", f"{V1}/webhooks/{{endpoint_id}}/deliveries/{{delivery_id}}"
A_TIME = {"from": "2025-01-01T00:00:00Z", "to": "2999-01-01T00:00:00Z"}
FRESH = {"If-Match": '"1"'}

CASES: dict[Operation, Case] = {
    ("post", f"{V1}/orders"): Case((BUYER,), an_order()),
    ("get", f"{V1}/orders"): Case(READERS),
    ("get", f"{V1}/orders.csv"): Case(READERS),
    ("get", f"{V1}/orders/{{order_id}}"): Case(READERS),
    ("get", f"{V1}/orders/{{order_id}}/timeline"): Case(READERS),
    ("patch", f"{V1}/orders/{{order_id}}"): Case((BUYER,), {"lines": [{"line": 1, "quantity": 900}]}, FRESH),
    ("get", f"{V1}/orders/{{order_id}}/payments"): Case(READERS),
    ("post", f"{V1}/orders/{{order_id}}/payments"): Case(
        (BUYER,), a_payment(amount="50.00", reference="BANK-2")
    ),
    ("post", f"{V1}/orders/{{order_id}}/payments/{{payment_id}}/take-back"): Case(
        (BUYER,), {"reason": REASON}
    ),
    ("get", f"{V1}/orders/{{order_id}}/proforma.pdf"): Case(READERS),
    ("get", f"{V1}/orders/{{order_id}}/claims"): Case(READERS),
    ("post", f"{V1}/claims"): Case((BUYER,), {"sscc": SSCC, "quantity": 5, **WHY}),
    ("get", f"{V1}/claims/{{claim_id}}"): Case(READERS),
    ("post", f"{V1}/claims/{{claim_id}}/photos"): Case((BUYER,), a_photo(), {"Content-Type": "image/jpeg"}),
    ("get", f"{V1}/claims/{{claim_id}}/photos/{{number}}"): Case(READERS),
    ("post", f"{V1}/claims/{{claim_id}}/decide"): Case(ONLY_OFFICE, {"accepted": 5, **WHY}),
    ("post", f"{V1}/claims/{{claim_id}}/settle"): Case(ONLY_OFFICE, {"settlement": "return"}),
    ("get", f"{V1}/decisions"): Case(READERS),
    ("get", f"{V1}/decisions/{{decision_id}}"): Case(READERS),
    ("post", f"{V1}/decisions/{{decision_id}}"): Case((BUYER,), {"answer": "accept_date"}),
    ("post", f"{V1}/orders/{{order_id}}/cancel"): Case(
        (BUYER,), {"lines": [{"line": 1, "quantity": 10}], "reason": REASON}
    ),
    ("get", f"{V1}/orders/{{order_id}}/cancellations"): Case(READERS),
    ("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/release"): Case(OFFICERS, {"reason": REASON}),
    ("get", f"{V1}/orders/{{order_id}}/lines/{{line}}/needs"): Case(OFFICERS),
    ("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/free-lane"): Case((COMPLIANCE,), {"reason": REASON}),
    ("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/free-lane/request"): NOTHING,
    ("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/free-lane/decline"): Case(
        (COMPLIANCE,), {"reason": REASON}
    ),
    ("get", f"{V1}/orders/{{order_id}}/lines/{{line}}/acknowledgement"): Case(READERS),
    ("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/acknowledgement"): Case((BUYER,), SAID),
    ("get", f"{V1}/counsel-notes"): Case(OFFICERS),
    ("post", f"{V1}/counsel-notes"): Case((COMPLIANCE,), a_note(policies=[])),
    ("post", f"{V1}/counsel-notes/{{note_id}}/withdraw"): Case((COMPLIANCE,), {"reason": REASON}),
    ("post", f"{V1}/orders/{{order_id}}/lots/{{lot}}/lane"): Case(
        (COMPLIANCE,), {"operations": [{"name": "braid", "lane": "custodial"}], "reason": REASON}
    ),
    ("get", f"{V1}/dossiers/lots/{{lot}}"): Case(READERS),
    ("get", f"{V1}/dossiers/lots/{{lot}}.pdf"): Case(READERS),
    ("get", f"{V1}/dossiers/shipments/{{shipment_id}}"): Case(OFFICERS),
    ("get", f"{V1}/dossiers/shipments/{{shipment_id}}.pdf"): Case(OFFICERS),
    ("post", f"{V1}/drafts"): Case((BUYER,), an_order()),
    ("get", f"{V1}/drafts"): ONLY_BUYERS,
    ("get", f"{V1}/drafts/{{draft_id}}"): ONLY_BUYERS,
    ("patch", f"{V1}/drafts/{{draft_id}}"): Case((BUYER,), an_order(), FRESH),
    ("delete", f"{V1}/drafts/{{draft_id}}"): Case((BUYER,), None, FRESH),
    ("post", f"{V1}/drafts/{{draft_id}}/place"): NOTHING,
    ("post", f"{V1}/orders/import"): Case((BUYER,), as_csv(a_row()).decode(), {"Content-Type": "text/csv"}),
    ("get", f"{V1}/imports/{{import_id}}"): ONLY_BUYERS,
    ("get", f"{V1}/imports/{{import_id}}/rows"): ONLY_BUYERS,
    ("post", f"{V1}/quotes"): Case((BUYER,), an_order()),
    ("get", f"{V1}/quotes/{{quote_id}}"): ONLY_BUYERS,
    ("get", f"{V1}/catalogue"): Case(READERS),
    ("get", f"{V1}/catalogue/{{sku}}"): Case(READERS),
    ("patch", f"{V1}/catalogue/{{sku}}"): Case(ONLY_OFFICE, {"name_en": "Ball"}, FRESH),
    ("put", f"{V1}/catalogue/{{sku}}/prices/{{currency}}/{{valid_from}}"): Case(
        ONLY_OFFICE, {"unit_price": "0.60"}
    ),
    ("get", f"{V1}/catalogue/{{sku}}/image"): Case(READERS),
    ("delete", f"{V1}/catalogue/{{sku}}/image"): Case(ONLY_OFFICE),
    ("put", f"{V1}/catalogue/{{sku}}/image"): Case(ONLY_OFFICE, a_photo(), {"Content-Type": "image/jpeg"}),
    ("get", f"{V1}/samples"): Case(READERS),
    ("post", f"{V1}/samples/{{sku}}/approve"): Case((BUYER,), {"sample": "GS-2"}),
    ("post", f"{V1}/samples/{{sku}}/refuse"): Case((BUYER,), {"sample": "GS-2", "reason": REASON}),
    ("post", f"{V1}/webhooks"): Case((BUYER,), {"url": "https://example.com/"}),
    ("get", f"{V1}/webhooks"): ONLY_BUYERS,
    ("get", HOOK): ONLY_BUYERS,
    ("patch", HOOK): Case((BUYER,), {"description": "new"}, FRESH),
    ("delete", HOOK): ONLY_BUYERS,
    ("post", f"{HOOK}/rotate"): NOTHING,
    ("post", f"{HOOK}/test"): NOTHING,
    ("post", f"{HOOK}/replay"): Case((BUYER,), A_TIME),
    ("get", f"{HOOK}/deliveries"): ONLY_BUYERS,
    ("get", DELIVERY): ONLY_BUYERS,
    ("post", f"{DELIVERY}/replay"): NOTHING,
    ("get", f"{V1}/feed"): ONLY_BUYERS,
    ("get", f"{V1}/keys"): ONLY_BUYERS,
    ("post", f"{V1}/keys"): Case((BUYER,), {"name": "another", "scopes": ["read"]}),
    ("post", f"{V1}/keys/{{key_id}}/rotate"): NOTHING,
    ("delete", f"{V1}/keys/{{key_id}}"): ONLY_BUYERS,
}
OF_WHAT_IS_BLOCKED = {("post", f"{V1}/orders/{{order_id}}/lines/{{line}}/free-lane/request")}
OF_A_BUYER = [
    operation for operation, case in CASES.items() if BUYER in case.roles and matrix.named(operation)
]
READING = [operation for operation in OF_A_BUYER if operation[0] == "get"]
"""They change nothing: one world is enough for all of them."""


@pytest.fixture
def world(orders: Orders, endpoint: Endpoint) -> World:
    return a_world(orders, endpoint)


def test_each_route_has_its_case(orders: Orders) -> None:
    assert set(CASES) == set(matrix.operations_of(orders.client.application))


def test_a_route_tells_those_it_is_not_for_nothing_else(world: World) -> None:
    matrix.check_roles(world, CASES, "CHEWY-LOUIS")


def test_a_key_without_the_scope_is_refused_on_every_route(world: World) -> None:
    matrix.check_scopes(world, CASES, "CHEWY-LOUIS")


def test_another_buyers_thing_reads_as_one_that_is_not(orders: Orders, world: World) -> None:
    for operation in READING:
        matrix.check_foreign(world, operation, CASES[operation], orders.rival.key, orders.buyer.key)


@pytest.mark.parametrize("operation", sorted(set(OF_A_BUYER) - set(READING)), ids=" ".join)
def test_another_buyers_thing_is_as_one_that_is_not(
    orders: Orders, world: World, operation: Operation
) -> None:
    if operation in OF_WHAT_IS_BLOCKED:
        world.ids["order_id"] = world.ids["blocked_id"]
    matrix.check_foreign(world, operation, CASES[operation], orders.rival.key, orders.buyer.key)


def test_no_list_tells_of_another_buyers_things(orders: Orders, world: World) -> None:
    matrix.check_lists(world, CASES, BUYER, orders.rival.key)


def test_another_buyers_delivery_is_not_found_under_ones_own_endpoint(
    orders: Orders, world: World, endpoint: Endpoint
) -> None:
    own = orders.rival.post(f"{V1}/webhooks", {"url": endpoint.url}).json["id"]
    before = world.rows()
    for operation in (("get", DELIVERY), ("post", f"{DELIVERY}/replay")):
        ids = world.ids | {"endpoint_id": own}
        none = ids | {"delivery_id": "999999"}
        answers = [world.send(operation, CASES[operation], asked, orders.rival.key) for asked in (ids, none)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].data == answers[1].data
    assert world.rows() == before


def test_a_filter_by_another_buyer_is_refused(orders: Orders, world: World) -> None:
    refused = orders.rival.get(f"{V1}/orders?buyer=CHEWY-LOUIS")
    assert (refused.status_code, "PO-OWN" in refused.text) == (422, False)


def test_the_same_idempotency_key_of_two_buyers_is_two(orders: Orders) -> None:
    first = orders.buyer.post(f"{V1}/orders", an_order(), idempotency_key="same")
    second = orders.rival.post(f"{V1}/orders", an_order(), idempotency_key="same")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["id"] != second.json["id"]
    assert second.json["buyer"] == "RIVAL"


def test_who_has_not_signed_in_is_sent_to_do_so_by_every_page(orders: Orders) -> None:
    matrix.check_pages(orders.client.application, {})


def test_no_page_shows_or_does_anything_of_another_buyer(orders: Orders, world: World) -> None:
    """Whatever page is asked for, the rival reads and does as if the thing were none; its owner is shown it."""
    owner, rival = Buyer(orders), Buyer(orders, account="RIVAL")
    before, shown = stands(world), set()
    for rule in pages_of(orders.client.application):
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if method == "POST" and not rule.arguments:
                continue  # what is made there is the rival's own
            foreign, unknown = (
                visit(rival, rule, method, ids)
                for ids in (world.ids, world.unknown(("", rule_as_path(rule))))
            )
            assert foreign == unknown, (rule.endpoint, method)
            for word in (*(id for name, id in world.ids.items() if name not in matrix.FREE), *world.told):
                assert len(word) < 8 or word not in foreign[1], (rule.endpoint, word)
            if method == "GET" and foreign[0] == 404:
                assert visit(owner, rule, method, world.ids)[0] == 200, rule.endpoint
                shown.add(rule.endpoint)
    assert stands(world) == before
    assert {"portal.one_order", "claiming.photo", "papers.proforma", "webhook_pages.one_delivery"} <= shown


def pages_of(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if not is_api(rule.rule) and rule.endpoint not in matrix.WATCHED:
            yield rule


def rule_as_path(rule: Rule) -> str:
    return "/".join(f"{{{name}}}" for name in rule.arguments)


def visit(visitor: Buyer, rule: Rule, method: str, ids: Mapping[str, str]) -> tuple[int, str]:
    """The answer's status, and what stands in it but for the page's token and what was asked for."""
    values = {
        name: converter.to_python(ids[name]) if name in ids else matrix.any_value(converter)
        for name, converter in rule._converters.items()
    }
    app = visitor.client.application
    with app.test_request_context():
        address = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
    if method == "POST":
        answer = visitor.submit(address, quantity="5", reason="A reason that is long enough.", amount="1.00")
    else:
        answer = visitor.client.get(address, headers=visitor.headers | {"Accept": "text/html"})
    told = f"{answer.headers.get('Location')} {answer.data.decode('latin-1')}"
    for value in sorted(map(str, values.values()), key=len, reverse=True):
        told = told.replace(value, "*") if len(value) >= 8 else told
    return answer.status_code, re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", told)


def stands(world: World) -> dict[str, str]:
    """All that is kept, but for when somebody was here, what they were refused, and the notes of their forms."""
    beside = {"web_session", "release_attempt", "idempotency_key", "person", "sign_in_attempt", "api_key"}
    return {table: rows for table, rows in world.rows().items() if table not in beside}


def test_a_session_opens_no_api(orders: Orders) -> None:
    visitor = Buyer(orders)
    assert visitor.client.get("/orders/").status_code == 200
    assert visitor.client.get(f"{V1}/orders").status_code == 401
    sent = visitor.client.post(f"{V1}/orders", json=an_order(), headers={"Idempotency-Key": "1"})
    assert sent.status_code == 401


def test_a_key_in_the_address_opens_nothing(orders: Orders) -> None:
    for name in ("key", "api_key", "access_token", "Authorization"):
        address = f"{V1}/orders?{name}={orders.buyer.key}"
        assert orders.client.get(address).status_code == 401


def test_registered_things_stay_with_who_registered_them(orders: Orders, endpoint: Endpoint) -> None:
    made = registered(orders, endpoint.url)
    assert orders.rival.get(f"{V1}/webhooks").json == []
    assert [hook["id"] for hook in orders.buyer.get(f"{V1}/webhooks").json] == [made["id"]]
