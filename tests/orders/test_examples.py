"""The examples in the orders document are what the service takes and answers."""

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import insert

from services.orders.storage import destination_policy
from tests.clock import in_days
from tests.examples import Answers, shape_of
from tests.orders.conftest import Orders, a_line, an_order
from tests.orders.test_catalogue import stocked
from tests.orders.test_claims import SSCC, WHY, delivered, send_photo
from tests.orders.test_decisions import LATE, plan
from tests.orders.test_dossiers import a_recording
from tests.orders.test_handlers import LOT, SHIPMENT, follow
from tests.orders.test_images import send_image
from tests.orders.test_imports import a_row, as_csv, send, work_off
from tests.orders.test_needs import SAID, a_note
from tests.orders.test_payments import a_payment
from tests.orders.test_samples import ask_for
from tests.orders.test_webhooks import Endpoint, deliver, endpoint
from tests.pictures import a_photo

__all__ = ["endpoint", "stocked"]

API = "/orders/v1"
REASON = {"reason": "The agreement is in force, and the facilities' evidence was found complete."}
HOME = {"name": "Toko", "address": ["Jalan 1", "Semarang"], "country": "ID"}


def test_each_operation_answers_as_its_example_says(
    stocked: Orders, endpoint: Endpoint, record_examples: bool
) -> None:
    answers = Answers(stocked.client.application)
    play(stocked, endpoint.url)
    if record_examples:
        answers.keep()
    assert shape_of(answers.seen) == shape_of(answers.kept)


def play(orders: Orders, address: str) -> None:
    """A buyer and the offices do everything once."""
    webhook = the_webhook(orders, address)
    what_a_release_needs(orders)
    the_order(orders)
    a_lane(orders)
    a_free_workshop(orders)
    the_decisions(orders)
    after_the_sale(orders)
    deliver(orders)
    the_deliveries(orders, webhook)
    what_comes_before(orders)
    the_catalogue(orders)
    the_samples(orders)
    the_keys(orders)
    orders.buyer.get(f"{API}/feed?limit=2")
    done(orders.buyer.change("DELETE", f"{API}/webhooks/{webhook}"))


def done(answer: Any) -> Any:
    assert answer.status_code < 300, answer.text
    return answer


def the_webhook(orders: Orders, address: str) -> str:
    asked = {"url": address, "description": "warehouse", "event_types": []}
    webhook: str = done(orders.buyer.post(f"{API}/webhooks", asked)).json["id"]
    done(orders.buyer.get(f"{API}/webhooks"))
    done(orders.buyer.get(f"{API}/webhooks/{webhook}"))
    one = f"{API}/webhooks/{webhook}"
    named = {"description": "the warehouse"}
    done(orders.buyer.change("PATCH", one, named, seen=orders.buyer.get(one).headers["ETag"]))
    done(orders.buyer.post(f"{API}/webhooks/{webhook}/rotate", {"overlap_hours": 24}))
    done(orders.buyer.post(f"{API}/webhooks/{webhook}/test", {}))
    return webhook


def the_keys(orders: Orders) -> None:
    asked = {"name": "warehouse", "scopes": ["read"], "expires_at": "2099-01-01T00:00:00Z"}
    key = done(orders.buyer.post(f"{API}/keys", asked)).json["id"]
    done(orders.buyer.get(f"{API}/keys"))
    done(orders.buyer.post(f"{API}/keys/{key}/rotate", {"overlap_hours": 24}))
    done(orders.buyer.change("DELETE", f"{API}/keys/{key}"))


