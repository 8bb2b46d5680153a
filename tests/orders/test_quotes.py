"""A quote says what an order would meet: holds and laws at once, dates when production has answered."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.orders.handlers import REACTIONS
from services.orders.storage import order
from shared.clock import advance
from shared.events.production import LinePromise, MoreWorkers, QuoteAnswered
from shared.messaging.tables import outbox_event
from tests.clock import in_days
from tests.hearing import Hearing
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order

QUOTES, ORDERS = "/orders/v1/quotes", "/orders/v1/orders"


def line_to(country: str, **changes: Any) -> dict[str, Any]:
    return a_line(consignee=CONSIGNEE | {"country": country}, **changes)


def asked(orders: Orders, *lines: dict[str, Any]) -> dict[str, Any]:
    answer = orders.buyer.post(QUOTES, an_order(lines=list(lines)))
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"{QUOTES}/{answer.json['id']}"
    quote: dict[str, Any] = answer.json
    return quote


def answered(orders: Orders, quote: dict[str, Any], **dates: Any) -> dict[str, Any]:
    lines = tuple(LinePromise(number=int(name[1:]), promised_date=day) for name, day in dates.items())
    hearing = Hearing(orders.database, REACTIONS)
    hearing.hears(QuoteAnswered(quote_id=UUID(quote["id"]), lines=lines))
    read: dict[str, Any] = orders.buyer.get(f"{QUOTES}/{quote['id']}").json
    return read


def test_holds_and_laws_are_told_at_once_and_production_is_asked_about_the_rest(orders: Orders) -> None:
    quote = asked(orders, line_to("BE"), line_to("US"), line_to("ID"))
    held, blocked, free = quote["lines"]
    assert quote["state"] == "asked"
    assert (held["outcome"], held["hold"]["needs"], held["hold"]["releasable"]) == (
        "asked",
        ["DOSSIER"],
        True,
    )
    assert (blocked["outcome"], blocked["hold"]["law"]) == ("blocked", ["19 USC 1307"])
    assert (free["outcome"], free["hold"], free["promised_date"]) == ("asked", None, None)
    with orders.database.transaction() as session:
        (event,) = session.execute(select(outbox_event)).all()
        assert session.execute(select(func.count()).select_from(order)).scalar_one() == 0
    assert event.type == "kendi.orders.quote_requested.v1"
    assert [line["number"] for line in event.data["lines"]] == [1, 3]


def test_the_answer_says_in_time_later_or_not_possible(orders: Orders) -> None:
    quote = asked(orders, *[line_to("ID", requested_date=in_days(30).isoformat())] * 3)
    read = answered(orders, quote, _1=in_days(30), _2=in_days(31), _3=None)
    assert read["state"] == "answered"
    told = [(line["outcome"], line["promised_date"]) for line in read["lines"]]
    assert told == [
        ("in_time", in_days(30).isoformat()),
        ("later", in_days(31).isoformat()),
        ("not_possible", None),
    ]


def test_the_answer_says_what_would_make_the_day_possible(orders: Orders) -> None:
    quote = asked(orders, line_to("ID", requested_date=in_days(30).isoformat()))
    assert quote["lines"][0]["possible_with"] is None
    more = MoreWorkers(facility="LPS-SRG", workers=12, weeks=3)
    told = LinePromise(
        number=1,
        promised_date=in_days(40),
        possible_with=more,
        lacking="material",
        lacking_at=("LPS-SRG", "LPS-KLT"),
    )
    answer = QuoteAnswered(quote_id=UUID(quote["id"]), lines=(told,))
    Hearing(orders.database, REACTIONS).hears(answer)
    (line,) = orders.buyer.get(f"{QUOTES}/{quote['id']}").json["lines"]
    assert line["possible_with"] == {"facility": "LPS-SRG", "workers": 12, "weeks": 3}
    assert (line["lacking"], line["lacking_at"]) == ("material", ["LPS-SRG", "LPS-KLT"])


def test_a_quote_of_blocked_lines_alone_is_answered_at_once(orders: Orders) -> None:
    assert asked(orders, line_to("US"))["state"] == "answered"


def test_a_quote_expires(orders: Orders) -> None:
    quote = asked(orders, line_to("ID"))
    assert quote["expires_on"] == in_days(7).isoformat()
    for days, state in ((7, "answered"), (1, "expired")):
        with orders.database.transaction() as session:
            advance(session, timedelta(days=days))
        assert answered(orders, quote, _1=in_days(30))["state"] == state


def test_a_quote_is_its_buyers_own(orders: Orders) -> None:
    quote = asked(orders, line_to("ID"))
    assert orders.rival.get(f"{QUOTES}/{quote['id']}").status_code == 404
    assert orders.office.get(f"{QUOTES}/{quote['id']}").status_code == 403


def test_the_order_of_a_quote_can_still_be_placed(orders: Orders) -> None:
    asked(orders, line_to("ID"))
    assert orders.buyer.post(ORDERS, an_order(lines=[line_to("ID")])).status_code == 201


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("lines[0].sku", {"lines": [a_line(sku="CR-NOPE-99")]}),
        ("lines[0].quantity", {"lines": [a_line(quantity=0)]}),
        ("po_number", {"po_number": "PO-TAKEN"}),
        ("discount", {"discount": 1}),
    ],
)
def test_what_would_be_refused_as_an_order_is_refused_as_a_quote(
    orders: Orders, field: str, change: dict[str, Any]
) -> None:
    orders.buyer.post(ORDERS, an_order(po_number="PO-TAKEN"))
    answer = orders.buyer.post(QUOTES, an_order(**change))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]
