"""Payments that the exporter tells of: to the cent, once each, and never more than is owed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.orders.domain.payment import Account, Payment, take
from shared.refusal import Refused
from shared.web.access import BUYER
from tests.clock import in_days
from tests.orders.conftest import Orders, a_line, an_order
from tests.orders.test_cancelling import cancel
from tests.orders.test_handlers import ORDERS, Followed, follow
from tests.orders.test_pages import Visitor


@pytest.fixture
def order(orders: Orders) -> Followed:
    """1,000 pieces at 0.55 USD."""
    return follow(orders)


def a_payment(**changes: Any) -> dict[str, Any]:
    return {
        "amount": "250.00",
        "currency": "USD",
        "paid_on": in_days(0).isoformat(),
        "reference": "BANK-1",
        **changes,
    }


def pay(order: Followed, *, status: int = 201, **changes: Any) -> Any:
    answer = order.orders.buyer.post(f"{ORDERS}/{order.id}/payments", a_payment(**changes))
    assert answer.status_code == status, answer.text
    return answer.json


def test_payments_add_up_to_what_is_owed(order: Followed) -> None:
    first = pay(order)
    assert (first["status"], first["due"], first["paid"]) == ("part_paid", "550.00", "250.00")
    rest = pay(order, amount="300.00", reference="BANK-2")
    assert (rest["status"], [each["amount"] for each in rest["payments"]]) == (
        "settled",
        ["250.00", "300.00"],
    )
    assert order.read()["payment"] == {
        "terms": "open_account",
        "status": "settled",
        "currency": "USD",
        "due": "550.00",
        "credited": "0.00",
        "paid": "550.00",
    }
    assert order.told()[-4:] == ["payment_recorded", "payment_status_changed"] * 2


def test_the_same_reference_counts_once(order: Followed) -> None:
    pay(order)
    again = pay(order)
    assert (again["paid"], order.told().count("payment_recorded")) == ("250.00", 1)
    (error,) = pay(order, amount="251.00", status=422)["errors"]
    assert error["field"] == "reference"


@pytest.mark.parametrize(
    ("field", "changes", "said"),
    [
        ("amount", {"amount": "550.01"}, "550.00 USD are left to pay of 550.00; 550.01 is more."),
        ("amount", {"amount": "0"}, "above zero"),
        ("amount", {"amount": "-1"}, "above zero"),
        ("amount", {"amount": "1.005"}, "0.01 USD"),
        ("amount", {"amount": "NaN"}, ""),
        ("currency", {"currency": "EUR"}, "The order is in USD"),
        ("currency", {"currency": "usd"}, "ISO 4217"),
        ("paid_on", {"paid_on": (in_days(0) + timedelta(days=2)).isoformat()}, "Give a day up to"),
        ("paid_on", {"paid_on": "yesterday"}, "YYYY-MM-DD"),
        ("reference", {"reference": " "}, ""),
    ],
    ids=str,
)
def test_a_wrong_payment_is_refused_by_field_and_nothing_is_noted(
    order: Followed, field: str, changes: dict[str, Any], said: str
) -> None:
    (error,) = pay(order, status=422, **changes)["errors"]
    assert (error["field"], said in error["message"]) == (field, True)
    assert order.read()["payment"]["paid"] == "0.00"


WRONG = "It was paid for another order."


def take_back(order: Followed, id: str, *, status: int = 200, reason: str = WRONG) -> Any:
    answer = order.orders.buyer.post(f"{ORDERS}/{order.id}/payments/{id}/take-back", {"reason": reason})
    assert answer.status_code == status, answer.text
    return answer.json


def test_a_payment_told_wrongly_is_taken_back_by_another_entry_and_told_anew(order: Followed) -> None:
    (told,) = pay(order, amount="550.00")["payments"]
    back = take_back(order, told["id"])
    assert (back["status"], back["paid"]) == ("unpaid", "0.00")
    first, second = back["payments"]
    assert first == told
    assert (second["amount"], second["corrects"], second["reason"]) == ("-550.00", told["id"], WRONG)
    assert order.told()[-2:] == ["payment_taken_back", "payment_status_changed"]
    (said,) = [entry["text"] for entry in order.timeline() if "told wrongly" in entry["text"]]
    assert said == f"A payment of 550.00 USD was told wrongly and counts no more: {WRONG}"
    right = pay(order, amount="300.00")
    assert (right["status"], right["paid"]) == ("part_paid", "300.00")
    assert pay(order, amount="300.00")["paid"] == "300.00", "the right one counts once, too"


def test_a_payment_is_taken_back_once_and_what_took_it_back_is_none(order: Followed) -> None:
    (told,) = pay(order)["payments"]
    _, back = take_back(order, told["id"])["payments"]
    for id in (told["id"], back["id"]):
        assert "was taken back before" in take_back(order, id, status=422)["detail"]
    assert order.read()["payment"]["paid"] == "0.00"
    assert take_back(order, str(order.id), status=404)["detail"].startswith("There is no such payment")


@pytest.mark.parametrize("reason", ["", "x" * 501, "3301012345678901 paid it"])
def test_a_payment_is_taken_back_for_a_reason_in_plain_words(order: Followed, reason: str) -> None:
    (told,) = pay(order)["payments"]
    (error,) = take_back(order, told["id"], status=422, reason=reason)["errors"]
    assert error["field"] == "reason"
    assert order.read()["payment"]["paid"] == "250.00"


def test_what_is_cancelled_is_not_owed_and_may_settle_the_order(order: Followed) -> None:
    order.hears(order.plan())
    pay(order, amount="330.00")
    asked = cancel(order, 400)
    order.hears(order.plan(600), asked.stopped(400, asked=400))
    assert order.read()["payment"]["status"] == "settled"
    assert "payment_status_changed" in order.told()[-3:]


def test_an_amendment_to_more_pieces_owes_again(order: Followed) -> None:
    pay(order, amount="550.00")
    read = order.orders.buyer.get(f"{ORDERS}/{order.id}")
    changes = {"lines": [{"line": 1, "quantity": 1_200}]}
    path, seen = f"{ORDERS}/{order.id}", read.headers["ETag"]
    assert order.orders.buyer.change("PATCH", path, changes, seen=seen).status_code == 200
    payment = order.read()["payment"]
    assert (payment["status"], payment["due"]) == ("part_paid", "660.00")


def test_another_buyers_order_cannot_be_told_from_none(order: Followed) -> None:
    path = f"{ORDERS}/{order.id}/payments"
    assert order.orders.rival.get(path).status_code == 404
    assert order.orders.rival.post(path, a_payment()).status_code == 404
    assert order.orders.office.post(path, a_payment()).status_code == 403


def test_an_order_says_under_which_terms_it_is_paid(orders: Orders) -> None:
    placed = orders.buyer.post(ORDERS, an_order(payment_terms="before_documents", lines=[a_line()]))
    assert placed.json["payment"]["terms"] == "before_documents"
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{placed.json['id']}")
    assert "released only once all is paid" in page
    refused = orders.buyer.post(ORDERS, an_order(po_number="PO-2", payment_terms="never"))
    assert refused.json["errors"][0]["field"] == "payment_terms"


@pytest.mark.parametrize(("currency", "told"), [("JPY", "50000"), ("USD", "50000.00"), ("KWD", "50000.000")])
def test_what_was_told_before_is_repeated_in_the_smallest_unit_of_its_currency(
    currency: str, told: str
) -> None:
    day, due = date(2026, 3, 2), Decimal(80_000)
    account = Account(order_id=UUID(int=1), currency=currency, due=due, paid=Decimal(0), credited=Decimal(0))
    kept, other = (
        Payment(id=UUID(int=n), amount=Decimal(f"{n}0000.0000"), paid_on=day, reference="BANK-1")
        for n in (5, 6)
    )
    with pytest.raises(Refused, match=f"BANK-1 was told before, with {told} of"):
        take(account, [kept], other, currency=currency, today=day)
