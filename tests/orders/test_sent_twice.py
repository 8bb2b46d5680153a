"""A form that is sent twice counts once: a double click, a page that is loaded again, an answer that was lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse

from shared import failpoints
from shared.web import idempotency
from shared.web.access import BUYER, KANWIL, create_key
from shared.web.tables import idempotency_key
from tests.clock import in_days
from tests.matrix import World
from tests.orders.conftest import Caller, Orders, an_order
from tests.orders.test_claims import SSCC, WHY, claim, delivered
from tests.orders.test_imports import a_row, as_csv
from tests.orders.test_ordering_pages import typed
from tests.orders.test_pages import CSRF_TOKEN, Visitor
from tests.orders.test_webhooks import Endpoint, endpoint, registered
from tests.pictures import a_photo

__all__ = ["endpoint"]

V1 = "/orders/v1"
CANCEL = {"quantity": "50", "reason": "Not needed now."}


@pytest.fixture
def buyer(orders: Orders) -> Visitor:
    return Visitor(orders, BUYER, account="CHEWY-LOUIS")


def token_on(visitor: Visitor, path: str) -> str:
    found = CSRF_TOKEN.search(visitor.open(path))
    assert found is not None
    return found[1]


def stands(orders: Orders) -> dict[str, str]:
    """All that the service keeps and tells, but for when somebody was last here."""
    kept = World(orders.client, orders.database, {}).rows()
    return {table: rows for table, rows in kept.items() if table != "web_session"}


def a_carton(orders: Orders, hook: str) -> tuple[str, dict[str, Any]]:
    return f"/orders/order/{delivered(orders).id}/lines/1/claim", {"sscc": SSCC, "quantity": "20", **WHY}


def photos(orders: Orders, hook: str) -> tuple[str, dict[str, Any]]:
    made = claim(delivered(orders))
    return f"/orders/claims/{made['id']}/photos", {"photo": [(BytesIO(a_photo()), "1.jpg")]}


def a_cancellation(orders: Orders, hook: str) -> tuple[str, dict[str, Any]]:
    placed = orders.buyer.post(f"{V1}/orders", an_order()).json
    return f"/orders/order/{placed['id']}/lines/1/cancel", CANCEL


def a_payment(orders: Orders, hook: str) -> tuple[str, dict[str, Any]]:
    placed = orders.buyer.post(f"{V1}/orders", an_order()).json
    paid = {"amount": "10.00", "paid_on": in_days(0).isoformat(), "reference": "BANK-1"}
    return f"/orders/order/{placed['id']}/payments", paid


def an_order_of_a_quote(orders: Orders, hook: str) -> tuple[str, dict[str, Any]]:
    return f"/orders/quotes/{orders.buyer.post(f'{V1}/quotes', an_order()).json['id']}", {}


FORMS: dict[str, Callable[[Orders, str], tuple[str, dict[str, Any]]]] = {
    "claim": a_carton,
    "photos": photos,
    "cancellation": a_cancellation,
    "payment": a_payment,
    "quote": lambda orders, hook: ("/orders/new", typed()),
    "draft": lambda orders, hook: ("/orders/new", typed() | {"do": "keep"}),
    "order": an_order_of_a_quote,
    "import": lambda orders, hook: ("/orders/import", {"file": [(BytesIO(as_csv(a_row())), "orders.csv")]}),
    "key": lambda orders, hook: ("/orders/keys/", {"name": "warehouse", "scopes": ["read"]}),
    "endpoint": lambda orders, hook: ("/orders/webhooks/", {"url": hook}),
    "secret": lambda orders, hook: (f"/orders/webhooks/{registered(orders, hook)['id']}/rotate", {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_sent_twice_counts_once_and_is_answered_alike(
    orders: Orders, buyer: Visitor, endpoint: Endpoint, form: str
) -> None:
    path, fields = FORMS[form](orders, endpoint.url)
    token = token_on(buyer, path if form != "photos" else "/orders/")

    def send() -> TestResponse:
        again = {
            name: [(BytesIO(each[0].getvalue()), each[1]) for each in value]
            if isinstance(value, list) and isinstance(value[0], tuple)
            else value
            for name, value in fields.items()
        }
        return buyer.client.post(
            path, data={"csrf_token": token, **again}, headers=buyer.headers | {"Accept": "text/html"}
        )

    before = stands(orders)
    first = send()
    assert first.status_code in (201, 303), first.text
    done = stands(orders)
    assert done != before
    second = send()
    assert stands(orders) == done
    if first.status_code == 303:
        assert (second.status_code, second.headers["Location"]) == (303, first.headers["Location"])
    else:
        assert (second.status_code, "A secret is shown only then" in second.text) == (409, True)


def test_two_forms_at_once_are_one_and_the_same_of_a_later_page_is_another(
    orders: Orders, buyer: Visitor
) -> None:
    path, fields = a_cancellation(orders, "")
    form = {"csrf_token": token_on(buyer, path), **fields}
    cookie = buyer.client.get_cookie("kendi-orders")
    assert cookie is not None

    def send(_: int) -> int:
        client = orders.client.application.test_client()
        client.set_cookie(cookie.key, cookie.value)
        return int(client.post(path, data=form).status_code)

    with ThreadPoolExecutor(2) as both:
        assert list(both.map(send, range(2))) == [303, 303]
    assert asked_back(orders, path) == 50
    again = {"csrf_token": token_on(buyer, path), **fields}
    assert buyer.client.post(path, data=again).status_code == 303
    assert asked_back(orders, path) == 100


def test_what_was_refused_or_is_changed_is_sent_again_from_the_same_page(
    orders: Orders, buyer: Visitor
) -> None:
    path, fields = a_cancellation(orders, "")
    form = {"csrf_token": token_on(buyer, path), **fields}
    for quantity, status in (("2000", 422), ("2000", 422), ("50", 303), ("60", 303)):
        assert buyer.client.post(path, data=form | {"quantity": quantity}).status_code == status
    assert asked_back(orders, path) == 110


@pytest.mark.parametrize(("place", "asked"), [("web.committing", 0), ("web.committed", 50)])
def test_what_a_form_did_and_that_it_was_sent_stand_together_or_not_at_all(
    orders: Orders, buyer: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, asked: int
) -> None:
    path, fields = a_cancellation(orders, "")
    form = {"csrf_token": token_on(buyer, path), **fields}
    monkeypatch.setenv(failpoints.VARIABLE, str(tmp_path))
    (tmp_path / place).write_text("raise")
    assert buyer.client.post(path, data=form).status_code == 500
    assert asked_back(orders, path) == asked
    assert buyer.client.post(path, data=form).status_code == 303
    assert asked_back(orders, path) == 50


def asked_back(orders: Orders, path: str) -> int:
    order_id = path.split("/")[3]
    asked: int = orders.buyer.get(f"{V1}/orders/{order_id}").json["lines"][0]["cancelling"]
    return asked


def test_a_repetition_with_the_key_that_took_anothers_place_is_one(orders: Orders) -> None:
    placed = orders.buyer.post(f"{V1}/orders", an_order()).json
    ask = {"lines": [{"line": 1, "quantity": 100}], "reason": "Not needed."}
    first = orders.buyer.post(f"{V1}/orders/{placed['id']}/cancel", ask, idempotency_key="same")
    rotated = orders.buyer.post(f"{V1}/keys/{orders.buyer.key.split('_')[1]}/rotate", {}).json["key"]
    changed = Caller(orders.client, rotated)
    again = changed.post(f"{V1}/orders/{placed['id']}/cancel", ask, idempotency_key="same")
    assert (again.status_code, again.json) == (first.status_code, first.json)
    line = orders.buyer.get(f"{V1}/orders/{placed['id']}").json["lines"][0]
    assert line["cancelling"] == 100


def test_a_key_of_an_office_is_not_taken_for_another_ones(orders: Orders) -> None:
    """Two of the same role are two: it counts which of them did it."""
    made = claim(delivered(orders))
    path, said = f"{V1}/claims/{made['id']}/decide", {"accepted": 5, "reason": "The photos show it."}
    assert orders.office.post(path, said, idempotency_key="same").status_code == 200
    with orders.database.transaction() as session:
        other = create_key(session, name="other", role=KANWIL, account=None)
    assert Caller(orders.client, other).post(path, said, idempotency_key="same").status_code == 422


def test_a_note_is_known_for_48_hours(orders: Orders) -> None:
    for age, status in (("47 hours", 422), ("49 hours", 201)):
        key = f"kept {age}"
        first = orders.buyer.post(f"{V1}/orders", an_order(po_number=f"A {age}"), idempotency_key=key)
        assert first.status_code == 201
        with orders.database.transaction() as session:
            session.execute(
                update(idempotency_key)
                .where(idempotency_key.c.key == key)
                .values(created_at=func.now() - text(f"interval '{age}'"))
            )
        other = orders.buyer.post(f"{V1}/orders", an_order(po_number=f"B {age}"), idempotency_key=key)
        assert other.status_code == status


def test_a_form_whose_first_one_takes_long_is_told_so(
    orders: Orders, buyer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong with the database, and nothing is done twice."""
    monkeypatch.setattr(idempotency, "_lock_number", lambda key: 42)
    path, fields = a_cancellation(orders, "")
    token = token_on(buyer, "/orders/")
    before = stands(orders)
    with orders.database.transaction() as first:
        first.execute(select(func.pg_advisory_xact_lock(42)))
        headers = buyer.headers | {"Accept": "text/html"}
        second = buyer.client.post(path, data={"csrf_token": token, **fields}, headers=headers)
    assert (second.status_code, "still being done" in second.text) == (409, True)
    assert stands(orders) == before
