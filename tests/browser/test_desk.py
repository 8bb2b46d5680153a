"""The dispatch desk in a real browser: it shows what arrives while somebody looks at it."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from kendi.demo.people import Client
from kendi.system import System
from services.logistics.handlers import REACTIONS
from services.orders.sentences import MILESTONES
from shared.clock import real_now
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import LOGISTICS
from tests.logistics.conftest import HEARD, SRAGEN, a_booking, a_clearance, a_lot, a_paper, an_order

pytestmark = pytest.mark.browser


@pytest.fixture
def staff(system: System) -> Iterator[Client]:
    with Client(system.urls["logistics"], system.accounts.key(LOGISTICS)) as client:
        yield client


@pytest.fixture
def shipment(system: System, staff: Client) -> dict[str, Any]:
    """Booked and with all its papers."""
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
    staff.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
    id = staff.post("/logistics/v1/shipments", {"hub": SRAGEN, "destination": "BE"})["id"]
    shown: dict[str, Any] = staff.post(f"/logistics/v1/shipments/{id}/book", a_booking())
    for each in shown["documents"]:
        if each["state"] == "missing":
            staff.post(f"/logistics/v1/shipments/{id}/documents", a_paper(each["code"]))
    return shown


@pytest.fixture
def page(browser: Browser, system: System) -> Iterator[Page]:
    person = system.accounts.person("logistics", LOGISTICS, None)
    context = browser.new_context(locale="en-GB")
    opened = context.new_page()
    opened.goto(f"{system.urls['logistics']}/logistics/")
    opened.locator("input[name=email]").fill(person.email)
    opened.locator("input[type=password]").fill(person.password)
    opened.keyboard.press("Enter")
    expect(opened.locator("h1")).to_have_text("What leaves next")
    yield opened
    context.close()


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