def the_order(orders: Orders) -> None:
    asked = an_order(po_number="PO-2025-0001", lines=[a_line(consignee=HOME), a_line(sku="CR-RING-15")])
    order = done(orders.buyer.post(f"{API}/orders", asked)).json["id"]
    read = done(orders.buyer.get(f"{API}/orders/{order}"))
    done(orders.buyer.get(f"{API}/orders"))
    done(orders.buyer.get(f"{API}/orders.csv"))
    done(orders.buyer.get(f"{API}/orders/{order}/timeline"))
    release = f"{API}/orders/{order}/lines/2/release"
    done(orders.officer.post(release, REASON))
    more = {"lines": [{"line": 1, "quantity": 1200}], "reason": "a second shop opens"}
    amended = done(orders.buyer.change("PATCH", f"{API}/orders/{order}", more, seen=read.headers["ETag"]))
    fewer = {"lines": [{"line": 1, "quantity": 800}], "reason": "one shop closes"}
    done(orders.buyer.change("PATCH", f"{API}/orders/{order}", fewer, seen=amended.headers["ETag"]))
    asked = {"lines": [{"line": 2, "quantity": 100}], "reason": "the season is over"}
    done(orders.buyer.post(f"{API}/orders/{order}/cancel?dry_run=true", asked))
    done(orders.buyer.post(f"{API}/orders/{order}/cancel", asked))
    done(orders.buyer.get(f"{API}/orders/{order}/cancellations"))


def a_lane(orders: Orders) -> None:
    """A lot that counted as made by free workers was braided in a prison."""
    order = follow(orders, po_number="PO-2025-0107")
    order.hears(order.plan(), replace(order.lot("FRE-2503-001"), lane="free"))
    operations = [{"name": "braid", "lane": "custodial"}, {"name": "pack", "lane": "free"}]
    done(
        orders.officer.post(
            f"{API}/orders/{order.id}/lots/FRE-2503-001/lane", {"operations": operations, **REASON}
        )
    )


def a_free_workshop(orders: Orders) -> None:
    """A line that the law blocks, and that free workers are to make."""
    here = f"{API}/orders/{follow(orders, country='CA', po_number='PO-2025-0109').id}/lines/1"
    done(orders.buyer.post(f"{here}/free-lane/request", {}))
    done(orders.officer.post(f"{here}/free-lane/decline", REASON))
    done(orders.officer.post(f"{here}/free-lane", REASON))


def what_a_release_needs(orders: Orders) -> None:
    """A buyer acknowledges who made the goods, and counsel advises; the hold is to export."""
    rule = {"action": "hold", "countries": ["NL"], "needs": ["DOSSIER", "BUYER_ACK", "COUNSEL_NOTE_EU"]}
    with orders.database.transaction() as session:
        session.execute(insert(destination_policy).values(id="DP-NL-1", version=1, row=rule))
    order = follow(orders, country="NL", po_number="PO-2025-0108")
    order.hears(order.plan(), order.lot("SRG-2503-008"))
    here = f"{API}/orders/{order.id}/lines/1"
    done(orders.buyer.post(f"{here}/acknowledgement", SAID))
    done(orders.buyer.get(f"{here}/acknowledgement"))
    done(orders.officer.post(f"{API}/counsel-notes", a_note(policies=["DP-NL-1.v1"])))
    done(orders.officer.get(f"{here}/needs"))
    done(orders.officer.post(f"{here}/release", REASON))
    note = done(orders.officer.get(f"{API}/counsel-notes")).json[0]["id"]
    done(orders.officer.post(f"{API}/counsel-notes/{note}/withdraw", REASON))


def the_decisions(orders: Orders) -> None:
    late = follow(orders, po_number="PO-2025-0005")
    late.hears(plan(late, LATE))
    decision = done(orders.buyer.get(f"{API}/decisions")).json[0]["id"]
    done(orders.buyer.get(f"{API}/decisions/{decision}"))
    done(orders.buyer.post(f"{API}/decisions/{decision}", {"answer": "accept_date"}))


def after_the_sale(orders: Orders) -> None:
    order = delivered(orders, po_number="PO-2025-0006")
    order.hears(a_recording("independent_visit", 1))
    for dossier in (f"lots/{LOT}", f"lots/{LOT}.pdf", f"shipments/{SHIPMENT}", f"shipments/{SHIPMENT}.pdf"):
        done(orders.officer.get(f"{API}/dossiers/{dossier}"))
    paid = done(orders.buyer.post(f"{API}/orders/{order.id}/payments", a_payment())).json["payments"][0]["id"]
    wrong = {"reason": "It was another order that this was paid for."}
    done(orders.buyer.post(f"{API}/orders/{order.id}/payments/{paid}/take-back", wrong))
    done(orders.buyer.get(f"{API}/orders/{order.id}/payments"))
    done(orders.buyer.get(f"{API}/orders/{order.id}/proforma.pdf"))
    claim = done(orders.buyer.post(f"{API}/claims", {"sscc": SSCC, "quantity": 20, **WHY})).json
    one = f"{API}/claims/{claim['id']}"
    done(send_photo(orders.buyer, claim, a_photo()))
    done(orders.buyer.get(f"{one}/photos/1"))
    done(orders.office.post(f"{one}/decide", {"accepted": 15, **WHY}))
    done(orders.office.post(f"{one}/settle", {"settlement": "credit", "credit": "8.25"}))
    done(orders.buyer.get(one))
    done(orders.buyer.get(f"{API}/orders/{order.id}/claims"))


