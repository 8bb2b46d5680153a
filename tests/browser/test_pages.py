"""The pages as people use them: in a real browser, at a desk and on a phone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kendi.system import System
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS

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


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize(
    ("service", "role", "path"),
    [
        ("orders", BUYER, "/orders/"),
        ("orders", BUYER, "/orders/webhooks/"),
        ("orders", COMPLIANCE, "/orders/holds/"),
        ("production", FACILITY, "/production/"),
        ("production", KANWIL, "/production/"),
        ("logistics", LOGISTICS, "/logistics/"),
    ],
)
def test_each_desk_fits_its_screen_and_breaks_no_rule_of_its_own(
    sign_in: SignIn, system: System, service: str, role: str, path: str, viewport: dict[str, int]
) -> None:
    page = sign_in(service, role, viewport=viewport)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(f"{system.urls[service]}{path}")
    expect(page.locator("h1")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    assert complaints == []


def test_a_buyer_sees_the_blocked_line_with_its_law_and_the_timeline(sign_in: SignIn) -> None:
    page = sign_in("orders", BUYER)
    expect(page.get_by_text("The United States prohibits goods made")).to_be_visible()
    page.get_by_role("link", name="PO-2025-0001", exact=True).click()
    expect(page.get_by_text("19 USC 1307")).to_be_visible()
    expect(page.get_by_text("The order was placed")).to_be_visible()


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
    offer.first.click()
    board.get_by_role("button", name="Mulai").first.click()
    pieces = board.get_by_label("Buah dibuat").first
    pieces.fill("9999999")
    board.get_by_role("button", name="Lapor hasil").first.click()
    expect(board.get_by_role("alert")).to_contain_text("melebihi sisa")
    expect(board.get_by_label("Buah dibuat").first).to_have_value("9999999")
    expect(board.get_by_label("Buah dibuat").first).to_be_focused()
    board.get_by_label("Buah dibuat").first.fill("40")
    board.get_by_role("button", name="Lapor hasil").first.click()
    expect(board.get_by_role("button", name="Periksa 40 buah")).to_be_visible()


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
