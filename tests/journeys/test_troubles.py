"""Trouble that production or a carrier reports reaches the buyer: over the broker, on the page and as a webhook."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from kendi.demo.people import Client
from kendi.system import System
from services.orders.domain.deciding import TIME_TO_ANSWER
from shared.clock import advance
from shared.events.logistics import ShipmentDelivered, ShipmentDeparted, ShipmentLine
from shared.messaging.outbox import record
from shared.messaging.tables import outbox_event
from shared.web.access import BUYER, CARRIER, COMPLIANCE, KANWIL, LOGISTICS, OPERATOR, create_key
from tests.contracts.afterwards import BELGIUM, SRAGEN, Afterwards

pytestmark = pytest.mark.flow

CARRIER_NAME = "Feeder line"
RECORDED = "kendi.logistics.milestone_recorded.v1"
ASKED = "kendi.orders.decision_requested.v1"


@pytest.fixture(scope="module")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    folder = prepared("troubles")
    with System(folder, free_ports=True, fsync=False, say=lambda _: None) as running:
        yield running


@pytest.fixture(scope="module")
def everybody(system: System) -> Iterator[Afterwards]:
    found = Afterwards(system)
    yield found
    found.close()


@pytest.fixture
def taken() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The address of a system of the buyer's, and what it was told."""
    told: list[dict[str, Any]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Tests say by themselves what went wrong."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/kendi", told
        server.shutdown()
        thread.join()


def booked(
    everybody: Afterwards, po_number: str, *, payment_terms: str = "open_account"
) -> tuple[str, str, list[str]]:
    """An order's goods are in a shipment that has a vessel: both ids, and the cartons."""
    order = everybody.place(po_number, quantity=200, to=BELGIUM, payment_terms=payment_terms)
    everybody.acknowledge(order)
    everybody.release(order, "produce")
    lot = everybody.make(everybody.begin(order))
    packed = everybody.hub.post("/logistics/v1/cartons", {"lot": lot})
    everybody.hub.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
    ssccs = [each["sscc"] for each in packed]
    everybody.release(order, "export")
    id = planned(everybody, "BE", ssccs)
    sails = everybody.clock.today_plus(7)
    booking = {
        "carrier": CARRIER_NAME,
        "vessel": "MV Example",
        "voyage": "025E",
        "port_of_loading": "IDSRG",
        "port_of_discharge": "BEANR",
        "etd": sails.isoformat(),
        "eta": (sails + timedelta(days=35)).isoformat(),
    }
    everybody.hub.post(f"/logistics/v1/shipments/{id}/book", booking)
    return order, id, ssccs


def ready_to_leave(everybody: Afterwards) -> tuple[str, str, list[str]]:
    """The goods have a vessel and all their papers."""
    order, id, ssccs = booked(everybody, "PO-TROUBLE")
    shipment = f"/logistics/v1/shipments/{id}"
    for document in everybody.hub.get(shipment)["documents"]:
        if document["state"] == "missing":
            everybody.hub.post(f"{shipment}/documents", a_paper(everybody, document["code"]))
    everybody.hub.post(f"{shipment}/dispatch", {"container": "CSQU3054383", "seal": "ID000123"})
    return order, id, ssccs


def a_paper(everybody: Afterwards, code: str) -> dict[str, str]:
    return {
        "code": code,
        "number": f"{code}-1",
        "issued_on": everybody.clock.today_plus(0).isoformat(),
    }


def planned(everybody: Afterwards, country: str, ssccs: list[str]) -> str:
    """A shipment of these cartons, once logistics has heard that they may leave."""
    shipments, body = "/logistics/v1/shipments", {"hub": SRAGEN, "destination": country, "ssccs": ssccs}
    made: list[str] = []

    def plan() -> bool:
        answer = everybody.hub.try_post(shipments, body)
        made.extend([answer.json()["id"]] if answer.is_success else [])
        return answer.is_success

    everybody.until(plan, "the goods are cleared")
    return made[0]


def the_carrier(system: System, everybody: Afterwards) -> Client:
    with everybody.databases["logistics"].transaction() as session:
        key = create_key(session, name="carrier", role=CARRIER, account=CARRIER_NAME)
    return Client(system.urls["logistics"], key)


def order_page(system: System, order: str, language: str) -> str:
    return page(system, "orders", BUYER, f"order/{order}?lang={language}")


def page(system: System, service: str, role: str, path: str) -> str:
    with signed_in(system, service, role) as browser:
        return browser.get(f"/{service}/{path}").raise_for_status().text


@contextmanager
def signed_in(system: System, service: str, role: str) -> Iterator[httpx.Client]:
    person = system.accounts.person(service, role)
    with httpx.Client(base_url=system.urls[service], follow_redirects=True, trust_env=False) as browser:
        entered = {"email": person.email, "password": person.password}
        browser.post(f"/{service}/sign-in", data=entered).raise_for_status()
        yield browser


def portal_of(browser: httpx.Client) -> dict[str, str]:
    """Every page and file of the portal that links lead to, by its address, in the language that is set."""
    found: dict[str, str] = {}
    ahead = ["/orders/"]
    while ahead:
        address = ahead.pop()
        if address in found:
            continue
        answer = browser.get(address)
        assert answer.status_code == 200, address
        found[address] = answer.content.decode("utf-8", "replace")
        if answer.headers["Content-Type"].startswith("text/html"):
            links = (str(answer.url.join(unescape(link))) for link in LINK.findall(answer.text))
            here = (link.removeprefix(str(browser.base_url).rstrip("/")).partition("#")[0] for link in links)
            ahead += [link for link in here if link.startswith("/orders/") and "lang=" not in link]
    return found


LINK = re.compile(r'<a [^>]*href="([^"]+)"')


def test_a_plan_that_is_late_asks_the_buyer_by_api_page_feed_and_webhook(
    system: System, everybody: Afterwards, taken: tuple[str, list[dict[str, Any]]]
) -> None:
    address, told = taken
    everybody.buyer.post("/orders/v1/webhooks", {"url": address, "event_types": [ASKED]})
    order = everybody.place("PO-TOO-SOON", quantity=3_000, wanted_in=1)
    everybody.until(lambda: bool(told), "the buyer's system is asked")
    (decision,) = everybody.buyer.get("/orders/v1/decisions", state="open")
    (asked,) = told
    assert (asked["type"], asked["data"]["order_id"]) == (ASKED, order)
    assert asked["data"]["decision_id"] == decision["id"]
    assert asked["data"]["answers"] == decision["answers"]
    pulled = [each["message"] for each in everybody.buyer.get("/orders/v1/feed")["events"]]
    assert [each for each in pulled if each["type"] == ASKED] == [asked]
    assert f"/orders/decisions/{decision['id']}" in order_page(system, order, "en")


def test_goods_that_a_claim_sends_back_are_awaited_by_logistics(
    system: System, everybody: Afterwards
) -> None:
    order = everybody.place("PO-SENT-BACK", quantity=200)
    lot = everybody.make(everybody.begin(order))
    (carton,) = everybody.hub.post("/logistics/v1/cartons", {"lot": lot})
    arrive(everybody, ShipmentLine(order_id=UUID(order), line=1, lot=lot, quantity=200))
    one = f"/orders/v1/orders/{order}"
    everybody.until(lambda: everybody.buyer.get(one)["lines"][0]["delivered"] == 200, "it is delivered")
    sent_back = {"sscc": carton["sscc"], "quantity": 20, "reason": "The fibres were wet."}
    claim = f"/orders/v1/claims/{everybody.buyer.post('/orders/v1/claims', sent_back)['id']}"
    everybody.office.post(f"{claim}/decide", {"accepted": 15, "reason": "The photos show it."})
    settled = everybody.office.post(f"{claim}/settle", {"settlement": "return"})
    assert (settled["state"], settled["settlement"], settled["credit"]) == ("settled", "return", None)
    everybody.until(
        lambda: carton["sscc"] in page(system, "logistics", LOGISTICS, ""), "the desk awaits what comes back"
    )
    assert "the goods come back" in order_page(system, order, "en")


def arrive(everybody: Afterwards, goods: ShipmentLine) -> None:
    """Logistics tells at once what takes a shipment weeks."""
    way = uuid4()
    with everybody.databases["logistics"].transaction() as session:
        for event in (ShipmentDeparted, ShipmentDelivered):
            record(
                session,
                event(shipment_id=way, place="IDSRG", occurred_at=everybody.clock.now(), lines=(goods,)),
            )


def test_trouble_that_a_carrier_reports_is_read_by_the_buyer_and_told_to_their_system(
    system: System, everybody: Afterwards, taken: tuple[str, list[dict[str, Any]]]
) -> None:
    address, told = taken
    order, shipment, ssccs = ready_to_leave(everybody)
    everybody.buyer.post("/orders/v1/webhooks", {"url": address})

    def recorded() -> list[dict[str, Any]]:
        return [each["data"] for each in told if each["type"] == RECORDED]

    with the_carrier(system, everybody) as carrier:
        for code, place, which in (
            ("PEB_SUBMITTED", "IDSRG", {}),
            ("CUSTOMS_RED_LANE", "IDSRG", {}),
            ("NPE_ISSUED", "IDSRG", {}),
            ("GATE_IN", "IDSRG", {}),
            ("LOADED", "IDSRG", {}),
            ("VESSEL_DEPARTED", "IDSRG", {}),
            ("DISCHARGED", "BEANR", {}),
            ("SHORT_LANDED", "BEANR", {"ssccs": ssccs[:1]}),
        ):
            report = {"milestone": code, "place": place, "occurred_at": everybody.clock.now().isoformat()}
            carrier.post(f"/logistics/v1/shipments/{shipment}/milestones", report | which)
    everybody.until(
        lambda: "SHORT_LANDED" in {each["milestone"] for each in recorded()}, "the buyer's system is told"
    )
    told_of = {each["milestone"]: each for each in recorded()}
    assert "CUSTOMS_RED_LANE" in told_of
    assert [each["sscc"] for each in told_of["SHORT_LANDED"]["short"]] == ssccs[:1]
    english, indonesian = (order_page(system, order, language) for language in ("en", "id"))
    assert "Red lane, inspected by customs: IDSRG" in english
    assert f"are short, in cartons {ssccs[0]}" in english
    assert "Jalur merah, diperiksa bea cukai: IDSRG" in indonesian
    assert f"kurang, dalam karton {ssccs[0]}" in indonesian


def test_a_bill_of_lading_waits_until_orders_was_told_of_the_whole_payment(everybody: Afterwards) -> None:
    order, shipment, _ = booked(everybody, "PO-PAID-FIRST", payment_terms="before_documents")
    papers = f"/logistics/v1/shipments/{shipment}/documents"
    refused = everybody.hub.try_post(papers, a_paper(everybody, "BL"))
    assert refused.status_code == 422
    assert "BL waits for the payment of PO-PAID-FIRST" in refused.json()["errors"][0]["message"]
    owed = everybody.buyer.get(f"/orders/v1/orders/{order}/payments")
    paid = {"amount": owed["due"], "currency": owed["currency"], "reference": "BANK-1"}
    paid_on = everybody.clock.today_plus(0).isoformat()
    everybody.buyer.post(f"/orders/v1/orders/{order}/payments", paid | {"paid_on": paid_on})
    everybody.until(
        lambda: everybody.hub.try_post(papers, a_paper(everybody, "BL")).is_success, "it waits no longer"
    )


def test_goods_that_are_sold_at_home_come_by_road_and_the_buyer_reads_that_they_were_delivered(
    system: System, everybody: Afterwards
) -> None:
    order = everybody.place("PO-HOME", quantity=200)
    lot = everybody.make(everybody.begin(order))
    packed = everybody.hub.post("/logistics/v1/cartons", {"lot": lot})
    everybody.hub.post("/logistics/v1/cartons/gather", {"hub": SRAGEN, "lot": lot})
    shipment = planned(everybody, "ID", [each["sscc"] for each in packed])
    today, way = everybody.clock.today_plus(0).isoformat(), f"/logistics/v1/shipments/{shipment}"
    everybody.hub.post(f"{way}/book", {"carrier": "Haulier Semarang", "etd": today, "eta": today})
    everybody.hub.post(f"{way}/dispatch", {"container": "H 1234 AB", "seal": "ID000124"})
    for code, place in (("VESSEL_DEPARTED", SRAGEN), ("DELIVERED", "IDSOC")):
        report = {"milestone": code, "place": place, "occurred_at": everybody.clock.now().isoformat()}
        everybody.hub.post(f"{way}/milestones", report)
    one = f"/orders/v1/orders/{order}"
    everybody.until(lambda: everybody.buyer.get(one)["lines"][0]["delivered"] == 200, "it is delivered")
    assert everybody.buyer.get(one)["state"] == "closed"
    page = order_page(system, order, "en")
    assert "Booked with Haulier Semarang" in page and "The goods left the hub: H 1234 AB" in page
    assert "Delivered at IDSOC" in page


def test_a_late_order_about_which_nobody_answers_goes_on_by_the_default_at_its_deadline(
    everybody: Afterwards,
) -> None:
    order = everybody.place("PO-SILENT", quantity=3_000, wanted_in=1)

    def found() -> list[dict[str, Any]]:
        return [each for each in everybody.buyer.get("/orders/v1/decisions") if each["order_id"] == order]

    everybody.until(lambda: bool(found()), "the buyer is asked")
    (asked,) = found()
    assert (asked["state"], asked["default"]) == ("open", "accept_date")
    with everybody.databases["orders"].transaction() as session:
        advance(session, TIME_TO_ANSWER)
    everybody.until(lambda: found()[0]["state"] == "ended", "the deadline has passed")
    (ended,) = found()
    assert (ended["id"], ended["outcome"], ended["ended_by"]) == (asked["id"], asked["default"], "deadline")
    (line,) = everybody.buyer.get(f"/orders/v1/orders/{order}")["lines"]
    assert line["requested_date"] == asked["promised_date"]


def told_by(everybody: Afterwards, service: str) -> list[Any]:
    """The data of every event that a service recorded."""
    with everybody.databases[service].transaction() as session:
        return list(session.execute(select(outbox_event.c.data)).scalars())


def test_no_password_key_or_secret_is_in_a_log_an_event_a_page_or_the_list_of_processes(
    system: System, everybody: Afterwards
) -> None:
    """After all of the above, and after somebody tried a wrong password and a wrong key."""
    wrong = {"email": system.accounts.person("orders", BUYER).email, "password": "canary-of-a-password"}
    keys = [*(each.secret for each in system.accounts.keys), "pk_0123456789abcdef_canary-of-a-key"]
    for service, url in system.urls.items():
        httpx.post(f"{url}/{service}/sign-in", data=wrong)
        for key in keys:
            httpx.get(f"{url}/{service}/v1/orders", headers={"Authorization": f"Bearer {key}"})
    webhook = everybody.buyer.post("/orders/v1/webhooks", {"url": "http://127.0.0.1:9/"})["secret"]
    passwords = {each.password for each in system.accounts.people} | {wrong["password"]}
    signing = (system.data / "signing_keys").read_text().split(":")[1].strip()
    secrets = [*passwords, *keys, webhook, webhook.removeprefix("whsec_"), signing]
    pages: dict[str, str] = {}
    for role in (BUYER, COMPLIANCE, KANWIL, OPERATOR):
        with signed_in(system, "orders", role) as browser:
            secrets += [token for name, token in browser.cookies.items() if name.startswith("kendi-")]
            pages |= {f"{role} {address}": text for address, text in portal_of(browser).items()}
    logs = {str(log): log.read_text() for log in system.data.rglob("*.log")}
    events = {
        service: "".join(map(json.dumps, told_by(everybody, service))) for service in everybody.databases
    }
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "postgres" in running
    assert "refused" in logs[str(system.data / "logs" / "orders-web.log")]
    assert all("order_id" in each for each in events.values())
    assert {"buyer /orders/webhooks/", "buyer /orders/keys/", "kanwil /orders/notes/"} <= pages.keys()
    assert any(address.startswith("compliance_officer /orders/order/") for address in pages)
    places = {**logs, **events, **pages, "processes": running}
    assert [(name, secret[:6]) for name, text in places.items() for secret in secrets if secret in text] == []
