"""The dispatch desk as people meet it: pages first, forms that keep what was typed."""

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from shared.clock import WIB
from shared.events.orders import ClearanceWithdrawn, WithholdingRequested
from shared.web.access import BUYER, KANWIL, LOGISTICS
from tests.clock import in_days, now, today
from tests.conftest import signed_in
from tests.logistics.conftest import CONTAINER, ORDER, SEAL, SRAGEN, Logistics, a_booking, a_clearance, a_lot

CSRF_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A person in front of the desk."""

    def __init__(self, logistics: Logistics, role: str) -> None:
        self.client = signed_in(logistics.client, role)

    def open(self, path: str, *, status: int = 200) -> str:
        page = self.client.get(path)
        assert page.status_code == status, page.text
        return page.text

    def look(self, path: str) -> str:
        """The page as it is shown: without the token that each page has of its own."""
        return CSRF_TOKEN.sub("", self.open(path))

    def submit(self, path: str, **fields: Any) -> Any:
        token = CSRF_TOKEN.search(self.open("/logistics/"))
        assert token is not None
        return self.client.post(path, data={"csrf_token": token[1], **fields})


@pytest.fixture
def visitor(logistics: Logistics) -> Visitor:
    return Visitor(logistics, LOGISTICS)


def test_an_empty_desk_says_what_will_stand_there(visitor: Visitor) -> None:
    page = visitor.open("/logistics/?lang=en")
    assert "No shipment waits to leave" in page
    assert "No good pieces wait" in page
    assert "Tidak ada pengiriman" in visitor.open("/logistics/?lang=id")


def test_who_is_not_signed_in_or_of_another_role_does_not_see_it(logistics: Logistics) -> None:
    assert logistics.client.get("/logistics/").headers["Location"].startswith("/logistics/sign-in")
    Visitor(logistics, BUYER).open("/logistics/", status=403)


def test_from_lot_to_shipment_by_the_buttons_of_the_desk(logistics: Logistics, visitor: Visitor) -> None:
    logistics.hears(a_lot(), a_clearance())
    assert 'value="1000"' in visitor.open("/logistics/")
    assert visitor.submit("/logistics/lots/SRG-2503-001/pack", quantity="1000").status_code == 303
    assert "/logistics/lots/SRG-2503-001/arrived" in visitor.open("/logistics/")
    assert visitor.submit("/logistics/lots/SRG-2503-001/arrived", hub=SRAGEN).status_code == 303
    assert "Build a shipment of 5 cartons" in visitor.open("/logistics/?lang=en")
    built = visitor.submit("/logistics/shipments", hub=SRAGEN, destination="BE")
    assert built.status_code == 303
    page = visitor.open(built.headers["Location"])
    assert "SHP-" in page
    assert "Book room on a vessel." in page


def test_a_refused_form_keeps_what_was_typed(logistics: Logistics, visitor: Visitor) -> None:
    logistics.hears(a_lot())
    refused = visitor.submit("/logistics/lots/SRG-2503-001/pack", quantity="1001")
    assert refused.status_code == 422
    assert 'value="1001"' in refused.text
    assert "1,000 pieces free for packing" in refused.text


def test_a_refusal_is_said_in_the_readers_language_and_says_what_a_form_wants(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.planned()
    visitor.open("/logistics/?lang=id")
    for path, typed, said in (
        ("/logistics/lots/SRG-2503-001/pack", {"quantity": "5"}, "Lot SRG-2503-001 punya 0 buah"),
        ("/logistics/lots/SRG-2503-001/arrived", {"hub": "LPS-XXX"}, "LPS-XXX bukan hub"),
        ("/logistics/scan", {"hub": SRAGEN, "sscc": "095299000000000016"}, "Digit pemeriksa"),
        ("/logistics/shipments", {"hub": SRAGEN, "destination": "BE"}, "Tidak ada barang untuk BE"),
        (f"/logistics/shipment/{shipment['id']}/book", a_booking(vessel=" "), "Isi kolom ini."),
        (
            f"/logistics/shipment/{shipment['id']}/book",
            a_booking(vessel="x" * 101),
            "Isi 1 sampai 100 huruf.",
        ),
        (f"/logistics/shipment/{shipment['id']}/book", a_booking(eta="9999-12-31"), "paling lama setahun"),
        (
            f"/logistics/shipment/{shipment['id']}/dispatch",
            {"container": CONTAINER, "seal": "1"},
            "Kapal untuk SHP-",
        ),
    ):
        refused = visitor.submit(path, **typed)
        assert refused.status_code == 422
        assert said in unescape(refused.text), (
            path,
            re.findall(r'class="[^"]*error"[^>]*>([^<]+)', refused.text),
        )
        assert " autofocus" in refused.text


def test_goods_that_stay_are_explained_in_indonesian(logistics: Logistics, visitor: Visitor) -> None:
    logistics.gathered(a_lot())
    assert "baris 1 dari PO-2025-0001 belum mendapat izin ekspor" in visitor.open("/logistics/?lang=id")
    logistics.hears(a_clearance(expires_on=in_days(-1)))
    refused = visitor.submit("/logistics/shipments", hub=SRAGEN, destination="BE")
    assert "Izin baris 1 dari PO-2025-0001 berakhir" in refused.text


def test_the_address_of_a_refused_form_can_be_opened_again(logistics: Logistics, visitor: Visitor) -> None:
    shipment = f"/logistics/shipment/{logistics.planned()['id']}"
    for form in (
        "/logistics/lots/SRG-2503-001/pack",
        "/logistics/lots/SRG-2503-001/arrived",
        "/logistics/scan",
    ):
        assert visitor.submit(form).status_code == 422
        assert "What leaves next" in visitor.open(form)
    assert "What leaves next" in visitor.open("/logistics/shipments")
    for form in ("book", "documents", "dispatch", "milestones"):
        assert visitor.submit(f"{shipment}/{form}").status_code == 422
        assert visitor.look(f"{shipment}/{form}") == visitor.look(shipment)
    visitor.open(f"{shipment}/nothing", status=404)


@pytest.mark.parametrize("quantity", ["many", "-5", "0", "1.5"])
def test_a_quantity_that_is_none_is_refused(logistics: Logistics, visitor: Visitor, quantity: str) -> None:
    logistics.hears(a_lot())
    assert visitor.submit("/logistics/lots/SRG-2503-001/pack", quantity=quantity).status_code == 422
    assert logistics.told() == []


def test_a_scanned_carton_is_counted_in_and_a_wrong_one_stays_in_the_field(
    logistics: Logistics, visitor: Visitor
) -> None:
    logistics.hears(a_lot())
    carton = logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}).json[0]["sscc"]
    wrong = visitor.submit("/logistics/scan", hub=SRAGEN, sscc="095299000000000016")
    assert wrong.status_code == 422
    assert 'value="095299000000000016"' in wrong.text
    assert visitor.submit("/logistics/scan", hub=SRAGEN, sscc=f"(00){carton}").status_code == 303


def test_the_desk_says_why_goods_stay(logistics: Logistics, visitor: Visitor) -> None:
    logistics.gathered(a_lot())
    page = visitor.open("/logistics/?lang=en")
    assert "line 1 of PO-2025-0001 has no clearance to export" in page
    assert "Build a shipment" not in page
    refused = visitor.submit("/logistics/shipments", hub=SRAGEN, destination="BE")
    assert refused.status_code == 422


def test_a_shipment_goes_its_way_by_the_forms_of_its_page(logistics: Logistics, visitor: Visitor) -> None:
    shipment = logistics.planned()
    path = f"/logistics/shipment/{shipment['id']}"
    assert visitor.submit(f"{path}/book", **a_booking()).status_code == 303
    assert "5 days left" in visitor.open(f"{path}?lang=en")
    assert "overdue since" in visitor.open("/logistics/?lang=en")
    for document in logistics.staff.get(f"/shipments/{shipment['id']}").json["documents"]:
        if document["state"] == "missing":
            paper = {"code": document["code"], "number": "1", "issued_on": today().isoformat()}
            assert visitor.submit(f"{path}/documents", **paper).status_code == 303
    assert "seal the container" in visitor.open(path)
    assert visitor.submit(f"{path}/dispatch", container=CONTAINER, seal=SEAL).status_code == 303
    occurred_at = now().astimezone(WIB).strftime("%Y-%m-%dT%H:%M")
    reported = {"milestone": "PEB_SUBMITTED", "place": "IDSRG", "occurred_at": occurred_at}
    assert visitor.submit(f"{path}/milestones", **reported).status_code == 303
    page = visitor.open(path)
    assert "Semarang (Tanjung Emas)" in page
    assert CONTAINER in page


@pytest.mark.parametrize(
    ("action", "typed", "said"),
    [
        ("book", a_booking(vessel="MV Typed", port_of_discharge="ANTWERP"), "Give a UN/LOCODE"),
        ("book", {"vessel": "MV Typed"}, "Missing data"),
        ("documents", {"code": "FUM", "number": "MV Typed", "issued_on": "2099-01-01"}, "in the future"),
        ("dispatch", {"container": "CSQU3054384", "seal": "MV Typed"}, "no container number"),
    ],
)
def test_what_was_typed_into_a_shipments_form_comes_back_with_what_is_wrong(
    logistics: Logistics, visitor: Visitor, action: str, typed: dict[str, str], said: str
) -> None:
    shipment = logistics.planned()
    if action == "dispatch":
        logistics.change(shipment, "book", a_booking())
    refused = visitor.submit(f"/logistics/shipment/{shipment['id']}/{action}", **typed)
    assert refused.status_code == 422
    assert "MV Typed" in refused.text
    assert 'class="error"' in refused.text
    assert said in refused.text or action == "dispatch"


def test_a_vessel_that_closed_is_called_late(logistics: Logistics, visitor: Visitor) -> None:
    logistics.change(logistics.planned(), "book", a_booking(etd=in_days(1).isoformat()))
    page = visitor.open("/logistics/?lang=en")
    assert 'class="clock late"' in page and "overdue since" in page


def test_a_shipment_is_found_by_its_number_its_container_or_a_carton(
    logistics: Logistics, visitor: Visitor
) -> None:
    shipment = logistics.booked()
    logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    for sought in (shipment["number"], CONTAINER.lower(), "(00)095299000000000015"):
        found = visitor.client.get("/logistics/find", query_string={"q": sought})
        assert found.headers["Location"].endswith(shipment["id"])
    assert "No shipment has" in visitor.open("/logistics/find?q=nothing&lang=en", status=404)


def test_the_papers_can_be_opened_from_the_page(logistics: Logistics, visitor: Visitor) -> None:
    path = f"/logistics/shipment/{logistics.planned()['id']}"
    for name in ("packing-list.pdf", "invoice.pdf", "labels.pdf"):
        assert visitor.client.get(f"{path}/{name}").mimetype == "application/pdf"
    assert visitor.client.get(f"{path}/epcis.json").json["type"] == "EPCISDocument"
    assert visitor.client.get("/logistics/lots/SRG-2503-001/labels.pdf").mimetype == "application/pdf"


def test_the_regional_office_sees_all_and_is_offered_nothing(logistics: Logistics) -> None:
    shipment = logistics.planned()
    office = Visitor(logistics, KANWIL)
    for path in ("/logistics/", f"/logistics/shipment/{shipment['id']}"):
        page = office.open(path)
        assert shipment["number"] in page
        assert 'action="/logistics/shipment' not in page and 'action="/logistics/lots' not in page
    assert office.submit(f"/logistics/shipment/{shipment['id']}/book", **a_booking()).status_code == 403


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_page_is_light(logistics: Logistics, visitor: Visitor, language: str) -> None:
    shipment = logistics.planned()
    page = visitor.open(f"/logistics/shipment/{shipment['id']}?lang={language}")
    assert len(page.encode()) < 150_000


def test_tracking_shows_milestones_and_arrival_and_nothing_else(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    logistics.record(shipment, "PEB_SUBMITTED")
    tracked = logistics.client.get(f"{shipment['tracking_url']}?lang=en")
    assert tracked.status_code == 200
    assert "noindex" in tracked.headers["X-Robots-Tag"]
    assert "Semarang (Tanjung Emas)" in tracked.text
    for secret in (
        shipment["number"],
        shipment["consignee"]["name"],
        "CR-BALL-07",
        "Lapas",
        SRAGEN,
        CONTAINER,
    ):
        assert secret not in tracked.text


def test_a_tracking_address_can_not_be_guessed(logistics: Logistics) -> None:
    shipment = logistics.planned()
    assert len(shipment["tracking_url"]) > len("/logistics/track/") + 30
    assert logistics.client.get("/logistics/track/" + "x" * 32).status_code == 404


def test_withheld_goods_and_a_lost_clearance_stand_on_the_desk(logistics: Logistics) -> None:
    logistics.booked()
    logistics.hears(a_lot("SRG-2503-002", quantity=200))
    (sscc,) = (each["sscc"] for each in logistics.staff.post("/cartons", {"lot": "SRG-2503-002"}).json)
    logistics.hears(
        WithholdingRequested(order_id=ORDER, line=1, cancellation_id=UUID(int=7), quantity=200, unpack=True),
        ClearanceWithdrawn(order_id=ORDER, line=1, purpose="export"),
    )
    page = Visitor(logistics, LOGISTICS).open("/logistics/")
    assert "Withheld: cancelled, not to be shipped" in page
    assert sscc in page
    assert "may not leave" in page
