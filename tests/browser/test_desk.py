"""The dispatch desk in a real browser: it shows what arrives while somebody looks at it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from kendi.demo.people import Client
from kendi.system import System
from services.logistics.handlers import REACTIONS
from services.orders.sentences import MILESTONES
from shared.clock import real_now
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import LOGISTICS
from tests.clock import real_today
from tests.logistics.conftest import HEARD, SRAGEN, a_booking, a_clearance, a_lot, a_paper, an_order
from tests.logistics.test_scanning_page import as_file

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def staff(system: System) -> Iterator[Client]:
    with Client(system.urls["logistics"], system.accounts.key(LOGISTICS)) as client:
        yield client


@pytest.fixture
def lot(system: System, staff: Client) -> str:
    """Packed, cleared to leave, and not at a hub yet."""
    order_id, lot = uuid4(), f"SRG-{uuid4().hex[:8]}"
    told = (
        an_order(order_id=order_id, po_number="PO-SEEN-LIVE"),
        a_clearance(order_id=order_id, purpose="produce"),
        a_clearance(order_id=order_id),
        a_lot(lot, order_id=order_id),
    )
    database = Database(system.addresses.app_urls["logistics"], sees=SERVICE, pool_size=1)
    with closing(database), database.transaction() as session:
        for event in told:
            REACTIONS[type(event)](session, event, HEARD)
    staff.post("/logistics/v1/cartons", {"lot": lot})
    return lot


@pytest.fixture
def shipment(staff: Client, lot: str) -> dict[str, Any]:
    """Booked and with all its papers."""
    staff.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
    id = staff.post("/logistics/v1/shipments", {"hub": SRAGEN, "destination": "BE"})["id"]
    shown: dict[str, Any] = staff.post(f"/logistics/v1/shipments/{id}/book", a_booking())
    for each in shown["documents"]:
        if each["state"] == "missing":
            paper = a_paper(each["code"]) | {"issued_on": real_today().isoformat()}
            staff.post(f"/logistics/v1/shipments/{id}/documents", paper)
    return shown


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(locale="en-GB")
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, system: System) -> Page:
    person = system.accounts.person("logistics", LOGISTICS, None)
    opened = context.new_page()
    opened.goto(f"{system.urls['logistics']}/logistics/")
    opened.locator("input[name=email]").fill(person.email)
    opened.locator("input[type=password]").fill(person.password)
    opened.keyboard.press("Enter")
    expect(opened.locator("h1")).to_have_text("What leaves next")
    return opened


def test_a_carton_is_counted_in_by_a_photo_of_its_label_on_a_phone(
    page: Page, staff: Client, lot: str
) -> None:
    (printed, *_) = pypdfium2.PdfDocument(staff.download(f"/logistics/v1/lots/{lot}/labels.pdf"))
    photo = as_file(printed.render(scale=200 / 72).to_pil())
    first, *others = sorted(each["sscc"] for each in staff.get("/logistics/v1/cartons", lot=lot))
    page.set_viewport_size(PHONE)
    page.goto(page.url.rstrip("/") + f"/scanning?what=gathered&hub={SRAGEN}")
    page.get_by_label("Or a photo of the label").set_input_files(
        {"name": "label.jpg", "mimeType": "image/jpeg", "buffer": photo}
    )
    accepted = page.locator("[data-outcome=accepted]")
    expect(accepted).to_contain_text(first)
    expect(accepted).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    states = {each["sscc"]: each["state"] for each in staff.get("/logistics/v1/cartons", lot=lot)}
    assert states == {first: "at_hub", **dict.fromkeys(others, "packed")}


def test_a_milestone_shows_on_the_desk_as_it_arrives_and_what_is_being_typed_stays(
    page: Page, staff: Client, shipment: dict[str, Any]
) -> None:
    card = page.locator("[data-live-part=waiting] article", has_text=shipment["number"])
    expect(card).to_contain_text("ready to leave")
    page.get_by_label("Scan a carton that arrived").fill("0952")
    page.evaluate("window.neverLoadedAgain = true")
    for code in ("PEB_SUBMITTED", "NPE_ISSUED"):
        told = {"milestone": code, "place": "IDSRG", "occurred_at": real_now().isoformat()}
        staff.post(f"/logistics/v1/shipments/{shipment['id']}/milestones", told)
        expect(card).to_contain_text(MILESTONES[code][0])
    expect(page.get_by_label("Scan a carton that arrived")).to_have_value("0952")
    assert page.evaluate("window.neverLoadedAgain") is True


def test_a_long_paper_shows_how_far_it_is_and_then_comes_as_a_whole(
    page: Page, system: System, staff: Client
) -> None:
    """Six hundred labels; each number that was shown is kept, for they go by quickly."""
    id = a_long_shipment(system, staff)
    page.goto(page.url.rstrip("/") + f"/shipment/{id}")
    page.evaluate("""() => {
        window.seen = [];
        const shown = document.querySelector("#making .told");
        new MutationObserver(() => window.seen.push(shown.textContent)).observe(shown, { childList: true });
    }""")
    with page.expect_download(timeout=180_000) as taken:
        page.get_by_role("link", name="Carton labels").click()
        expect(page.get_by_role("progressbar", name="Cartons on the paper")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Made. It is among your downloads.")
    expect(page.locator("#making")).to_be_hidden()
    seen = [int(each.split(" / ")[0].replace(",", "")) for each in page.evaluate("window.seen")]
    assert seen == sorted(seen) and len(set(seen)) > 3
    assert page.evaluate("window.seen.at(-1)") == "600 / 600"
    with closing(pypdfium2.PdfDocument(taken.value.path())) as paper:
        assert len(paper) == 600
    page.context.clear_cookies()
    page.get_by_role("link", name="Packing list").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def a_long_shipment(system: System, staff: Client) -> str:
    """Of six hundred cartons."""
    order_id, lot = uuid4(), f"SRG-{uuid4().hex[:8]}"
    pieces = 600 * 200
    told = (
        an_order(order_id=order_id, po_number="PO-LONG"),
        a_clearance(order_id=order_id, purpose="produce", quantity=pieces),
        a_clearance(order_id=order_id, quantity=pieces),
        a_lot(lot, order_id=order_id, quantity=pieces),
    )
    database = Database(system.addresses.app_urls["logistics"], sees=SERVICE, pool_size=1)
    with closing(database), database.transaction() as session:
        for event in told:
            REACTIONS[type(event)](session, event, HEARD)
    staff.post("/logistics/v1/cartons", {"lot": lot})
    staff.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
    built: str = staff.post("/logistics/v1/shipments", {"hub": SRAGEN, "destination": "BE"})["id"]
    return built
