"""The pages as people use them: in a real browser, at a desk and on a phone."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from kendi.system import System
from shared.clock import real_now
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS
from tests.awaiting import until

pytestmark = pytest.mark.browser

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
REASON = "The agreement is in force and the facilities' evidence was seen and found complete."

SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(browser: Browser, system: System) -> Iterator[SignIn]:
    """``sign_in("orders", BUYER, viewport=PHONE, locale="id-ID")``: that person's page after signing in."""
    contexts: list[BrowserContext] = []

    def enter(
        service: str,
        role: str,
        *,
        account: str | None = None,
        viewport: dict[str, int] = DESKTOP,
        locale: str = "en-GB",
    ) -> Page:
        person = system.accounts.person(service, role, account)
        contexts.append(browser.new_context(viewport=viewport, locale=locale))  # type: ignore[arg-type]  # a plain dict serves
        page = contexts[-1].new_page()
        page.goto(f"{system.urls[service]}/{service}/")
        page.locator("input[name=email]").fill(person.email)
        page.locator("input[type=password]").fill(person.password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{service}/**")
        expect(page.locator("form[action$='sign-out']")).to_be_visible()
        return page

    yield enter
    for context in contexts:
        context.close()


def test_a_scanner_types_on_and_on_and_a_wrong_label_is_told_big(sign_in: SignIn) -> None:
    page = sign_in("logistics", LOGISTICS, viewport=PHONE)
    page.get_by_role("link", name="Scanning").click()
    expect(page.locator("#scan")).to_be_focused()
    for number in ("095299000000000014", "095299000000000024"):
        page.keyboard.type(number)
        page.keyboard.press("Enter")
        expect(page.locator("[data-outcome=refused]")).to_contain_text(
            f"The check digit of {number} is wrong"
        )
        expect(page.locator("#scan")).to_be_focused()
        expect(page.locator("#scan")).to_have_value("")


def test_a_scanner_that_is_faster_than_the_network_loses_no_scan(sign_in: SignIn) -> None:
    page = sign_in("logistics", LOGISTICS)
    page.get_by_role("link", name="Scanning").click()
    expect(page.locator("#scan")).to_be_focused()
    held: list[Route] = []
    page.route("**/logistics/scanning", lambda route: held.append(route))  # noqa: PLW0108  # it takes no built-in method
    numbers = ("095299000000000014", "095299000000000024")
    for number in numbers:
        page.keyboard.type(number)
        page.keyboard.press("Enter")
    page.keyboard.type("0952")
    for number in numbers:
        until(lambda: held, meanwhile=lambda: page.wait_for_timeout(10))
        (sent,) = held
        held.clear()
        body = sent.request.post_data or ""
        assert [each for each in numbers if each in body] == [number]
        sent.continue_()
        told = page.locator("[data-outcome=refused]")
        expect(told).to_contain_text(f"The check digit of {number} is wrong")
    expect(page.locator("#scan")).to_be_focused()
    expect(page.locator("#scan")).to_have_value("0952")


def test_a_buyer_sees_the_blocked_line_with_its_law_and_the_timeline(sign_in: SignIn) -> None:
    page = sign_in("orders", BUYER)
    expect(page.get_by_text("The United States prohibits goods made")).to_be_visible()
    page.get_by_role("link", name="PO-2025-0001", exact=True).click()
    expect(page.get_by_text("19 USC 1307; 18 USC 1761-1762; 19 CFR 12.42-12.45.", exact=True)).to_be_visible()
    expect(page.get_by_text("The order was placed")).to_be_visible()


def test_an_order_is_placed_by_hand_once_its_dates_are_seen(sign_in: SignIn) -> None:
    page = sign_in("orders", BUYER)
    page.get_by_role("link", name="Place an order").click()
    page.get_by_label("Your PO number").fill("PO-BY-HAND")
    page.get_by_label("Currency").select_option("USD")
    page.get_by_label("Incoterm 2020").select_option("FCA")
    page.get_by_label("Named place").fill("Semarang")
    page.get_by_label("Item").select_option("CR-BALL-07")
    page.get_by_label("Wanted by").fill((real_now() + timedelta(days=300)).date().isoformat())
    page.get_by_label("Consignee").fill("Toko")
    page.get_by_label("Address").fill("Jalan 1")
    page.get_by_label("Country").fill("ID")
    page.get_by_label("Country").press("Enter")
    expect(page.get_by_label("Pieces")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Pieces").fill("200")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_role("button", name="Remove line 2").click()
    page.get_by_role("button", name="See what would become of it").last.click()
    expect(page.get_by_text("in time", exact=True)).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Place the order PO-BY-HAND").click()
    expect(page.locator("h1")).to_have_text("PO-BY-HAND")


def test_a_file_is_seen_before_its_orders_are_placed(sign_in: SignIn) -> None:
    page = sign_in("orders", BUYER, viewport=PHONE)
    page.get_by_role("link", name="Send a file").click()
    columns = "po_number;currency;incoterm;named_place;sku;quantity;requested_date;consignee_name;consignee_address;consignee_country"
    wanted = (real_now() + timedelta(days=300)).date().isoformat()
    row = f"PO-BY-FILE;USD;FCA;Semarang;CR-BALL-07;200;{wanted};Toko;Jalan 1;ID"
    body = f"{columns}\r\n{row}\r\n".encode("utf-8-sig")
    page.locator("input[type=file]").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": body}
    )
    page.get_by_role("button", name="See what would happen").click()
    expect(page.get_by_text("would be placed")).to_be_visible()
    page.get_by_role("button", name="Place these orders").click()
    expect(page.get_by_text("Done.")).to_be_visible(timeout=15_000)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_a_wrong_password_keeps_the_e_mail_and_says_what_to_do(browser: Browser, system: System) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{system.urls['orders']}/orders/sign-in")
    page.locator("input[name=email]").fill("somebody@demo.example")
    page.locator("input[type=password]").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".error").first).to_be_visible()
    expect(page.locator("input[name=email]")).to_have_value("somebody@demo.example")
    context.close()


