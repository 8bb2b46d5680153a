"""The pages on which a buyer takes pieces back or amends a line: asked with their consequence, without JavaScript."""

import re
from typing import Any

import pytest

from services.orders import listing
from shared.web.access import BUYER, COMPLIANCE
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_handlers import Followed, follow
from tests.orders.test_pages import CSRF_TOKEN, Visitor


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


@pytest.fixture
def buyer(orders: Orders) -> Visitor:
    return Visitor(orders, BUYER, account="CHEWY-LOUIS")


def page_of(order: Followed, form: str = "") -> str:
    return f"/orders/order/{order.id}" + (f"/lines/1/{form}" if form else "")


def submit(buyer: Visitor, path: str, **typed: Any) -> Any:
    token = CSRF_TOKEN.search(buyer.open(path))
    assert token is not None
    return buyer.client.post(path, data={"csrf_token": token[1], **typed}, headers=buyer.headers)


def line_of(order: Followed) -> dict[str, Any]:
    line: dict[str, Any] = order.read()["lines"][0]
    return line


def test_the_question_says_what_can_probably_be_stopped(order: Followed, buyer: Visitor) -> None:
    order.hears(order.plan(), order.lot(quantity=300), order.cartons(quantity=300))
    page = buyer.open(page_of(order, "cancel") + "?quantity=900")
    assert "700 of 900 pieces can probably still be stopped" in page
    assert "need your consent to be opened" in page
    assert "900 of 900 pieces" in buyer.open(page_of(order, "cancel") + "?quantity=900&unpack=1")


def test_pieces_are_asked_back_and_stand_on_the_orders_page(order: Followed, buyer: Visitor) -> None:
    answer = submit(buyer, page_of(order, "cancel"), quantity="400", reason="The season is over.")
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(order))
    assert line_of(order)["cancelling"] == 400
    page = buyer.open(page_of(order))
    assert "400 pieces wait for an answer" in page
    assert "not answered yet" in page
    assert "The season is over." in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"quantity": "1001", "reason": "Not needed."}, "has 1,000 pieces left to cancel"),
        ({"quantity": "0", "reason": "Not needed."}, "has 1,000 pieces left to cancel"),
        ({"quantity": "ten", "reason": "Not needed."}, "in digits"),
        ({"quantity": "10", "reason": " "}, "Give a reason"),
    ],
    ids=str,
)
def test_a_refused_cancellation_keeps_what_was_typed(
    order: Followed, buyer: Visitor, typed: dict[str, str], said: str
) -> None:
    refused = submit(buyer, page_of(order, "cancel"), **typed)
    assert (refused.status_code, said in refused.text) == (422, True)
    assert typed["quantity"] in refused.text
    assert line_of(order)["cancelling"] == 0


def test_a_line_with_nothing_left_says_so(order: Followed, buyer: Visitor) -> None:
    submit(buyer, page_of(order, "cancel"), quantity="1000", reason="Not needed.")
    assert "Nothing of this line is left to cancel" in buyer.open(page_of(order, "cancel"))


def amendment(page: str, **typed: Any) -> dict[str, Any]:
    """The form as it stands on its page, with changes."""
    fields = dict(
        re.findall(r'<input type="(?:text|date|hidden)"(?: value="[^"]*")?[^>]*name="(\w+)"()', page)
    )
    for name in fields:
        value = re.search(
            rf'<input[^>]*value="([^"]*)"[^>]*name="{name}"|name="{name}" value="([^"]*)"', page
        )
        fields[name] = (value[1] or value[2] or "") if value else ""
    return {**fields, "address": "Havenstraat 1", **typed}


def test_a_line_is_amended(order: Followed, buyer: Visitor) -> None:
    form = amendment(buyer.open(page_of(order, "amend")), quantity="1200", requested_date=in_days(200))
    answer = submit(buyer, page_of(order, "amend"), **form)
    assert answer.status_code == 303, answer.text
    line = line_of(order)
    assert (line["ordered"], line["requested_date"]) == (1_200, in_days(200).isoformat())
    assert line["consignee"]["address"] == ["Havenstraat 1"]
    assert "Line 1 was amended: 1,200 pieces in all" in buyer.open(page_of(order))


def test_a_route_is_told_taken_back_and_left_behind_with_the_country_it_led_to(
    order: Followed, buyer: Visitor
) -> None:
    def told(**typed: Any) -> tuple[Any, str]:
        form = amendment(buyer.open(page_of(order, "amend")), **typed)
        answer = submit(buyer, page_of(order, "amend"), **form)
        shown = amendment(buyer.open(page_of(order, "amend")))["transit"]
        return (line_of(order)["transit"] if answer.status_code == 303 else answer.text), shown

    assert told(transit="sg, MY") == (["SG", "MY"], "SG, MY")
    assert told(quantity="1200") == (["SG", "MY"], "SG, MY")
    assert told(country="BE") == (None, "")
    assert told(transit="-") == ([], "-")
    assert told(transit="") == (None, "")
    assert 'id="field-transit-error"' in told(transit="XX")[0]


def test_an_amendment_is_refused_if_somebody_changed_the_order_meanwhile(
    order: Followed, buyer: Visitor
) -> None:
    form = amendment(buyer.open(page_of(order, "amend")), quantity="1200")
    submit(buyer, page_of(order, "cancel"), quantity="100", reason="Not needed.")
    refused = submit(buyer, page_of(order, "amend"), **form)
    assert (refused.status_code, "changed since you opened" in refused.text) == (412, True)
    assert line_of(order)["ordered"] == 1_000


@pytest.mark.parametrize(
    ("field", "value"), [("quantity", "0"), ("country", "XX"), ("requested_date", "2020-01-01"), ("name", "")]
)
def test_a_refused_amendment_says_what_is_wrong_at_its_field(
    order: Followed, buyer: Visitor, field: str, value: str
) -> None:
    form = amendment(buyer.open(page_of(order, "amend")), **{field: value})
    refused = submit(buyer, page_of(order, "amend"), **form)
    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text


def test_both_pages_are_in_indonesian_too(orders: Orders, order: Followed) -> None:
    reader = Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id")
    assert "buah mungkin masih dapat dihentikan" in reader.open(page_of(order, "cancel"))
    assert "belum ada pembuatnya" in reader.open(page_of(order, "cancel"))
    assert "Ubah baris 1" in reader.open(page_of(order, "amend"))


def test_who_ordered_nothing_changes_nothing(orders: Orders, order: Followed) -> None:
    rival = Visitor(orders, BUYER, account="RIVAL")
    officer = Visitor(orders, COMPLIANCE)
    for form in ("cancel", "amend"):
        assert rival.client.get(page_of(order, form)).status_code == 404
        assert officer.client.get(page_of(order, form)).status_code == 403
    assert page_of(order, "amend") not in officer.open(page_of(order))


def test_a_page_with_many_lines_and_requests_stays_small(orders: Orders, buyer: Visitor) -> None:
    order = follow(orders, lines=listing.MOST_LINES, po_number="PO-2")
    for _ in range(3):
        body = {"lines": [{"line": n, "quantity": 1} for n in range(1, 31)], "reason": "Not needed. " * 40}
        asked = orders.buyer.post(f"/orders/v1/orders/{order.id}/cancel", body)
        assert asked.status_code == 202, asked.text
    buyer.open(page_of(order))
