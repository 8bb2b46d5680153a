"""The pages of holds and the portal as people meet them: small however much there is, in their language."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from werkzeug.test import TestResponse

from services.orders import listing
from services.orders.storage import destination_policy
from shared.clock import advance
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from tests.conftest import signed_in
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order

ORDERS, HOLDS = "/orders/v1/orders", "/orders/holds/"
REASON = "The dossier is complete and the buyer has acknowledged it."
CSRF_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
MOST_BYTES = 150_000


class Visitor:
    """A person who has signed in, reading in one language."""

    def __init__(
        self, orders: Orders, role: str, *, account: str | None = None, language: str = "en"
    ) -> None:
        self.client = signed_in(orders.client, role, account=account)
        self.headers = {"Accept-Language": language}

    def open(self, path: str) -> str:
        page = self.client.get(path, headers=self.headers)
        assert page.status_code == 200, page.text
        assert len(page.data) < MOST_BYTES
        return page.text

    def submit(self, path: str, **typed: Any) -> TestResponse:
        token = CSRF_TOKEN.search(self.open("/orders/holds/"))
        assert token is not None
        form = {"csrf_token": token[1], **typed}
        return self.client.post(path, data=form, headers=self.headers)


def placed(orders: Orders, po_number: str = "PO-1", *, lines: int = 1, country: str = "BE") -> dict[str, Any]:
    asked = [a_line(consignee=CONSIGNEE | {"country": country})] * lines
    order = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=asked))
    assert order.status_code == 201, order.text
    read: dict[str, Any] = order.json
    return read


def hold(order: dict[str, Any], line: int = 1) -> str:
    return f"{HOLDS}{order['id']}/{line}"


def shown(page: str) -> str:
    """The heading of the hold that the page shows."""
    heading = re.search(r"<h2>(PO-\S+, \w+ \d+):", page)
    assert heading is not None, page
    return heading[1]


COPY = """
    INSERT INTO buyer_order (id, po_number, {columns})
    SELECT gen_random_uuid(), po_number || '-' || n, {columns} FROM buyer_order, generate_series(1, :copies) n"""
COPY_LINES = """
    INSERT INTO order_line (order_id, {columns})
    SELECT o.id, {prefixed} FROM buyer_order o, order_line l
    WHERE NOT EXISTS (SELECT 1 FROM order_line m WHERE m.order_id = o.id)"""


def copy(orders: Orders, copies: int) -> None:
    """The one order that was placed, so many times more, with its lines held."""
    with orders.database.transaction() as session:

        def columns(table: str, *but: str) -> list[str]:
            found = session.execute(
                text("""
                SELECT column_name FROM information_schema.columns
                WHERE table_name = :table AND table_schema = current_schema() AND is_generated = 'NEVER'"""),
                {"table": table},
            ).scalars()
            return [name for name in found if name not in but]

        header = ", ".join(columns("buyer_order", "id", "po_number"))
        of_line = columns("order_line", "order_id")
        prefixed = ", ".join(f"l.{name}" for name in of_line)
        session.execute(text(COPY.format(columns=header)), {"copies": copies})
        session.execute(text(COPY_LINES.format(columns=", ".join(of_line), prefixed=prefixed)))
        session.execute(
            text("""
                INSERT INTO hold (order_id, line_number, purpose, quantity)
                SELECT order_id, number, 'produce', ordered FROM order_line l
                WHERE NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = l.order_id)""")
        )


# Holds


def test_the_oldest_hold_that_waits_for_me_is_shown_and_after_it_the_next(orders: Orders) -> None:
    one, two = placed(orders), placed(orders, "PO-2")
    officer, office = Visitor(orders, COMPLIANCE), Visitor(orders, KANWIL)
    assert shown(officer.open(HOLDS)) == "PO-1, line 1"
    signed = officer.submit(hold(one), reason=REASON)
    assert (signed.status_code, signed.headers["Location"]) == (303, HOLDS)
    page = officer.open(HOLDS)
    assert shown(page) == "PO-2, line 1"
    assert "signed by your role" in page
    assert shown(office.open(HOLDS)) == "PO-1, line 1"
    officer.submit(hold(two), reason=REASON)
    assert "Nothing waits for your signature" in officer.open(HOLDS)
    for order in (one, two):
        office.submit(hold(order), reason=REASON)
    assert "Nothing waits for a release" in office.open(HOLDS)
    assert "waits for no release any more" in office.open(hold(one))


def test_any_hold_of_the_list_can_be_opened(orders: Orders) -> None:
    order = placed(orders, lines=3)
    officer = Visitor(orders, COMPLIANCE)
    assert f'href="{hold(order, 3)}"' in officer.open(HOLDS)
    assert shown(officer.open(hold(order, 3))) == "PO-1, line 3"


def test_a_refused_signature_is_said_in_the_readers_language_on_a_page_that_can_be_opened_again(
    orders: Orders,
) -> None:
    order = placed(orders)
    officer = Visitor(orders, COMPLIANCE, language="id")
    refused = officer.submit(hold(order), reason="terlalu pendek")
    assert refused.status_code == 422
    assert "Tulis alasannya dalam 40 huruf atau lebih." in refused.text
    assert ">terlalu pendek</textarea>" in refused.text
    assert shown(officer.open(hold(order))) == "PO-1, baris 1"
    officer.submit(hold(order), reason=REASON)
    again = officer.submit(hold(order), reason=REASON)
    assert again.status_code == 422
    assert "sudah ditandatangani petugas kepatuhan" in again.text


def test_signing_what_was_released_meanwhile_is_said_and_does_no_harm(orders: Orders) -> None:
    order = placed(orders, country="ID")
    refused = Visitor(orders, KANWIL, language="id").submit(hold(order), reason=REASON)
    assert refused.status_code == 422
    assert "Baris 1 tidak menunggu izin." in refused.text


@pytest.mark.parametrize("path", ["00000000-0000-0000-0000-000000000000/1", "nonsense/1"])
def test_a_hold_of_no_order_is_not_found(orders: Orders, path: str) -> None:
    assert Visitor(orders, KANWIL).client.get(HOLDS + path).status_code == 404


def test_the_page_stays_small_over_thousands_of_holds_and_every_one_can_be_reached(orders: Orders) -> None:
    placed(orders, lines=4)
    copy(orders, 1299)
    officer = Visitor(orders, COMPLIANCE)
    assert "5,200" in officer.open(HOLDS)
    seen: set[str] = set()
    path = HOLDS
    for _ in range(200):
        page = officer.open(path)
        found = re.findall(r'<a href="(/orders/holds/[^"]+)"', page)
        assert not seen & set(found)
        seen |= set(found)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        path = HOLDS + following[1]
    assert len(seen) == 5200


# The portal


def test_the_portal_shows_each_order_on_one_of_its_pages(orders: Orders) -> None:
    placed(orders, lines=7)
    copy(orders, 40)
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    seen: list[str] = []
    path = "/orders/"
    while path:
        page = buyer.open(path)
        seen += re.findall(r'<h2><a href="/orders/order/([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = f"/orders/{following[1]}" if following else ""
    assert len(seen) == len(set(seen)) == 41
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("fr", "en"),
        ("*", "en"),
        ("fr-FR, fr;q=0.9, *;q=0.5", "en"),
        ("fr, id;q=0.5", "id"),
        ("id-ID, en;q=0.5", "id"),
        ("fr, id;q=0", "en"),
    ],
)
def test_the_portal_is_english_unless_its_reader_asks_for_indonesian(
    orders: Orders, accepted: str | None, language: str
) -> None:
    client = Visitor(orders, BUYER, account="CHEWY-LOUIS").client
    page = client.get("/orders/", headers={"Accept-Language": accepted} if accepted else {})
    assert (page.status_code, re.findall(r'<html lang="(\w+)"', page.text)) == (200, [language])


def test_an_order_of_many_lines_leads_to_its_own_page(orders: Orders) -> None:
    order = placed(orders, lines=200)
    placed(orders, "PO-2", lines=200)
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open("/orders/")
    assert "PO-2" in page
    assert page.count('class="bar-line"') == listing.MOST_LINES
    assert "All 200 lines" in page
    assert order["po_number"] not in re.findall(r"PO-\d", page)


def test_the_page_of_an_order_stays_small_and_every_step_and_line_can_be_reached(orders: Orders) -> None:
    order = placed(orders, lines=200)
    with orders.database.transaction() as session:
        session.execute(
            text("""
                INSERT INTO timeline (order_id, event_id, line, source, type, occurred_at, actor_role, data)
                SELECT order_id, gen_random_uuid(), line, source, type, occurred_at + (n / 2) * interval '1 h', actor_role,
                    data || jsonb_build_object('line', 1000 + n)
                FROM timeline, generate_series(1, 400) n WHERE type LIKE '%hold_opened%' AND line = 1""")
        )
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    home = f"/orders/order/{order['id']}"
    path: str | None = home
    steps, bars = 0, 0
    while path:
        page = buyer.open(path)
        steps += page.count("<time ")
        assert ("Expected next" in page) == (path == home)
        earlier = re.search(r'rel="prev" href="([^"]+)"', page)
        path = home + earlier[1] if earlier else None
    assert steps == 601
    path = home
    while path:
        page = buyer.open(path)
        bars += page.count('class="bar-line"')
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = home + further[1] if further else None
    assert bars == 200


def test_what_we_need_from_a_buyer_stands_first_in_their_language(orders: Orders) -> None:
    for number in range(30):
        placed(orders, f"US-{number}", country="US")
    placed(orders, "PO-1", lines=30)
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS", language="id").open("/orders/")
    assert page.count("Ubah tujuannya, minta pekerja bebas membuatnya bila bisa, jual di dalam negeri") == 10
    assert "dan baris lain" in page


def test_a_step_says_how_long_after_the_one_before_it_came(orders: Orders) -> None:
    order = placed(orders)
    buyer = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    assert "later" not in buyer.open(f"/orders/order/{order['id']}")
    with orders.database.transaction() as session:
        advance(session, timedelta(days=3))
    release = f"{ORDERS}/{order['id']}/lines/1/release"
    assert orders.officer.post(release, {"reason": REASON}).status_code == 200
    page = buyer.open(f"/orders/order/{order['id']}")
    assert re.findall(r"[\w ]+ later", page) == [" 3 days later"]


EXPLAINED = {
    "en": "Goods of prisons wait for a dossier there.",
    "id": "Di sana barang dari lapas menunggu berkas.",
}
WHY = re.compile(r'<p class="why"><strong>(.+?)</strong>\s*(.+?) <span', re.DOTALL)


@pytest.mark.parametrize(
    ("action", "language", "stands"),
    [
        ("hold", "en", "Held before production."),
        ("hold", "id", "Ditahan sebelum produksi."),
        ("block", "en", "Blocked."),
        ("block", "id", "Diblokir."),
    ],
)
def test_the_buyers_page_of_an_order_says_in_plain_words_of_their_language_why_a_line_does_not_go_on(
    orders: Orders, action: str, language: str, stands: str
) -> None:
    rule = {"action": action, "countries": ["CA"], "needs": [], "law": ["A law"]}
    rule |= {f"explanation_{each}": said for each, said in EXPLAINED.items()}
    with orders.database.transaction() as session:
        session.execute(insert(destination_policy).values(id="DP-CA-1", version=1, row=rule))
    order = placed(orders, country="CA")
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS", language=language).open(
        f"/orders/order/{order['id']}"
    )
    assert WHY.findall(page) == [(stands, EXPLAINED[language])]
    assert [each for each, said in EXPLAINED.items() if said in page] == [language]


def test_another_buyers_blocked_lines_are_not_shown(orders: Orders) -> None:
    placed(orders, country="US")
    page = Visitor(orders, BUYER, account="RIVAL").open("/orders/")
    assert "What we need from you" not in page
    assert "PO-1" not in page


@pytest.mark.parametrize("path", ["/orders/", HOLDS])
def test_a_page_after_nothing_of_ours_is_refused(orders: Orders, path: str) -> None:
    answer = Visitor(orders, KANWIL).client.get(f"{path}?after=nonsense")
    assert answer.status_code == 422
