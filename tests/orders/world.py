"""A buyer who has one of everything that the orders service keeps of a buyer."""

from typing import Any

from sqlalchemy import cast, insert, update
from sqlalchemy.dialects.postgresql import JSONB

from services.orders.storage import destination_policy, item
from tests.matrix import World
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_claims import SSCC, WHY, delivered, send_photo
from tests.orders.test_decisions import LATE, decisions, plan
from tests.orders.test_free_lane import bar_prisoners_work
from tests.orders.test_handlers import LOT, SHIPMENT, follow
from tests.orders.test_images import send_image
from tests.orders.test_imports import a_row, as_csv, send
from tests.orders.test_needs import SAID, a_note
from tests.orders.test_payments import a_payment, pay
from tests.orders.test_webhooks import Endpoint, deliver, registered
from tests.pictures import a_photo

V1 = "/orders/v1"
REASON = "The dossier is complete and the buyer has acknowledged it."

ASKING = {"action": "hold", "countries": ["NL"], "needs": ["BUYER_ACK"]}
TO_NL = a_line(consignee=CONSIGNEE | {"country": "NL"})


def a_world(orders: Orders, endpoint: Endpoint) -> World:
    """Each of them with an id, made by the API as the buyer's own system would."""
    buyer = orders.buyer
    hook = registered(orders, endpoint.url)
    with orders.database.transaction() as session:
        session.execute(insert(destination_policy).values(id="DP-NL-1", version=1, row=ASKING))
    order = buyer.post(f"{V1}/orders", an_order(po_number="PO-OWN-1", lines=[TO_NL])).json
    signed = orders.officer.post(f"{V1}/orders/{order['id']}/lines/1/release", {"reason": REASON})
    assert signed.status_code == 200, signed.text
    paid = buyer.post(f"{V1}/orders/{order['id']}/payments", a_payment())
    assert paid.status_code == 201, paid.text
    other = buyer.post(f"{V1}/orders", an_order(po_number="PO-OWN-5")).json
    asked = {"lines": [{"line": 1, "quantity": 10}], "reason": REASON}
    assert buyer.post(f"{V1}/orders/{other['id']}/cancel", asked).status_code == 202
    late = follow(orders, po_number="PO-OWN-6")
    late.hears(plan(late, LATE))
    (decision,) = decisions(late)
    claim = a_claim(orders)
    a_verdict(orders)
    assert send_image(orders, a_photo()).status_code == 200
    deliver(orders)
    (delivery, *_) = buyer.get(f"{V1}/webhooks/{hook['id']}/deliveries").json
    draft = buyer.post(f"{V1}/drafts", an_order(po_number="PO-OWN-2"))
    quote = buyer.post(f"{V1}/quotes", an_order(po_number="PO-OWN-3"))
    imported = send(buyer, as_csv(a_row("PO-OWN-4")))
    key = buyer.post(f"{V1}/keys", {"name": "warehouse", "scopes": ["read"]})
    for made in (draft, quote, imported, key):
        assert made.status_code in (201, 202), made.text
    ids = {
        "order_id": order["id"],
        "payment_id": paid.json["payments"][0]["id"],
        "draft_id": draft.json["id"],
        "quote_id": quote.json["id"],
        "import_id": imported.json["id"],
        "endpoint_id": hook["id"],
        "delivery_id": str(delivery["id"]),
        "key_id": key.json["id"],
        "decision_id": decision["id"],
        "note_id": what_is_needed(orders),
        "claim_id": claim["id"],
        "blocked_id": what_is_blocked(orders),
        "lot": LOT,
        "shipment_id": str(SHIPMENT),
        "number": "1",
        "line": "1",
        "sku": "CR-BALL-07",
        "currency": "USD",
        "valid_from": "2999-01-01",
    }
    return World(orders.client, orders.database, ids, told=("PO-OWN-", "CHEWY-LOUIS", endpoint.url))


def what_is_needed(orders: Orders) -> str:
    """A line that its buyer acknowledged, and a note of counsel; the note's id."""
    order = orders.buyer.post(f"{V1}/orders", an_order(po_number="PO-OWN-8", lines=[TO_NL])).json
    given = orders.buyer.post(f"{V1}/orders/{order['id']}/lines/1/acknowledgement", SAID)
    assert given.status_code == 200, given.text
    note = orders.officer.post(f"{V1}/counsel-notes", a_note(policies=[]))
    assert note.status_code == 201, note.text
    id: str = note.json["id"]
    return id


def what_is_blocked(orders: Orders) -> str:
    """An order that the law blocks; of its second line the buyer asked that free workers make it."""
    bar_prisoners_work(orders)
    lines = [a_line(consignee=CONSIGNEE | {"country": "CA"})] * 2
    order = orders.buyer.post(f"{V1}/orders", an_order(po_number="PO-OWN-9", lines=lines)).json
    asked = orders.buyer.post(f"{V1}/orders/{order['id']}/lines/2/free-lane/request", {})
    assert asked.status_code == 200, asked.text
    id: str = order["id"]
    return id


def a_claim(orders: Orders) -> dict[str, Any]:
    """Of an order that was delivered and partly paid, with a photo."""
    order = delivered(orders, po_number="PO-OWN-7")
    pay(order)
    made = orders.buyer.post(f"{V1}/claims", {"sscc": SSCC, "quantity": 20, **WHY})
    assert made.status_code == 201, made.text
    assert send_photo(orders.buyer, made.json, a_photo()).status_code == 201
    found: dict[str, Any] = made.json
    return found


def a_verdict(orders: Orders) -> None:
    """A sample that the buyer refused."""
    with orders.database.transaction() as session:
        asking = item.c.published.op("||")(cast({"golden_sample": "GS-2"}, JSONB))
        session.execute(update(item).where(item.c.sku == "CR-BALL-07").values(published=asking))
    refused = orders.buyer.post(
        f"{V1}/samples/CR-BALL-07/refuse", {"sample": "GS-2", "reason": "The knots of PO-OWN-1 come loose."}
    )
    assert refused.status_code == 200, refused.text