def the_deliveries(orders: Orders, webhook: str) -> None:
    told = done(orders.buyer.get(f"{API}/webhooks/{webhook}/deliveries?limit=2")).json
    done(orders.buyer.get(f"{API}/webhooks/{webhook}/deliveries/{told[0]['id']}"))
    done(orders.buyer.post(f"{API}/webhooks/{webhook}/deliveries/{told[0]['id']}/replay", {}))
    hours = {"from": "2025-01-01T00:00:00Z", "to": "2025-01-02T00:00:00Z", "undelivered_only": True}
    done(orders.buyer.post(f"{API}/webhooks/{webhook}/replay", hours))


def what_comes_before(orders: Orders) -> None:
    quote = done(orders.buyer.post(f"{API}/quotes", an_order(po_number="PO-2025-0002"))).json["id"]
    done(orders.buyer.get(f"{API}/quotes/{quote}"))
    part = {"po_number": "PO-2025-0003", "currency": "USD"}
    draft = done(orders.buyer.post(f"{API}/drafts", part))
    one = f"{API}/drafts/{draft.json['id']}"
    done(orders.buyer.get(f"{API}/drafts"))
    done(orders.buyer.get(one))
    rest = {name: value for name, value in an_order().items() if name not in part}
    done(orders.buyer.change("PATCH", one, rest, seen=draft.headers["ETag"]))
    done(orders.buyer.post(f"{one}/place", {}))
    other = done(orders.buyer.post(f"{API}/drafts", part)).json["id"]
    done(orders.buyer.change("DELETE", f"{API}/drafts/{other}"))
    started = done(send(orders.buyer, as_csv(a_row("PO-2025-0004"))))
    done(send(orders.buyer, json.dumps(a_row("PO-2025-0004")).encode(), "application/x-ndjson"))
    work_off(orders)
    done(orders.buyer.get(f"{API}/imports/{started.json['id']}"))
    done(orders.buyer.get(f"{API}/imports/{started.json['id']}/rows"))


def the_catalogue(orders: Orders) -> None:
    done(orders.buyer.get(f"{API}/catalogue"))
    item = done(orders.buyer.get(f"{API}/catalogue/CR-BALL-07"))
    named = {"name_en": "Coco rope ball, 7 cm"}
    done(orders.office.change("PATCH", f"{API}/catalogue/CR-BALL-07", named, seen=item.headers["ETag"]))
    done(send_image(orders, a_photo()))
    done(orders.buyer.get(f"{API}/catalogue/CR-BALL-07/image"))
    done(orders.office.change("DELETE", f"{API}/catalogue/CR-BALL-07/image"))
    price = f"{API}/catalogue/CR-BALL-07/prices/USD/{in_days(30).isoformat()}"
    done(orders.office.change("PUT", price, {"unit_price": "0.60"}))


def the_samples(orders: Orders) -> None:
    ask_for(orders, "GS-CR-RING-15/2", "CR-RING-15")
    asked = an_order(po_number="PO-2025-0007", lines=[a_line(sku="CR-RING-15", consignee=HOME)])
    done(orders.buyer.post(f"{API}/orders", asked))
    one, sample = f"{API}/samples/CR-RING-15", {"sample": "GS-CR-RING-15/2"}
    done(orders.buyer.post(f"{one}/refuse", sample | {"reason": "the knots come loose"}))
    done(orders.buyer.get(f"{API}/samples"))
    done(orders.buyer.post(f"{one}/approve", sample))
