"""The proforma says what the order says, to the cent, and where to pay."""

from io import BytesIO

import pypdf
import pytest
from sqlalchemy import text

from shared import reference
from shared.web.access import BUYER
from tests.orders.conftest import Orders, a_line, an_order
from tests.orders.test_cancelling import cancel
from tests.orders.test_handlers import ORDERS, Followed, follow
from tests.orders.test_pages import Visitor

BANK = "DEMONSTRATION ONLY, no real account"


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)


def read(orders: Orders, order_id: str) -> str:
    answer = orders.buyer.get(f"{ORDERS}/{order_id}/proforma.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return text_of(answer.data)


def test_its_numbers_are_the_orders_to_the_cent(orders: Orders) -> None:
    lines = [a_line(quantity=1_001), a_line(sku="CR-RING-15", quantity=37)]
    placed = orders.buyer.post(ORDERS, an_order(lines=lines)).json
    told = read(orders, placed["id"])
    assert placed["payment"]["due"] == "575.71"
    for said in ("PO-1", "1,001", "550.55", "25.16", "575.71", "FCA CY Tanjung Emas"):
        assert said in told, said


def test_markup_in_what_a_buyer_wrote_is_shown_and_not_obeyed(orders: Orders) -> None:
    hostile = '<img src="http://169.254.169.254/"/> </para>'
    consignee = {"name": hostile, "address": [hostile], "country": "BE"}
    asked = an_order(po_number=hostile, named_place=hostile, lines=[a_line(consignee=consignee)])
    placed = orders.buyer.post(ORDERS, asked)
    assert placed.status_code == 201, placed.text
    pdf = orders.buyer.get(f"{ORDERS}/{placed.json['id']}/proforma.pdf").data
    assert hostile.replace(" ", "") in text_of(pdf).replace(" ", "").replace("\n", "")
    assert b"/URI" not in pdf
    assert not any(page.images for page in pypdf.PdfReader(BytesIO(pdf)).pages)


def test_cancelled_pieces_are_not_asked_for_and_payments_are_told(orders: Orders, order: Followed) -> None:
    order.hears(order.plan())
    asked = cancel(order, 400)
    order.hears(order.plan(600), asked.stopped(400, asked=400))
    payment = {"amount": "30.00", "currency": "USD", "paid_on": "2026-01-02", "reference": "BANK-1"}
    assert orders.buyer.post(f"{ORDERS}/{order.id}/payments", payment).status_code == 201
    told = read(orders, str(order.id))
    assert ("330.00" in told, "Paid so far: 30.00 USD" in told, "550.00" in told) == (True, True, False)


def test_the_bank_details_that_come_with_the_code_are_marked_as_demonstration_data(
    orders: Orders, order: Followed
) -> None:
    (bank,) = {row.bank for row in reference.buyers() if row.code == "CHEWY-LOUIS"}
    assert bank[0] == BANK
    with orders.database.transaction() as session:
        particulars = f'{{"bank": ["{BANK}"]}}'
        session.execute(text("UPDATE buyer SET particulars = CAST(:row AS jsonb)"), {"row": particulars})
    assert BANK in read(orders, str(order.id))


def test_it_is_the_buyers_own_and_on_their_page(orders: Orders, order: Followed) -> None:
    assert orders.rival.get(f"{ORDERS}/{order.id}/proforma.pdf").status_code == 404
    visitor, path = Visitor(orders, BUYER, account="CHEWY-LOUIS"), f"/orders/order/{order.id}/proforma.pdf"
    assert path in visitor.open(f"/orders/order/{order.id}")
    answer = visitor.client.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
