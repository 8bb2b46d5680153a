"""Every page at a desk and on a phone, in either language, light and dark: it fits, breaks no rule of its own, and
axe-core finds nothing serious."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from kendi.accounts import BUYER_CODE, FACILITIES
from kendi.demo.people import Client
from kendi.system import System
from services.orders.handlers.importing import take_import
from services.orders.rows import read_csv
from shared.clock import WIB, real_now
from shared.database import Database
from shared.events.logistics import ShipmentDelivered, ShipmentDeparted, ShipmentLine
from shared.messaging.outbox import record
from shared.sight import SERVICE
from shared.table_rows import lines_of
from shared.web.access import BUYER, COMPLIANCE, FACILITY, KANWIL, LOGISTICS, OPERATOR, create_key
from tests.awaiting import until
from tests.orders.test_imports import a_row, as_csv

pytestmark = pytest.mark.browser

WAYS = (
    ("en", "light", {"width": 1280, "height": 900}),
    ("id", "dark", {"width": 390, "height": 844}),
)
"""Each language, each scheme and each size once: looking takes seconds."""
WIDTHS = (390, 1180, 1280)
"""At which a page has to fit in either language: words are longer in one than in the other."""

NOT_THERE = "00000000-0000-0000-0000-000000000000"
OF_AN_ORDER = (
    "order/ORDER",
    "order/ORDER/lines/3/amend",
    "order/ORDER/lines/3/cancel",
    "order/ORDER/payments",
    "order/ORDER/lines/3/claim",
    "order/ORDER/lines/3/acknowledge",
    "order/ORDER/lines/3/free-lane",
    "decisions/DECISION",
    "quotes/QUOTE",
    "new?draft=DRAFT",
    "import/IMPORT",
    "claims/CLAIM",
    "webhooks/WEBHOOK",
    f"order/{NOT_THERE}",
)
FITTING = [f"operations/events/{action}?older_than=0s" for action in ("retry", "discard")]
PAGES = [
    (
        "orders",
        BUYER,
        None,
        ("", "new", "import", "webhooks/", "keys/", "samples/", "docs", *OF_AN_ORDER),
    ),
    ("orders", COMPLIANCE, None, ("holds/", "notes/", "policies/", "dossiers/", "dossiers/lots/LOT")),
    ("orders", KANWIL, None, ("", "holds/", "policies/", "claims/CLAIM")),
    ("orders", OPERATOR, None, ("operations/", "operations/events/", *FITTING, "retention/")),
    (
        "production",
        FACILITY,
        "LPS-SRG",
        (
            *("", "materials", "agreements", "facilities/LPS-SRG", "facilities/LPS-SRG/tools", "docs"),
            *("people", "hours", "premi", "welfare", "facilities/LPS-SRG/evidence", "warnings"),
        ),
    ),
    (
        "production",
        KANWIL,
        None,
        (
            *("", "materials", "agreements", "facilities/", "facilities/new", "welfare"),
            *("facilities/LPS-SRG/evidence", "warnings", "replan", "retention/"),
        ),
    ),
    (
        "logistics",
        LOGISTICS,
        None,
        (
            "",
            "calendar",
            "scanning",
            "pallets",
            "shipment/SHIPMENT",
            "shipment/SHIPMENT/cartons",
            "standing/LPS-SRG/ID",
            "hub/LPS-SRG",
            "docs",
        ),
    ),
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def there(system: System) -> Iterator[dict[str, str]]:
    """What stands in addresses: an order, a lot of another that was made for sale at home, its shipment, and more."""
    consignee = {"name": "Toko", "address": ["Jalan 1"], "country": "ID"}
    wanted = (real_now() + timedelta(days=300)).date().isoformat()
    line = {"sku": "CR-BALL-07", "quantity": 100, "requested_date": wanted, "consignee": consignee}
    order = {"po_number": "PO-AT-HOME", "currency": "USD", "incoterm": "FCA", "named_place": "Semarang"}
    with ExitStack() as open_until_then:

        def client(service: str, secret: str) -> Client:
            return open_until_then.enter_context(Client(system.urls[service], secret))

        buyer = client("orders", system.accounts.key(BUYER))
        logistics = client("logistics", system.accounts.key(LOGISTICS))
        workshops = [client("production", key) for key in _keys_of_workshops(system)]
        (first,) = buyer.get("/orders/v1/orders", po_number="PO-2025-0001")
        placed = buyer.post("/orders/v1/orders", {**order, "lines": [line]})["id"]
        until(lambda: any(_made(workshop, placed) for workshop in workshops))
        until(lambda: _lots(logistics))
        lot = _lots(logistics)[0]
        logistics.post("/logistics/v1/cartons", {"lot": lot})
        logistics.post("/logistics/v1/cartons/gather", {"hub": "LPS-SRG", "lot": lot})
        to_home = {"hub": "LPS-SRG", "destination": "ID"}
        until(lambda: logistics.try_post("/logistics/v1/shipments", to_home).status_code == 201)
        shipment = next(
            each for each in logistics.get("/logistics/v1/shipments") if each["destination"] == "ID"
        )
        _deliver(
            system, UUID(shipment["id"]), ShipmentLine(order_id=UUID(placed), line=1, lot=lot, quantity=100)
        )
        until(lambda: buyer.get(f"/orders/v1/orders/{placed}")["lines"][0]["delivered"])
        carton = logistics.get("/logistics/v1/cartons", lot=lot)[0]["sscc"]
        claim = {"sscc": carton, "quantity": 20, "reason": "The fibres were wet."}
        soon = {
            **line,
            "quantity": 3_000,
            "requested_date": (real_now() + timedelta(days=2)).date().isoformat(),
        }
        buyer.post("/orders/v1/orders", {**order, "po_number": "PO-TOO-SOON", "lines": [soon]})
        until(lambda: buyer.get("/orders/v1/decisions"))
        asked = {**order, "po_number": "PO-ASKED", "lines": [line]}
        yield {
            "ORDER": first["id"],
            "LOT": lot,
            "SHIPMENT": shipment["id"],
            "CLAIM": buyer.post("/orders/v1/claims", claim)["id"],
            "DECISION": buyer.get("/orders/v1/decisions")[0]["id"],
            "QUOTE": buyer.post("/orders/v1/quotes", asked)["id"],
            "DRAFT": buyer.post("/orders/v1/drafts", asked)["id"],
            "WEBHOOK": buyer.post("/orders/v1/webhooks", {"url": "http://127.0.0.1:9/"})["id"],
            "IMPORT": _previewed(system),
        }


def _deliver(system: System, shipment: UUID, goods: ShipmentLine) -> None:
    """Logistics tells at once what takes a shipment weeks."""
    database = Database(system.addresses.app_urls["logistics"], sees=SERVICE, pool_size=1)
    with closing(database), database.transaction() as session:
        for event in (ShipmentDeparted, ShipmentDelivered):
            record(
                session, event(shipment_id=shipment, place="IDSRG", occurred_at=real_now(), lines=(goods,))
            )


def _previewed(system: System) -> str:
    """An import that was sent and not begun, with a right row and a wrong one."""
    rows = lines_of(BytesIO(as_csv(a_row("PO-RIGHT"), a_row("PO-WRONG", quantity="none"))))
    database = Database(system.addresses.app_urls["orders"], sees=SERVICE, pool_size=1)
    with closing(database), database.transaction() as session:
        return str(take_import(session, buyer=BUYER_CODE, made_by="a person", rows=read_csv(rows)))


def _keys_of_workshops(system: System) -> list[str]:
    database = Database(system.addresses.app_urls["production"], sees=SERVICE, pool_size=1)
    with closing(database), database.transaction() as session:
        return [create_key(session, name=code, role=FACILITY, account=code) for code in FACILITIES]


def _made(workshop: Client, order: str) -> bool:
    """Whether all that this workshop was offered of the order is made and passed, which is done here."""
    mine = [each for each in workshop.get("/production/v1/work-orders") if each["order_id"] == order]
    for work in mine:
        path, pieces = f"/production/v1/work-orders/{work['id']}", work["quantity"]
        workshop.post(f"{path}/accept", {})
        workshop.post(f"{path}/start", {})
        workshop.post(
            f"{path}/report", {"pieces": pieces, "worked_on": real_now().astimezone(WIB).date().isoformat()}
        )
        workshop.post(f"{path}/inspect", {"passed": pieces, "rework": 0, "scrap": 0})
    return bool(mine)


def _lots(logistics: Client) -> list[str]:
    lots = logistics.get("/logistics/v1/lots")
    return [each["lot"] for each in lots if each["po_number"] == "PO-AT-HOME"]


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out, with the first place of each."""
    looked = Axe().run(page).response
    assert looked["passes"], "axe-core looked at nothing"
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in looked["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def looked_at(page: Page, address: str) -> list[str]:
    complaints = []
    for language, scheme, size in WAYS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # a plain text serves
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict serves
        answer = page.goto(f"{address}{'&' if '?' in address else '?'}lang={language}")
        assert answer is not None
        assert answer.ok or address.endswith(NOT_THERE), f"{address} is {answer.status}"
        expect(page.locator("h1")).to_be_visible()
        found = serious(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": size["height"]})
            if (beyond := page.evaluate(BEYOND)) > 0:
                found.append(f"it is {beyond} too wide at {width}")
        complaints += [f"{address} in {language}, {scheme}, {size['width']}: {said}" for said in found]
    return complaints


@pytest.mark.parametrize(
    ("service", "role", "account", "paths"), PAGES, ids=[f"{service}-{role}" for service, role, *_ in PAGES]
)
def test_nothing_is_wrong_on_the_pages_of(
    page: Page,
    system: System,
    there: dict[str, str],
    service: str,
    role: str,
    account: str | None,
    paths: tuple[str, ...],
) -> None:
    broken: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and NOT_THERE not in page.url:
            broken.append(f"{page.url}: {message.text}")

    page.on("console", note)
    home = f"{system.urls[service]}/{service}/"
    person = system.accounts.person(service, role, account)
    page.goto(f"{home}sign-in")
    page.fill("input[name=email]", person.email)
    page.fill("input[type=password]", person.password)
    page.press("input[type=password]", "Enter")
    expect(page.locator("form[action$='sign-out']")).to_be_visible()
    addresses = [home + re.sub("|".join(there), lambda found: there[found[0]], path) for path in paths]
    assert [said for address in addresses for said in looked_at(page, address)] == []
    assert broken == []


def test_nothing_serious_is_found_where_one_signs_in(page: Page, system: System) -> None:
    addresses = [f"{system.urls[service]}/{service}/sign-in" for service in system.urls]
    assert [said for address in addresses for said in looked_at(page, address)] == []


def test_each_thing_that_can_be_done_is_reached_by_the_tab_key_in_the_order_of_reading(
    page: Page, system: System
) -> None:
    person = system.accounts.person("orders", BUYER, None)
    page.goto(f"{system.urls['orders']}/orders/sign-in")
    page.fill("input[name=email]", person.email)
    page.fill("input[type=password]", person.password)
    page.press("input[type=password]", "Enter")
    expect(page.locator("form[action$='sign-out']")).to_be_visible()
    reached: list[Any] = []
    for _ in range(page.locator("a[href], button, summary").count() + 5):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    seen = [each for each in reached if each]
    assert "skip" in seen[0]["html"]
    assert all(each["outline"] for each in seen), [each for each in seen if not each["outline"]]
    assert page.evaluate(VISIBLE) <= len({each["place"] for each in seen})
    once = seen[: len({each["place"] for each in seen})]
    assert [each["place"] for each in once] == sorted(each["place"] for each in once)


BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUSED = """async () => {
    const it = document.activeElement;
    if (!it || it === document.body) return null;
    const place = [...document.querySelectorAll('*')].indexOf(it);
    const outlined = () => parseFloat(getComputedStyle(it).outlineWidth) >= 2;
    const until = performance.now() + 2000;
    while (!outlined() && performance.now() < until) await new Promise(requestAnimationFrame);
    return {place, outline: outlined(), html: it.outerHTML.slice(0, 120)};
}"""
"""Where the focus is, once its outline is drawn: a busy browser draws it some frames after the key."""
VISIBLE = "[...document.querySelectorAll('main a[href], main button, main summary')].filter(it => it.checkVisibility()).length"
