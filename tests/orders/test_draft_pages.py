"""Drafts on the portal: a half-filled form is kept, gone on with, placed or forgotten."""

import re

import pytest
from werkzeug.test import TestResponse

from services.orders.storage import draft
from tests.orders.conftest import Orders
from tests.orders.test_ordering_pages import NEW, Buyer, count, fields, typed


@pytest.fixture
def buyer(orders: Orders) -> Buyer:
    return Buyer(orders)


def keep(buyer: Buyer, **form: str) -> TestResponse:
    return buyer.send(NEW, do="keep", **form)


def kept(buyer: Buyer, **form: str) -> str:
    answer = keep(buyer, **form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


HALF = {"po_number": "PO-1", "lines[0].quantity": "1200", "lines[0].consignee.name": "Toko <b>"}


def test_a_half_filled_form_is_kept_and_gone_on_with(orders: Orders, buyer: Buyer) -> None:
    address = kept(buyer, **HALF)
    assert address in buyer.open(NEW)
    form = fields(buyer.open(address))
    assert {name: form[name] for name in HALF} == HALF
    more = kept(buyer, **HALF | {"currency": "USD", "draft": form["draft"], "version": form["version"]})
    assert (more, count(orders, draft)) == (address, 1)
    assert fields(buyer.open(address))["currency"] == "USD"


def test_an_order_that_is_placed_ends_its_draft(orders: Orders, buyer: Buyer) -> None:
    form = fields(buyer.open(kept(buyer, **typed())))
    asked = buyer.send(NEW, **typed(), draft=form["draft"], version=form["version"])
    page = fields(buyer.open(asked.headers["Location"]))
    assert page["draft"] == form["draft"]
    placed = buyer.send(asked.headers["Location"].partition("?")[0], draft=page["draft"])
    assert (placed.status_code, count(orders), count(orders, draft)) == (303, 1, 0)


def test_a_draft_is_right_in_what_it_has(orders: Orders, buyer: Buyer) -> None:
    refused = keep(buyer, **HALF | {"lines[0].quantity": "many"})
    assert (refused.status_code, fields(refused.text)["lines[0].quantity"]) == (422, "many")
    assert count(orders, draft) == 0


def test_what_somebody_else_changed_is_not_overwritten(orders: Orders, buyer: Buyer) -> None:
    address = kept(buyer, **HALF)
    mine = fields(buyer.open(address))
    seen = {"draft": mine["draft"], "version": mine["version"]}
    kept(buyer, **HALF, **seen, named_place="Semarang")
    late = keep(buyer, **HALF, **seen, named_place="Antwerp")
    assert (late.status_code, "Somebody changed this draft" in late.text) == (422, True)
    assert fields(late.text)["named_place"] == "Antwerp"
    assert fields(buyer.open(address))["named_place"] == "Semarang"


def test_a_button_of_the_form_keeps_to_its_draft(buyer: Buyer) -> None:
    mine = fields(buyer.open(kept(buyer, **HALF)))
    more = buyer.send(NEW, do="add", **HALF, draft=mine["draft"], version=mine["version"])
    assert fields(more.text)["draft"] == mine["draft"]


def test_a_draft_is_forgotten_and_another_buyers_is_none(orders: Orders, buyer: Buyer) -> None:
    address = kept(buyer, **HALF)
    (forget,) = re.findall(r'action="(/orders/drafts/[^"]+/forget)"', buyer.open(NEW))
    rival = Buyer(orders, account="RIVAL")
    assert rival.client.get(address).status_code == 404
    assert address not in rival.open(NEW)
    rival.send(forget)
    assert count(orders, draft) == 1
    assert buyer.client.get(forget).status_code == 303
    assert buyer.send(forget).status_code == 303
    assert count(orders, draft) == 0
    assert buyer.client.get(address).status_code == 404


def test_drafts_are_shown_in_indonesian(orders: Orders) -> None:
    buyer = Buyer(orders, language="id")
    kept(buyer, **HALF)
    assert "Draf yang bisa dilanjutkan" in buyer.open(NEW)
