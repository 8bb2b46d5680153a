"""The orders API under requests made up from its own document."""

from dataclasses import replace

import pytest

from tests.clock import in_days
from tests.fuzzing import fuzz, operations_of
from tests.orders.conftest import Caller, Orders, a_line, an_order
from tests.orders.test_catalogue import stocked
from tests.orders.test_claims import SSCC, WHY, delivered, send_photo
from tests.orders.test_decisions import LATE, decisions, plan
from tests.orders.test_handlers import LOT, SHIPMENT, follow
from tests.orders.test_images import send_image
from tests.orders.test_imports import a_row, as_csv, send
from tests.orders.test_needs import a_note
from tests.orders.test_samples import ask_for
from tests.orders.test_webhooks import deliver
from tests.pictures import a_photo

__all__ = ["stocked"]

SKUS = ["CR-BALL-07", "CR-RING-15", "CR-TUG-040"]
TOKO = {"name": "Toko", "address": ["Jalan 1"], "country": "ID"}
OF_THE_OFFICER = {
    "POST /orders/v1/orders/{order_id}/lots/{lot}/lane",
    "POST /orders/v1/counsel-notes",
    "POST /orders/v1/counsel-notes/{note_id}/withdraw",
}
OF_THE_OFFICE = {
    "PUT /orders/v1/catalogue/{sku}/image",
    "DELETE /orders/v1/catalogue/{sku}/image",
    "PATCH /orders/v1/catalogue/{sku}",
    "PUT /orders/v1/catalogue/{sku}/prices/{currency}/{valid_from}",
    "POST /orders/v1/claims/{claim_id}/decide",
    "POST /orders/v1/claims/{claim_id}/settle",
}
OF_BOTH = {
    "GET /orders/v1/orders/{order_id}/lines/{line}/needs",
    "GET /orders/v1/counsel-notes",
    "GET /orders/v1/dossiers/shipments/{shipment_id}",
    "GET /orders/v1/dossiers/shipments/{shipment_id}.pdf",
}
SELDOM = {
    "POST /orders/v1/orders/{order_id}/lines/{line}/release",
    "POST /orders/v1/quotes",
    "POST /orders/v1/orders/{order_id}/lines/{line}/free-lane",
    "POST /orders/v1/orders/{order_id}/lines/{line}/free-lane/request",
    "POST /orders/v1/orders/{order_id}/lines/{line}/free-lane/decline",
    "POST /orders/v1/orders/{order_id}/payments/{payment_id}/take-back",
    "POST /orders/v1/samples/{sku}/approve",
    "POST /orders/v1/samples/{sku}/refuse",
    "DELETE /orders/v1/drafts/{draft_id}",
}
"""An order that is made up seldom fits in all, a line is seldom blocked, a payment is taken back once, a sample is judged
once, and a draft that was placed is none; one of each is asked for before. What is made up for a release names, as a
rule, a digest or a lot that is none."""


def test_no_request_of_a_buyer_breaks_the_service_and_each_answer_is_documented(stocked: Orders) -> None:
    done = fuzz(stocked.client.application, stocked.buyer.key, known=what_is_there(stocked), examples=8)
    missed = operations_of(stocked.client.application) - done
    assert missed <= OF_THE_OFFICER | OF_THE_OFFICE | OF_BOTH | SELDOM


@pytest.mark.parametrize(("role", "theirs"), [("officer", OF_THE_OFFICER), ("office", OF_THE_OFFICE)])
def test_no_request_of_others_breaks_the_service_and_each_of_theirs_is_done(
    stocked: Orders, role: str, theirs: set[str]
) -> None:
    caller: Caller = getattr(stocked, role)
    cookie = caller.client.get_cookie("kendi-orders")
    assert cookie is not None
    cookies = {cookie.key: cookie.value}
    there = for_offices(stocked, what_is_there(stocked))
    done = fuzz(stocked.client.application, caller.key, known=there, examples=6, cookies=cookies)
    assert (OF_BOTH | theirs) - done == set()


