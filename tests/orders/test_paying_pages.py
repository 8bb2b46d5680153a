"""The page of an order's payments: what is due, paid and credited, and telling of more, without JavaScript."""

import re
from typing import Any

import pytest

from shared.web.access import BUYER, COMPLIANCE, KANWIL
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_changing_pages import submit
from tests.orders.test_claims import act, decided, delivered
from tests.orders.test_handlers import Followed
from tests.orders.test_pages import Visitor


@pytest.fixture
def order(orders: Orders) -> Followed:
    return delivered(orders)


@pytest.fixture
def buyer(orders: Orders) -> Visitor:
    return Visitor(orders, BUYER, account="CHEWY-LOUIS")


def page_of(order: Followed) -> str:
    return f"/orders/order/{order.id}/payments"


def a_form(**changes: str) -> dict[str, str]:
    return {"amount": "250.00", "paid_on": in_days(0).isoformat(), "reference": "BCA-1", **changes}


def payment_of(order: Followed) -> dict[str, Any]:
    payment: dict[str, Any] = order.read()["payment"]
    return payment


def test_a_payment_is_told_by_the_form_and_stands_on_the_page(order: Followed, buyer: Visitor) -> None:
    assert page_of(order) in buyer.open(f"/orders/order/{order.id}")
    answer = submit(buyer, page_of(order), **a_form())
    assert (answer.status_code, answer.headers["Location"]) == (303, page_of(order))
    assert payment_of(order)["paid"] == "250.00"
    page = buyer.open(page_of(order))
    for shown in ("550.00 USD", "250.00 USD", "300.00 USD", "BCA-1"):
        assert shown in page
    assert "250.00 of 550.00 USD are paid" in buyer.open(f"/orders/order/{order.id}")


def test_what_was_credited_stands_beside_it_and_is_not_due(order: Followed, buyer: Visitor) -> None:
    act(order, decided(order, 15), "settle", settlement="credit", credit="8.25")
    page = buyer.open(page_of(order))
    assert ("541.75 USD" in page, "8.25 USD" in page) == (True, True)
    assert "8.25 USD are credited for claims" in buyer.open(f"/orders/order/{order.id}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "551"}, "are left to pay of"),
        ({"amount": "ten"}, "Give an amount in digits"),
        ({"amount": ""}, "Missing data"),
        ({"amount": "1.001"}, "in whole units of"),
        ({"paid_on": "yesterday"}, "Give a date as YYYY-MM-DD"),
        ({"paid_on": "2999-01-01"}, "Give a day up to"),
        ({"reference": "x" * 101}, "Give 1 to 100 characters"),
    ],
    ids=str,
)
def test_a_refused_payment_keeps_what_was_typed(
    order: Followed, buyer: Visitor, changes: dict[str, str], said: str
) -> None:
    refused = submit(buyer, page_of(order), **a_form(**changes))
    assert (refused.status_code, said in refused.text) == (422, True)
    for typed in a_form(**changes).values():
        assert f'value="{typed}"' in refused.text
    assert payment_of(order)["paid"] == "0.00"


def test_a_refusal_is_said_in_indonesian(order: Followed, orders: Orders) -> None:
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id")
    refused = submit(buyer, page_of(order), **a_form(amount="551"))
    assert "Dari 550.00 tinggal 550.00 USD yang harus dibayar" in refused.text
    assert "Catat pembayaran" in refused.text


def test_a_payment_told_wrongly_is_taken_back_by_its_form(order: Followed, buyer: Visitor) -> None:
    submit(buyer, page_of(order), **a_form())
    (form,) = re.findall(r'action="(/orders/order/[^"]+/take-back)"', buyer.open(page_of(order)))
    refused = submit(buyer, form, reason=" ")
    assert (refused.status_code, "<details open>" in refused.text) == (422, True)
    assert "<details open>" in buyer.open(form)
    assert submit(buyer, form, reason="The bank took it back.").status_code == 303
    assert payment_of(order)["paid"] == "0.00"
    page = buyer.open(page_of(order))
    assert "taken back, since it was told wrongly: The bank took it back." in page
    assert form not in page


@pytest.mark.parametrize("role", [COMPLIANCE, KANWIL])
def test_others_read_the_payments_and_tell_of_none(order: Followed, orders: Orders, role: str) -> None:
    staff = Visitor(orders, role)
    assert "Record the payment" not in staff.open(page_of(order))
    assert submit(staff, page_of(order), **a_form()).status_code == 403
    assert payment_of(order)["paid"] == "0.00"


def test_another_buyers_payments_are_none(order: Followed, orders: Orders) -> None:
    rival = Visitor(orders, BUYER, account="RIVAL")
    assert rival.client.get(page_of(order)).status_code == 404
