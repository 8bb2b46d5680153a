"""Items have versions and prices by currency and day; an order keeps what it was placed at."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.orders.handlers import REACTIONS
from services.orders.loading import load, load_policies, versions_in
from services.orders.storage import item
from shared import reference
from shared.clock import advance
from shared.events.production import ProductionPlanned
from shared.messaging.tables import outbox_event
from tests.clock import in_days
from tests.hearing import Hearing
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order, forget_rules, rescreenings_asked_for
from tests.orders.test_loading import change, folder
from tests.orders.test_policies import screen_again

__all__ = ["folder"]

CATALOGUE, ORDERS = "/orders/v1/catalogue", "/orders/v1/orders"
BALL = f"{CATALOGUE}/CR-BALL-07"


@pytest.fixture
def stocked(orders: Orders) -> Orders:
    """The catalogue of the reference files."""
    forget_rules(orders)
    load_from(orders, reference.FOLDER)
    return orders


def load_from(orders: Orders, folder: Path) -> int:
    with orders.database.transaction() as session:
        changed = load(session, folder)["items"]
    with orders.database.transaction() as session:
        load_policies(session, versions_in(reference.destinations(folder)), by="legal")
    return changed


def price(orders: Orders, amount: str, currency: str = "USD", day: date | None = None) -> Any:
    address = f"{BALL}/prices/{currency}/{day or in_days(0)}"
    return orders.office.change("PUT", address, {"unit_price": amount})


def first_line(orders: Orders, po_number: str, **header: Any) -> dict[str, Any]:
    answer = orders.buyer.post(ORDERS, an_order(po_number=po_number, **header))
    assert answer.status_code == 201, answer.text
    line: dict[str, Any] = answer.json["lines"][0]
    return line


def told(orders: Orders) -> list[dict[str, Any]]:
    with orders.database.transaction() as session:
        return list(
            session.execute(
                select(outbox_event.c.data)
                .where(outbox_event.c.subject == "item/CR-BALL-07")
                .order_by(outbox_event.c.id)
            ).scalars()
        )


def test_an_amendment_makes_a_version_that_is_told_and_orders_keep_theirs(stocked: Orders) -> None:
    read = stocked.office.get(BALL)
    before = first_line(stocked, "PO-1")["item_version"]
    amended = stocked.office.change("PATCH", BALL, {"labour_minutes": 15}, seen=read.headers["ETag"])
    assert (amended.status_code, amended.json["version"]) == (200, read.json["version"] + 1)
    assert amended.headers["ETag"] != read.headers["ETag"]
    assert [data["labour_minutes"] for data in told(stocked)][-2:] == [14, 15]
    assert (before, first_line(stocked, "PO-2")["item_version"]) == (
        read.json["version"],
        amended.json["version"],
    )
    (first,) = stocked.buyer.get(f"{ORDERS}?po_number=PO-1").json
    assert stocked.buyer.get(f"{ORDERS}/{first['id']}").json["lines"][0]["item_version"] == before


def test_open_lines_are_screened_again_once_what_the_rules_look_at_was_amended(stocked: Orders) -> None:
    screen_again(stocked)
    before = rescreenings_asked_for(stocked.database)
    for body, more in (({"labour_minutes": 15}, 0), ({"hs6": "9401.79"}, 1), ({"hs6": "9401.79"}, 1)):
        seen = stocked.office.get(BALL).headers["ETag"]
        assert stocked.office.change("PATCH", BALL, body, seen=seen).status_code == 200
        assert rescreenings_asked_for(stocked.database) == before + more


def test_an_amendment_needs_the_version_that_was_seen(stocked: Orders) -> None:
    seen = stocked.office.get(BALL).headers["ETag"]
    assert stocked.office.change("PATCH", BALL, {"name_en": "Ball"}).status_code == 428
    assert stocked.office.change("PATCH", BALL, {"name_en": "Ball"}, seen=seen).status_code == 200
    stale = stocked.office.change("PATCH", BALL, {"name_en": "Sphere"}, seen=seen)
    assert (stale.status_code, stale.mimetype) == (412, "application/problem+json")
    assert stocked.office.get(BALL).json["name_en"] == "Ball"


def test_an_amendment_that_changes_nothing_is_no_version(stocked: Orders) -> None:
    read = stocked.office.get(BALL)
    same = stocked.office.change("PATCH", BALL, {"name_en": read.json["name_en"]}, seen=read.headers["ETag"])
    assert same.headers["ETag"] == read.headers["ETag"]
    assert len(told(stocked)) == 1


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("labour_minutes", {"labour_minutes": 0}),
        ("carton_gross_g", {"carton_gross_g": 25_001}),
        ("hs6", {"hs6": "5609"}),
        ("name_id", {"name_id": ""}),
        ("sku", {"sku": "OTHER"}),
    ],
)
def test_a_bad_amendment_is_refused_by_its_field(stocked: Orders, field: str, body: dict[str, Any]) -> None:
    answer = stocked.office.change("PATCH", BALL, body, seen='"1"')
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_orders_are_taken_in_any_currency_that_has_a_price(orders: Orders) -> None:
    refused = orders.buyer.post(ORDERS, an_order(currency="EUR"))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "currency")
    assert "USD" in refused.json["detail"]
    assert price(orders, "0.51", "EUR").status_code == 200
    assert first_line(orders, "PO-1", currency="EUR")["unit_price"] == "0.51"
    assert first_line(orders, "PO-2")["unit_price"] == "0.55"


def test_a_price_counts_from_its_day_and_what_was_placed_before_stays(orders: Orders) -> None:
    assert price(orders, "0.60", day=in_days(2)).status_code == 200
    prices = orders.buyer.get(BALL).json["prices"]
    assert [(each["unit_price"], each["currency"]) for each in prices] == [("0.55", "USD"), ("0.60", "USD")]
    assert first_line(orders, "PO-1")["unit_price"] == "0.55"
    with orders.database.transaction() as session:
        advance(session, timedelta(days=2))
    assert first_line(orders, "PO-2")["unit_price"] == "0.60"
    (one,) = orders.buyer.get(f"{ORDERS}?po_number=PO-1").json
    assert orders.buyer.get(f"{ORDERS}/{one['id']}").json["lines"][0]["unit_price"] == "0.55"
    assert [each["unit_price"] for each in orders.buyer.get(BALL).json["prices"]] == ["0.60"]


@pytest.mark.parametrize(
    ("field", "amount", "currency", "day"),
    [
        ("unit_price", "0", "USD", "2099-01-01"),
        ("unit_price", "-1", "USD", "2099-01-01"),
        ("unit_price", "0.555", "USD", "2099-01-01"),
        ("unit_price", "1e12", "USD", "2099-01-01"),
        ("unit_price", "NaN", "USD", "2099-01-01"),
        ("currency", "1", "usd", "2099-01-01"),
        ("valid_from", "1", "USD", "2020-01-01"),
        ("valid_from", "1", "USD", "tomorrow"),
    ],
)
def test_a_bad_price_is_refused_by_its_field(
    orders: Orders, field: str, amount: str, currency: str, day: str
) -> None:
    answer = orders.office.change("PUT", f"{BALL}/prices/{currency}/{day}", {"unit_price": amount})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_only_the_regional_office_amends(orders: Orders) -> None:
    for caller in (orders.buyer, orders.officer):
        assert caller.change("PATCH", BALL, {"name_en": "x"}, seen='"1"').status_code == 403
        assert caller.change("PUT", f"{BALL}/prices/USD/2099-01-01", {"unit_price": "1"}).status_code == 403
    assert orders.office.get(f"{CATALOGUE}/CR-NOPE-99").status_code == 404


def test_loading_the_same_file_again_keeps_what_was_amended(stocked: Orders, folder: Path) -> None:
    seen = stocked.office.get(BALL).headers["ETag"]
    stocked.office.change("PATCH", BALL, {"labour_minutes": 16}, seen=seen)
    price(stocked, "0.70")
    assert load_from(stocked, reference.FOLDER) == 0
    assert told(stocked)[-1]["labour_minutes"] == 16
    assert first_line(stocked, "PO-1")["unit_price"] == "0.70"
    prices = '[{currency: EUR, unit_price: "0.51", valid_from: 2026-01-01}]'
    change(folder, "catalogue.yaml", 'fob_usd: "0.55"', f'fob_usd: "0.55"\n    prices: {prices}')
    assert load_from(stocked, folder) == 1
    assert first_line(stocked, "PO-2", currency="EUR")["unit_price"] == "0.51"


def test_the_typical_promise_is_the_median_of_the_newest_orders(orders: Orders) -> None:
    assert {row["typical_days"] for row in orders.buyer.get(CATALOGUE).json} == {None}
    hearing = Hearing(orders.database, REACTIONS)
    line = a_line(consignee=CONSIGNEE | {"country": "ID"})
    for po_number, days in (("A", 10), ("B", 90), ("C", 20)):
        order = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=[line])).json
        plan: dict[str, Any] = {
            "allocated": 1000,
            "unallocated": 0,
            "promised_date": in_days(days),
            "allocations": (),
        }
        hearing.hears(ProductionPlanned(order_id=UUID(order["id"]), line=1, **plan))
    typical = {row["sku"]: row["typical_days"] for row in orders.buyer.get(CATALOGUE).json}
    assert typical == {"CR-BALL-07": 20, "CR-RING-15": None}


def test_each_item_of_the_files_has_its_first_version(stocked: Orders) -> None:
    with stocked.database.transaction() as session:
        new = select(item.c.version).where(item.c.sku.not_in(["CR-BALL-07", "CR-RING-15"]))
        assert set(session.execute(new).scalars()) == {1}
