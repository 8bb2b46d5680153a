"""Placing orders by hand, as people do who have no script: a form, what would become of it, the order; or a file."""

import io
import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from services.orders.handlers import REACTIONS
from services.orders.loading import load
from services.orders.storage import item_price, order, order_import
from shared import reference
from shared.events.production import LinePromise, QuoteAnswered
from shared.web.access import BUYER, COMPLIANCE
from tests.clock import in_days
from tests.hearing import Hearing
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_imports import a_row, as_csv, work_off
from tests.orders.test_pages import CSRF_TOKEN, MOST_BYTES, Visitor

NEW, FILE = "/orders/new", "/orders/import"


class Buyer(Visitor):
    """A person of the buyer in front of the forms."""

    def __init__(self, orders: Orders, *, account: str = "CHEWY-LOUIS", language: str = "en") -> None:
        super().__init__(orders, BUYER, account=account, language=language)

    def send(self, path: str, **form: Any) -> TestResponse:
        token = CSRF_TOKEN.search(self.open(NEW))
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **form}, headers=self.headers)

    def upload(self, body: bytes, name: str = "orders.csv") -> TestResponse:
        return self.send(FILE, file=(io.BytesIO(body), name))


@pytest.fixture
def buyer(orders: Orders) -> Buyer:
    return Buyer(orders)


def typed(*lines: dict[str, str], **header: str) -> dict[str, str]:
    """The fields of the form, as a browser sends them."""
    form = {"po_number": "PO-1", "currency": "USD", "incoterm": "FCA", "named_place": "Semarang", **header}
    for n, line in enumerate(lines or ({},)):
        values = {
            "sku": "CR-BALL-07",
            "quantity": "1200",
            "requested_date": in_days(300).isoformat(),
            "consignee.name": "Toko <b>",
            "consignee.address": "Jalan 1\r\nSemarang",
            "consignee.country": "ID",
            **line,
        }
        form |= {f"lines[{n}].{name}": value for name, value in values.items()}
    return form