def for_offices(orders: Orders, there: dict[str, list[object]]) -> dict[str, list[object]]:
    """Claims to decide and to settle, and what officers say of lots and of counsel."""
    claims = [
        orders.buyer.post("/orders/v1/claims", {"sscc": SSCC, "quantity": 10, **WHY}).json["id"]
        for _ in range(12)
    ]
    for id in claims[6:]:
        decided = orders.office.post(f"/orders/v1/claims/{id}/decide", {"accepted": 5, **WHY})
        assert decided.status_code == 200, decided.text
    free = follow(orders, po_number="PO-FREE")
    free.hears(free.plan(), replace(free.lot("FRE-2503-001"), lane="free"))
    return there | {
        "order_id": [there["order_id"][0], str(free.id)],
        "lot": ["FRE-2503-001"],
        "claim_id": claims,
        "accepted": [5],
        "settlement": ["credit", "return"],
        "credit": ["0.55"],
        "lane": ["custodial"],
        "adviser": ["Office of counsel, Brussels"],
        "given_on": [in_days(0).isoformat()],
        "valid_until": [in_days(300).isoformat()],
        "summary": ["Paid and voluntary work is outside the prohibition if the dossier shows it."],
    }


def what_is_there(orders: Orders) -> dict[str, list[object]]:
    """One of everything, by the names that the document has for it."""
    webhook = orders.buyer.post("/orders/v1/webhooks", {"url": "http://127.0.0.1:9/"})
    home = a_line(consignee=TOKO)
    placed = [
        orders.buyer.post("/orders/v1/orders", an_order(po_number=f"PO-{n}", lines=[home, a_line()])).json
        for n in range(3)
    ]
    drafts = [
        orders.buyer.post("/orders/v1/drafts", an_order(po_number=f"PO-DRAFT-{n}")).json for n in range(3)
    ]
    quote = orders.buyer.post("/orders/v1/quotes", an_order(po_number="PO-QUOTE"))
    keys = [
        orders.buyer.post("/orders/v1/keys", {"name": "Toko", "scopes": ["read"]}).json["id"]
        for _ in range(3)
    ]
    for sku in SKUS[1:]:
        ask_for(orders, "GS-1", sku)
    for sku in SKUS:
        assert send_image(orders, a_photo(), to=f"/orders/v1/catalogue/{sku}/image").status_code == 200
    late = follow(orders, po_number="PO-LATE")
    late.hears(plan(late, LATE))
    order = delivered(orders, po_number="PO-DELIVERED")
    claim = orders.buyer.post("/orders/v1/claims", {"sscc": SSCC, "quantity": 20, **WHY}).json
    assert send_photo(orders.buyer, claim, a_photo()).status_code == 201
    note = orders.officer.post("/orders/v1/counsel-notes", a_note(policies=["DP-EU-1.v1"]))
    deliver(orders)
    deliveries = orders.buyer.get(f"/orders/v1/webhooks/{webhook.json['id']}/deliveries")
    started = send(orders.buyer, as_csv(a_row("PO-FILE")))
    return {
        "lot": [LOT],
        "note_id": [note.json["id"]],
        "policies": [[], ["DP-EU-1.v1"]],
        "sha256": ["ab" * 32],
        "text_version": [1],
        "order_id": [*(each["id"] for each in placed), str(order.id)],
        "endpoint_id": [webhook.json["id"]],
        "key_id": keys,
        "draft_id": [each["id"] for each in drafts],
        "delivery_id": [each["id"] for each in deliveries.json],
        "quote_id": [quote.json["id"]],
        "import_id": [started.json["id"]],
        "decision_id": [each["id"] for each in decisions(late)],
        "answer": ["accept_date", "cancel_rest"],
        "claim_id": [claim["id"]],
        "number": [1],
        "quantity": [100],
        "language": ["en"],
        "knows_who_made_it": [True],
        "answers_for_import": [True],
        "reason": ["The fibres were wet when the carton was opened, which the photos show."],
        "shipment_id": [str(SHIPMENT)],
        "sscc": [SSCC],
        "amount": ["0.55"],
        "paid_on": [in_days(0).isoformat()],
        "sku": SKUS,
        "sample": ["GS-1"],
        "unit_price": ["0.55"],
        "country": ["ID", "BE", "US"],
        "transit": [["SG"], []],
        "currency": ["USD"],
        "requested_date": [in_days(200).isoformat()],
        "line": [1, 2],
        "valid_from": [in_days(10).isoformat()],
        "po_number": [f"PO-F-{n}" for n in range(99)],
        "named_place": ["Semarang"],
        "name": ["Toko"],
        "address": [["Jalan 1"]],
        "url": ["http://127.0.0.1:9/"],
        "from": ["2025-01-01T00:00:00Z"],
        "to": ["2025-02-01T00:00:00Z"],
        "If-Match": ["*"],
        "Idempotency-Key": [f"made-up-{n}" for n in range(1_000)],
    }