def test_a_release_takes_two_people_and_then_work_stands_on_the_board(sign_in: SignIn) -> None:
    for role in (COMPLIANCE, KANWIL):
        page = sign_in("orders", role)
        page.get_by_role("link", name="Holds").click()
        page.get_by_role("link", name="PO-2025-0001, line 1", exact=True).click()
        hold = page.locator("section.card")
        expect(hold).to_contain_text("line 1:")
        hold.locator("textarea").fill("too short")
        hold.locator("textarea").evaluate("area => area.removeAttribute('minlength')")
        hold.get_by_role("button").click()
        expect(hold.locator(".error")).to_contain_text("40 characters")
        expect(hold.locator("textarea")).to_have_value("too short")
        expect(hold.locator("textarea")).to_be_focused()
        page.goto(page.url)
        hold.locator("textarea").fill(REASON)
        hold.get_by_role("button").click()
        page.wait_for_url("**/orders/holds/")
        expect(hold).not_to_contain_text("line 1:")
    board = sign_in("production", FACILITY, account="LPS-SRG", viewport=PHONE, locale="id-ID")
    offer = board.get_by_role("button", name=re.compile(r"^Terima [\d.]+ buah$"))
    expect(offer.first).to_be_visible(timeout=15_000)
    card = board.locator(f"#{offer.first.locator('xpath=ancestor::section[1]').get_attribute('id')}")
    card.get_by_role("button", name=re.compile(r"^Terima [\d.]+ buah$")).click()
    card.get_by_role("button", name="Mulai").click()
    expect(board.locator("#waiting")).to_be_hidden()
    pieces = card.get_by_label("Buah dibuat")
    pieces.fill("9999999")
    card.get_by_role("button", name="Lapor hasil").click()
    expect(card.get_by_role("alert")).to_contain_text("melebihi sisa")
    expect(pieces).to_have_value("9999999")
    expect(pieces).to_be_focused()
    pieces.fill("40")
    card.get_by_role("button", name="Lapor hasil").click()
    expect(card.get_by_role("button", name="Periksa 40 buah")).to_be_visible()


def test_the_board_speaks_the_officers_language(sign_in: SignIn) -> None:
    page = sign_in("production", FACILITY, account="RTN-BYL", locale="fr-FR")
    expect(page.locator("html")).to_have_attribute("lang", "id")
    page.get_by_title("English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_page_follows_the_data_without_being_loaded_again(sign_in: SignIn, system: System) -> None:
    page = sign_in("orders", BUYER)
    page.evaluate("window.stayed = true")
    officer = sign_in("orders", COMPLIANCE)
    officer.goto(f"{system.urls['orders']}/orders/holds/")
    officer.get_by_role("link", name="PO-2025-0001, line 4", exact=True).click()
    card = officer.locator("section.card", has_text="line 4:")
    page.get_by_role("link", name="PO-2025-0001", exact=True).click()
    page.evaluate("window.stayed = true")
    before = page.get_by_text("A release of line 4 was signed").count()
    card.locator("textarea").fill(REASON)
    card.get_by_role("button").click()
    expect(page.get_by_text("A release of line 4 was signed")).to_have_count(before + 1, timeout=15_000)
    assert page.evaluate("window.stayed") is True
