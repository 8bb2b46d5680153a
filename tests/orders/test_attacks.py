"""What people with a hand for it type into the forms of orders, and what its pages make of it."""

from uuid import UUID

import pytest
from markupsafe import escape

from services.orders.handlers import REACTIONS
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from tests.hearing import Hearing
from tests.hostile import WORDS, Attacker, check_page, rummage
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_claims import SSCC, arrival, packed
from tests.orders.test_handlers import Followed
from tests.orders.test_pages import Visitor
from tests.orders.test_payments import a_payment
from tests.orders.test_webhooks import Endpoint, endpoint
from tests.orders.world import V1, a_world

__all__ = ["endpoint"]


@pytest.mark.parametrize(("role", "account", "least"), [(BUYER, "CHEWY-LOUIS", 15), (KANWIL, None, 2)])
def test_no_form_breaks_and_nothing_typed_is_obeyed_on_any_page(
    orders: Orders, endpoint: Endpoint, role: str, account: str | None, least: int
) -> None:
    a_world(orders, endpoint)
    forms = rummage(Visitor(orders, role, account=account).client, "orders", "/orders/import")
    assert forms >= least


MARKUP = {
    what: f"{what} {WORDS[0]}"[:most]
    for what, most in (
        ("po_number", 60),
        ("named_place", 100),
        ("name", 200),
        ("address", 200),
        ("cancel", 200),
        ("claim", 200),
        ("reference", 100),
        ("description", 200),
        ("draft", 60),
        ("key", 200),
    )
}
"""Text that a page would obey, if it took it for its own, for each field that keeps what a buyer says."""
THEIR_OWN = {"draft", "description", "key"}
"""What nobody but the buyer reads."""


@pytest.mark.parametrize(
    ("role", "account", "shown"),
    [
        (BUYER, "CHEWY-LOUIS", set(MARKUP)),
        (COMPLIANCE, None, set(MARKUP) - THEIR_OWN),
        (KANWIL, None, set(MARKUP) - THEIR_OWN),
    ],
)
def test_markup_that_is_kept_is_shown_as_it_was_written_and_obeyed_on_no_page(
    orders: Orders, endpoint: Endpoint, role: str, account: str | None, shown: set[str]
) -> None:
    keep_markup(orders, endpoint)
    attacker = Attacker(Visitor(orders, role, account=account).client, "orders")
    attacker.walk()
    for path, page in attacker.pages.items():
        check_page(page, path)
    pages = "".join(attacker.pages.values())
    assert {what for what, text in MARKUP.items() if str(escape(text)) in pages} == shown


def keep_markup(orders: Orders, endpoint: Endpoint) -> None:
    """An order of which one line has arrived, one is being cancelled and one is held; and what stands beside orders."""
    to = CONSIGNEE | {"name": MARKUP["name"], "address": [MARKUP["address"]]}
    lines = [a_line(consignee=to | {"country": country}) for country in ("ID", "ID", "BE")]
    asked = an_order(po_number=MARKUP["po_number"], named_place=MARKUP["named_place"], lines=lines)
    id = kept(orders, "orders", asked)
    order = Followed(orders, Hearing(orders.database, REACTIONS), UUID(id))
    order.hears(order.plan(), order.work(), order.lot(), packed(order), order.departure(), arrival(order))
    kept(orders, f"orders/{id}/cancel", {"lines": [{"line": 2, "quantity": 10}], "reason": MARKUP["cancel"]})
    kept(orders, f"orders/{id}/payments", a_payment(reference=MARKUP["reference"]))
    kept(orders, "claims", {"sscc": SSCC, "quantity": 20, "reason": MARKUP["claim"]})
    kept(orders, "drafts", asked | {"po_number": MARKUP["draft"]})
    kept(orders, "webhooks", {"url": endpoint.url, "description": MARKUP["description"]})
    kept(orders, "keys", {"name": MARKUP["key"], "scopes": ["read"]})


def kept(orders: Orders, path: str, body: dict[str, object]) -> str:
    answer = orders.buyer.post(f"{V1}/{path}", body)
    assert answer.status_code in (201, 202), answer.text
    return str(answer.json.get("id"))
