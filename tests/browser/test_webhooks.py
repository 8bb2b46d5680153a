"""A buyer's person sees to their webhooks in a real browser, without a script and on a phone."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from kendi.system import System
from shared.web.access import BUYER

pytestmark = pytest.mark.browser


@pytest.fixture
def address() -> Iterator[str]:
    """A system of the buyer's that takes everything."""

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"taken")

        def log_message(self, format: str, *args: Any) -> None:
            """Tests say by themselves what went wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/kendi"
        server.shutdown()
        thread.join()


@pytest.fixture
def page(browser: Browser, system: System) -> Iterator[Page]:
    """The buyer's person, signed in on a phone without scripts."""
    person = system.accounts.person("orders", BUYER, None)
    viewport: Any = {"width": 390, "height": 844}
    context = browser.new_context(viewport=viewport, locale="en-GB", java_script_enabled=False)
    opened = context.new_page()
    opened.goto(f"{system.urls['orders']}/orders/sign-in")
    opened.locator("input[name=email]").fill(person.email)
    opened.locator("input[type=password]").fill(person.password)
    opened.locator("form[action$='sign-in'] button, main form button").first.click()
    yield opened
    context.close()


def test_an_endpoint_is_added_tried_rotated_and_removed_without_a_script(page: Page, address: str) -> None:
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Address").fill("https://10.0.0.1/")
    page.get_by_label("What it is for").fill("warehouse")
    page.get_by_role("button", name="Add the endpoint").click()
    expect(page.locator(".error").first).to_contain_text("private network")
    expect(page.get_by_label("What it is for")).to_have_value("warehouse")
    page.get_by_label("Address").fill(address)
    page.get_by_role("button", name="Add the endpoint").click()
    first = page.locator("code", has_text="whsec_").inner_text()
    page.get_by_role("button", name="Send a test message").click()
    expect(page.get_by_role("status")).to_contain_text("took the test message")
    expect(page.get_by_role("status")).to_contain_text("taken")
    expect(page.locator("code", has_text="whsec_")).to_have_count(0)
    page.locator("summary", has_text="Make a new secret").click()
    page.get_by_role("button", name="Make a new secret").click()
    assert page.locator("code", has_text="whsec_").inner_text() != first
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("you switched it off")).to_be_visible()
    page.locator("summary", has_text="Remove the endpoint").click()
    page.get_by_role("button", name="Remove the endpoint").click()
    expect(page.get_by_role("heading", name="Webhooks", level=1)).to_be_visible()
    expect(page.get_by_text(address)).to_have_count(0)


def test_the_page_of_an_endpoint_fits_a_phone(page: Page, address: str) -> None:
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Address").fill(address + "/" + "long" * 60)
    page.get_by_role("button", name="Add the endpoint").click()
    page.locator("summary", has_text="Only some event types").click()
    box = page.locator("main").bounding_box()
    assert box is not None
    for part in ("h1", "form >> nth=0", "fieldset", "#log"):
        inner = page.locator(f"main {part}").first.bounding_box()
        assert inner is not None
        assert inner["x"] + inner["width"] <= 390