def fields(page: str) -> dict[str, str]:
    """The values that stand in the form's inputs, selects and text areas."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = unescape(value[1])
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        found[name] = (chosen[1] or chosen[2]) if chosen else ""
    return found


def count(orders: Orders, table: Any = order) -> int:
    with orders.database.transaction() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def asked(buyer: Buyer, *lines: dict[str, str]) -> str:
    answer = buyer.send(NEW, **typed(*lines))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def answered(orders: Orders, address: str, *days: int | None) -> None:
    lines = tuple(
        LinePromise(number=n, promised_date=None if day is None else in_days(day))
        for n, day in enumerate(days, 1)
    )
    quote_id = UUID(address.rsplit("/", 1)[1])
    Hearing(orders.database, REACTIONS).hears(QuoteAnswered(quote_id=quote_id, lines=lines))


def test_a_line_is_added_and_removed_by_a_button_and_what_was_typed_stays(buyer: Buyer) -> None:
    form = typed({"quantity": "abc"})
    more = buyer.send(NEW, do="add", **form)
    assert more.status_code == 200
    kept = fields(more.text)
    assert {name: kept[name] for name in form} == form | {"lines[0].consignee.address": "Jalan 1\nSemarang"}
    assert kept["lines[1].consignee.name"] == "Toko <b>"
    assert (kept["lines[1].sku"], kept["lines[1].quantity"]) == ("", "")
    less = fields(buyer.send(NEW, do="remove-0", **typed({"quantity": "7"}, {"quantity": "8"})).text)
    assert less["lines[0].quantity"] == "8"
    assert "lines[1].quantity" not in less


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_asked(orders: Orders) -> None:
    buyer = Buyer(orders, language="id")
    wrong = {"quantity": "64.700", "consignee.country": "Belgia", "requested_date": ""}
    answer = buyer.send(NEW, **typed(wrong, po_number=""))
    assert answer.status_code == 422
    for name, told in (
        ("po_number", "Isi kolom ini."),
        ("lines[0].quantity", "Isi angka bulat."),
        ("lines[0].consignee.country", "Isi negara dengan dua huruf besar"),
        ("lines[0].requested_date", "Isi kolom ini."),
    ):
        said = re.search(rf'id="field-{re.escape(name)}-error"[^>]*>([^<]*)', answer.text)
        assert said is not None, name
        assert told in said[1]
    assert fields(answer.text)["lines[0].quantity"] == "64.700"
    (focused,) = re.findall(r"<[^>]* autofocus[^>]*>", answer.text)
    assert 'name="po_number"' in focused
    assert count(orders) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sku": "CR-NOPE-99"}, "The catalogue has no CR-NOPE-99"),
        ({"requested_date": "2020-01-01"}, "Give a date after"),
    ],
)
def test_what_a_rule_refuses_is_said_at_its_field(buyer: Buyer, change: dict[str, str], told: str) -> None:
    answer = buyer.send(NEW, **typed(change))
    assert answer.status_code == 422
    assert told in unescape(answer.text)


def test_the_quote_shows_holds_laws_and_dates_and_then_the_order_is_placed(
    orders: Orders, buyer: Buyer
) -> None:
    lines = [{"consignee.country": country} for country in ("ID", "BE", "US")]
    address = asked(buyer, *lines)
    page = unescape(buyer.open(address))
    assert "are being worked out" in page
    assert "Barred." in page
    assert "19 USC 1307" in page
    assert "Held." in page
    assert count(orders) == 0
    answered(orders, address, 290, 310)
    page = buyer.open(address)
    assert "in time" in page
    assert "the nearest day is" in page
    placed = buyer.send(address)
    assert placed.status_code == 303
    assert "PO-1" in buyer.open(placed.headers["Location"])
    again = buyer.send(address)
    assert again.status_code == 422
    assert "You already placed PO-1" in again.text
    assert count(orders) == 1


def test_the_order_of_a_quote_can_be_changed_in_the_form(buyer: Buyer) -> None:
    address = asked(buyer, {"quantity": "77"})
    kept = fields(buyer.open(f"{NEW}?quote={address.rsplit('/', 1)[1]}"))
    assert (kept["lines[0].quantity"], kept["lines[0].consignee.address"]) == ("77", "Jalan 1\nSemarang")


def test_nothing_of_a_draft_or_a_quote_is_lost_in_the_form(orders: Orders, buyer: Buyer) -> None:
    content = an_order(
        payment_terms="before_documents",
        lines=[
            a_line(transit=["SG", "MY"], unit_price="0.55"),
            a_line(transit=[], consignee=CONSIGNEE | {"country": "US"}),
            a_line(consignee=CONSIGNEE | {"country": "ID"}),
        ],
    )
    draft = orders.buyer.post("/orders/v1/drafts", content).json["id"]
    form = fields(buyer.open(f"{NEW}?draft={draft}"))
    kept = buyer.send(NEW, **form | {"do": "keep"})
    assert kept.status_code == 303, kept.text
    (known,) = orders.buyer.get("/orders/v1/drafts").json
    assert known["order"] == content
    quote = buyer.send(NEW, **fields(buyer.open(kept.headers["Location"]))).headers["Location"]
    page = buyer.open(quote)
    assert "before the transport document is released" in page
    assert "Route: SG, MY" in page
    again = fields(buyer.open(f"{NEW}?quote={quote.partition('?')[0].rsplit('/', 1)[1]}"))
    assert again == {name: form[name] for name in again} | {"csrf_token": again["csrf_token"]}
    assert form.keys() - again.keys() == {"draft", "version"}
    placed = buyer.send(quote.partition("?")[0], draft=draft)
    stands = orders.buyer.get(f"/orders/v1/orders/{placed.headers['Location'].rsplit('/', 1)[1]}").json
    assert stands["payment"]["terms"] == "before_documents"
    assert [line["transit"] for line in stands["lines"]] == [["SG", "MY"], [], None]


def test_a_route_that_is_none_is_said_at_its_field(buyer: Buyer) -> None:
    answer = buyer.send(NEW, **typed({"transit": "SG, XX"}))
    said = re.search(r'id="field-lines\[0\].transit-error">([^<]*)', answer.text)
    assert (answer.status_code, said is not None) == (422, True)
    assert fields(answer.text)["lines[0].transit"] == "SG, XX"


def test_an_order_is_placed_at_the_price_that_was_shown_or_not_at_all(orders: Orders, buyer: Buyer) -> None:
    address = asked(buyer)
    with orders.database.transaction() as session:
        session.execute(update(item_price).values(unit_price="0.99"))
    refused = buyer.send(address)
    assert refused.status_code == 422
    assert "A price has changed since you asked" in refused.text
    assert "The catalogue&#39;s price is 0.99 USD." in refused.text
    assert count(orders) == 0
    assert buyer.send(asked(buyer)).status_code == 303


def test_a_quote_and_a_file_are_the_buyers_own_and_no_officers(orders: Orders, buyer: Buyer) -> None:
    quote = asked(buyer)
    file = buyer.upload(as_csv(a_row())).headers["Location"]
    rival = Buyer(orders, account="RIVAL")
    for path in (quote, file, f"{NEW}?quote={quote.rsplit('/', 1)[1]}", f"{NEW}?quote=none"):
        assert rival.client.get(path).status_code == 404
    for path in (quote, f"{file}/begin", f"{file}/forget"):
        assert rival.send(path).status_code == 404
    officer = Visitor(orders, COMPLIANCE)
    for path in (NEW, FILE, quote, file):
        assert officer.client.get(path).status_code == 403


def test_the_form_stays_small_with_all_its_lines_and_the_whole_catalogue(
    orders: Orders, buyer: Buyer
) -> None:
    with orders.database.transaction() as session:
        load(session, reference.FOLDER)
    page = buyer.send(NEW, do="add", **typed(*[{"consignee.name": "x" * 200}] * 25))
    assert page.status_code == 200
    assert "lines[24].sku" in fields(page.text)
    assert len(page.data) < MOST_BYTES
    assert buyer.send(NEW, **typed(*[{}] * 26)).status_code == 422


def test_a_file_is_shown_before_anything_is_placed(orders: Orders, buyer: Buyer) -> None:
    orders.buyer.post("/orders/v1/orders", {})
    rows = [a_row("A"), a_row("B", quantity="64.700"), a_row("C", sku="CR-NOPE-99")]
    answer = buyer.upload(as_csv(*rows))
    assert answer.status_code == 303
    page = unescape(buyer.open(answer.headers["Location"]))
    assert "3 rows were read" in page
    assert page.count("would be placed") == 1
    assert "Give a number of pieces in digits alone" in page
    assert "The catalogue has no CR-NOPE-99" in page
    work_off(orders)
    assert count(orders) == 0
    begun = buyer.send(f"{answer.headers['Location']}/begin")
    assert begun.status_code == 303
    assert "3 of 3 rows wait" in buyer.open(begun.headers["Location"])
    work_off(orders)
    done = buyer.open(begun.headers["Location"])
    assert "Done." in done
    assert done.count('<span class="state bad">') == 2
    assert count(orders) == 1
    again = buyer.open(buyer.upload(as_csv(a_row("A"))).headers["Location"])
    assert "stands already" in again


def test_what_would_become_of_a_row_is_said_in_the_readers_language(orders: Orders) -> None:
    buyer = Buyer(orders, language="id")
    page = buyer.open(buyer.upload(as_csv(a_row("C", sku="CR-NOPE-99"), a_row("C"))).headers["Location"])
    assert "Katalog tidak punya CR-NOPE-99" in page
    assert "Ditolak bersama baris 2" in page


def test_a_file_can_be_forgotten_until_it_has_begun(orders: Orders, buyer: Buyer) -> None:
    address = buyer.upload(as_csv(a_row())).headers["Location"]
    assert buyer.send(f"{address}/forget").status_code == 303
    assert count(orders, order_import) == 0
    address = buyer.upload(as_csv(a_row())).headers["Location"]
    buyer.send(f"{address}/begin")
    refused = buyer.send(f"{address}/forget")
    assert (refused.status_code, "has begun" in refused.text) == (422, True)
    assert count(orders, order_import) == 1


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"po;sku\n1;2\n", "baris pertama harus menyebut kolom"),
        (as_csv(a_row()) + b"\xff", "bukan teks utf-8"),
        (as_csv(a_row()).splitlines()[0], "tidak ada baris"),
    ],
    ids=["header", "encoding", "no row"],
)
def test_a_file_that_can_not_be_read_is_said_so_at_its_field(orders: Orders, body: bytes, told: str) -> None:
    answer = Buyer(orders, language="id").upload(body)
    assert answer.status_code == 422
    assert told in unescape(answer.text).lower()
    assert count(orders, order_import) == 0


def test_no_file_and_too_large_a_file_are_refused(orders: Orders, buyer: Buyer) -> None:
    assert buyer.send(FILE).status_code == 422
    kind = "multipart/form-data; boundary=part"
    large = buyer.client.post(FILE, data=b"x" * (21 * 1024 * 1024), content_type=kind)
    assert large.status_code == 413
    assert count(orders, order_import) == 0


def test_a_forms_address_answers_a_reader_too(buyer: Buyer) -> None:
    file = buyer.upload(as_csv(a_row())).headers["Location"]
    for path in (NEW, FILE, file, f"{file}/begin", f"{file}/forget", asked(buyer)):
        assert "<h1>" in buyer.open(path)


def test_the_portal_finds_orders_and_keeps_what_was_looked_for(orders: Orders, buyer: Buyer) -> None:
    for number, country in (("A-1", "ID"), ("A-2", "US"), ("B-1", "US")):
        buyer.send(asked_as(buyer, number, country))
    page = buyer.open("/orders/?state=blocked&po_prefix=A")
    assert [number for number in ("A-1", "A-2", "B-1") if f">{number}</a> <span" in page] == ["A-2"]
    assert fields(page)["po_prefix"] == "A"
    assert "No order is like that" in buyer.open("/orders/?sku=CR-RING-15")
    assert "not before placed_from" not in page
    wrong = buyer.open("/orders/?placed_from=2026-02-01&placed_to=2026-01-01")
    assert "not before placed_from" in wrong
    table = buyer.client.get("/orders/list.csv?po_prefix=B")
    assert (table.mimetype, len(table.text.splitlines())) == ("text/csv", 2)
    for wrong in ("state=lost", "placed_from=nonsense"):
        refused = buyer.client.get(f"/orders/list.csv?{wrong}")
        assert (refused.status_code, wrong.partition("=")[0] in refused.text) == (422, True)


def asked_as(buyer: Buyer, po_number: str, country: str) -> str:
    answer = buyer.send(NEW, **typed({"consignee.country": country}, po_number=po_number))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])
