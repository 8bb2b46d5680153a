"""Goods that stay in Indonesia: a truck brings them from the hub to the consignee, and no paper of an export is asked for."""

import importlib
import re
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from services.logistics.domain.milestones import graph_of
from services.logistics.domain.modes import AIR, MODES, ROAD, WHOLE, Mode, unit_number
from shared import reference
from shared.events.orders import ClearanceWithdrawn, PaymentStatusChanged
from shared.web.access import LOGISTICS
from tests.clock import in_days, today
from tests.logistics.builders import a_graph, the_graph
from tests.logistics.conftest import (
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_declaration,
    a_lot,
    a_placed_line,
    an_order,
)
from tests.logistics.test_correcting import at, report
from tests.logistics.test_desk import Visitor
from tests.logistics.test_epcis import errors
from tests.logistics.test_importing import send

HOME = UUID(int=77)
TRUCK = {"container": "H 1234 AB", "seal": "ID000123"}
BY_ROAD = {"carrier": "Haulier Semarang", "etd": today().isoformat(), "eta": today().isoformat()}
NOT_AT_HOME = {"PEB", "NPE", "PEB-BL", "VGM", "BL", "SI-BKG", "PKBE", "FUM", "V-LEGAL", "COO", "PC", "NIB"}


def sold_at_home(logistics: Logistics, **terms: Any) -> dict[str, Any]:
    """A shipment of 1,000 pieces that an order wants in Indonesia, not booked yet."""
    line = a_placed_line(country="ID", consignee="Toko Sukoharjo")
    logistics.hears(
        an_order(
            order_id=HOME,
            po_number="PO-HOME",
            incoterm="DAP",
            named_place="Sukoharjo",
            lines=(line,),
            **terms,
        ),
        *(
            a_clearance(order_id=HOME, purpose=purpose, destination="ID", policies=("DP-ID-1.v1",))
            for purpose in ("produce", "export")
        ),
    )
    logistics.gathered(a_lot(order_id=HOME))
    answer = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "ID"})
    assert answer.status_code == 201, answer.text
    shipment: dict[str, Any] = answer.json
    return shipment


def test_a_truck_brings_goods_from_the_hub_to_a_consignee_in_indonesia(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    assert (shipment["mode"], shipment["fill"]["equipment"]) == ("road", "BOX")
    booked = logistics.change(shipment, "book", BY_ROAD).json
    assert (booked["equipment"], booked["closes_on"], booked["missing"]) == ("BOX", BY_ROAD["etd"], [])
    papers = {each["code"]: each["state"] for each in booked["documents"]}
    assert (papers["SJ"], papers["CI"], papers["PL"]) == ("present", "present", "present")
    assert papers.keys().isdisjoint(NOT_AT_HOME)
    assert [(each["code"], each["hours"], each["met"]) for each in booked["cut_offs"]] == [
        ("PACKING", None, True),
        ("PICK_UP", 2, False),
    ]
    gone = logistics.change(shipment, "dispatch", TRUCK)
    assert (gone.json["state"], gone.json["next_milestones"]) == ("stuffed_sealed", ["VESSEL_DEPARTED"])
    assert logistics.record(shipment, "PEB_SUBMITTED", SRAGEN).status_code == 422
    assert logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN).status_code == 200
    delivered = logistics.record(shipment, "DELIVERED", "IDSOC")
    assert (delivered.json["state"], delivered.json["next_milestones"]) == ("delivered", ["CLOSED"])
    told = dict(logistics.told())
    assert (told["shipment_booked"]["equipment"], told["shipment_booked"]["port_of_discharge"]) == ("BOX", "")
    assert told["shipment_departed"]["lines"] == told["shipment_delivered"]["lines"]


def test_what_is_paid_before_documents_leaves_by_no_truck_until_it_is_paid(logistics: Logistics) -> None:
    shipment, said = (
        sold_at_home(logistics, payment_terms="before_documents"),
        "SJ waits for the payment of PO-HOME",
    )
    logistics.change(shipment, "book", BY_ROAD)
    path, visitor = f"/logistics/shipment/{shipment['id']}?lang=en", Visitor(logistics, LOGISTICS)
    refused = logistics.change(shipment, "dispatch", TRUCK)
    assert (refused.status_code, said in refused.text, said in visitor.open(path)) == (422, True, True)
    paid = Decimal("550.00")
    logistics.hears(
        PaymentStatusChanged(order_id=HOME, status="settled", due=paid, paid=paid, currency="USD")
    )
    assert said not in visitor.open(path)
    assert logistics.change(shipment, "dispatch", TRUCK).status_code == 200


def test_what_is_not_cleared_leaves_by_no_truck(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    withdrawn = ClearanceWithdrawn(order_id=HOME, line=1, purpose="export")
    logistics.hears(withdrawn)
    refused = logistics.change(shipment, "dispatch", TRUCK)
    assert (refused.status_code, "no clearance to export" in refused.text) == (422, True)
    logistics.hears(a_clearance(order_id=HOME, destination="ID"))
    assert logistics.change(shipment, "dispatch", TRUCK).status_code == 200
    logistics.hears(withdrawn)
    refused = logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN)
    assert (refused.status_code, "no clearance to export" in refused.text) == (422, True)
    logistics.hears(a_clearance(order_id=HOME, destination="ID"))
    assert logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN).status_code == 200
    assert logistics.change(shipment, "cancel", {"reason": "Too late for that."}).status_code == 422


@pytest.mark.parametrize("kept", ["H 1234 AB", "h1234ab", "H-1234-AB"])
@pytest.mark.parametrize("written", ["H 1234 AB", "h1234ab", "H  1234 AB", "H-1234-AB"])
def test_the_desk_and_a_carriers_table_find_it_by_the_plate_of_its_truck_however_it_is_written(
    logistics: Logistics, kept: str, written: str
) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    logistics.change(shipment, "dispatch", TRUCK | {"container": kept})
    page = Visitor(logistics, LOGISTICS).client.get("/logistics/find", query_string={"q": written})
    assert page.headers.get("Location", "").endswith(shipment["id"])
    (row,) = send(logistics, logistics.staff, f"{written};VESSEL_DEPARTED;;{SRAGEN};{at(0)}").json
    assert row["outcome"] == "recorded", row


@pytest.mark.parametrize(
    ("destination", "booking", "field", "said"),
    [
        ("ID", a_booking(equipment="40HC"), "equipment", "Goods for Indonesia are no export"),
        ("ID", a_booking(), "port_of_loading", "name no ports"),
        ("ID", BY_ROAD | {"eta": in_days(-1).isoformat()}, "eta", "Give an arrival from"),
        ("ID", BY_ROAD | {"equipment": "SHIP"}, "equipment", "give one of BOX, WING, LTL"),
        ("BE", BY_ROAD | {"equipment": "BOX"}, "equipment", "in Indonesia only"),
        ("BE", a_booking(equipment="BOX"), "equipment", "in Indonesia only"),
        ("ID", a_booking(equipment="AIR", port_of_discharge="IDCGK"), "equipment", "are no export"),
        ("BE", a_booking(eta=a_booking()["etd"]), "eta", "Give an arrival from"),
        ("BE", BY_ROAD, "vessel", "Missing data for required field."),
    ],
)
def test_goods_travel_by_what_their_destination_asks_for(
    logistics: Logistics, destination: str, booking: dict[str, Any], field: str, said: str
) -> None:
    shipment = sold_at_home(logistics) if destination == "ID" else logistics.planned()
    refused = logistics.change(shipment, "book", booking)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert said in refused.text


def test_no_export_is_declared_for_goods_that_stay(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    refused = logistics.change(shipment, "declaration", a_declaration())
    assert (refused.status_code, "needs no document PEB" in refused.text) == (422, True)


def test_its_papers_its_page_and_its_tracking_speak_of_a_truck(logistics: Logistics) -> None:
    shipment, visitor = sold_at_home(logistics), Visitor(logistics, LOGISTICS)
    path = f"/logistics/shipment/{shipment['id']}"
    page = visitor.open(f"{path}?lang=en")
    assert "Book a truck" in page and 'name="port_of_loading"' not in page and "peb-data.pdf" not in page
    assert "Book a truck." in visitor.open("/logistics/?lang=en")
    assert visitor.submit(f"{path}/book", **BY_ROAD, equipment="LTL").status_code == 303
    assert f"{BY_ROAD['carrier']}, leaves" in visitor.open("/logistics/?lang=en")
    assert "Dispatch the truck" in visitor.open(path) and "2 hours before it departs" in visitor.open(path)
    assert visitor.submit(f"{path}/dispatch", **TRUCK).status_code == 303
    assert logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN).status_code == 200
    page = visitor.open(path)
    assert "H 1234 AB" in page and "Haulier Semarang" in page and "IMPORT_CLEARED" not in page
    assert f'<td data-label="Carried by">{BY_ROAD["carrier"]}</td>' in visitor.open("/logistics/?lang=en")
    note = logistics.staff.get(f"/shipments/{shipment['id']}/delivery-note.pdf").data
    text = "".join(each.extract_text() for each in PdfReader(BytesIO(note)).pages)
    assert "Toko Sukoharjo" in text and "H 1234 AB" in text
    invoice = logistics.staff.get(f"/shipments/{shipment['id']}/invoice.pdf").data
    text = "".join(each.extract_text() for each in PdfReader(BytesIO(invoice)).pages)
    assert "Seller" in text and "Haulier Semarang" in text and "Port of loading" not in text
    assert logistics.staff.get(f"/shipments/{shipment['id']}/peb-data.pdf").status_code == 404
    dossier = ZipFile(BytesIO(logistics.staff.get(f"/shipments/{shipment['id']}/documents.zip").data))
    assert "made/delivery-note.pdf" in dossier.namelist() and "made/peb-data.pdf" not in dossier.namelist()
    tracked = logistics.client.get(f"{shipment['tracking_url']}?lang=en").text
    assert "Departed" in tracked and "Cleared for import" not in tracked


def test_no_paper_of_an_export_can_be_handed_in_for_goods_that_stay(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{shipment['id']}?lang=en")
    (unasked,) = re.findall(r'<optgroup label="Nobody asks for these">(.*?)</optgroup>', page, re.DOTALL)
    assert re.findall(r'<option value="([^"]+)"', unasked) == ["INS"]


def test_epcis_tells_its_way_carton_by_carton(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    logistics.change(shipment, "dispatch", TRUCK)
    logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN)
    logistics.record(shipment, "DELIVERED", "IDSOC")
    document = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    assert errors(document) == []
    events = document["epcisBody"]["eventList"]
    told = {each["kendi:milestone"]: each for each in events if "kendi:milestone" in each}
    assert list(told) == ["STUFFED_SEALED", "DISPATCHED", "VESSEL_DEPARTED", "DELIVERED"]
    assert all(len(each["epcList"]) == 5 for each in told.values())
    assert told["DELIVERED"]["readPoint"]["id"].endswith("#IDSOC")


def test_trouble_of_a_truck_is_over_with_what_ends_it_by_road(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    assert report(logistics, shipment, edifact="7").json["overlays"] == ["BOOKING_CANCELLED"]
    logistics.change(shipment, "dispatch", TRUCK)
    assert logistics.record(shipment, "VESSEL_DEPARTED", SRAGEN).json["overlays"] == []
    assert report(logistics, shipment, edifact="101").json["overlays"] == ["TRANSIT_DELAYED"]
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{shipment['id']}?lang=en")
    assert 'value="TRANSIT_DELAYED"' not in page
    assert logistics.record(shipment, "DELIVERED", "IDSOC").json["overlays"] == []


def test_a_mode_without_a_milestone_lets_what_waited_for_it_wait_for_the_next() -> None:
    graph = a_graph()
    assert WHOLE.way(graph) is graph
    way = ROAD.way(graph)
    assert {code: each.after for code, each in way.items()} == {
        "STUFFED_SEALED": (),
        "VESSEL_DEPARTED": ("STUFFED_SEALED",),
        "DELIVERED": ("VESSEL_DEPARTED",),
    }
    assert ROAD.instead(("PEB_SUBMITTED", "STUFFED_SEALED"), graph) == ("VESSEL_DEPARTED", "STUFFED_SEALED")


@pytest.mark.parametrize(
    ("mode", "trouble", "ended_by", "bars"),
    [
        (AIR, "NOT_LOADED", ("VESSEL_DEPARTED",), ()),
        (AIR, "BOOKING_CANCELLED", ("BOOKED_ANEW", "VESSEL_DEPARTED"), ()),
        (AIR, "QUARANTINE_HOLD", ("QUARANTINE_RELEASED",), ("VESSEL_DEPARTED",)),
        (AIR, "OUT_OF_PORT", (), ("VESSEL_DEPARTED",)),
        (AIR, "TRANSIT_DELAYED", ("DISCHARGED",), ()),
        (ROAD, "BOOKING_CANCELLED", ("BOOKED_ANEW", "VESSEL_DEPARTED"), ()),
        (ROAD, "DEPARTURE_DELAYED", ("VESSEL_DEPARTED",), ()),
        (ROAD, "TRANSIT_DELAYED", ("DELIVERED",), ()),
        (ROAD, "RETURNED", (), ("DELIVERED",)),
    ],
)
def test_trouble_ends_with_and_bars_what_stands_in_place_of_what_a_mode_skips(
    mode: Mode, trouble: str, ended_by: tuple[str, ...], bars: tuple[str, ...]
) -> None:
    found = mode.way(the_graph())[trouble]
    assert (found.ended_by, found.bars) == (ended_by, bars)


def test_each_mode_has_equipment_cut_offs_and_a_way_that_is_whole() -> None:
    shipping = reference.shipping()
    assert set(MODES) == {row.mode for row in shipping.equipment}
    graph = the_graph()
    for mode in MODES.values():
        assert mode.skips <= graph.keys()
        assert any(mode.code in row.modes for row in shipping.cut_offs)
        way = mode.way(graph)
        named = [code for each in way.values() for code in (*each.after, *each.ended_by, *each.bars)]
        assert set(named) <= graph_of(way.values()).keys()


def test_a_container_that_is_mistyped_is_no_truck(logistics: Logistics) -> None:
    shipment = sold_at_home(logistics)
    assert logistics.change(shipment, "book", BY_ROAD).status_code == 200
    refused = logistics.change(shipment, "dispatch", TRUCK | {"container": "CSQU 3054384"})
    assert refused.status_code == 422
    assert "is not a container number" in refused.json["detail"]


NUMBERS = {
    "h-1234-ab": "H 1234 AB",
    "AD 5 x": "AD 5 X",
    "b123": "B 123",
    "csqu 305438-3": "CSQU3054383",
    "12612345675": "126-12345675",
    " shp-2025-0001 ": "SHP-2025-0001",
    "lorry 7": "LORRY7",
}


@pytest.mark.parametrize(("typed", "written"), NUMBERS.items())
def test_the_number_of_a_unit_is_written_one_way(typed: str, written: str) -> None:
    assert unit_number(typed) == written == unit_number(written)


@pytest.mark.parametrize("kept", ["H-1234-AB", "AD 5  X", "B123", "LORRY 7", "CSQU3054383"])
def test_what_was_kept_as_it_was_typed_is_written_that_way_too(logistics: Logistics, kept: str) -> None:
    migration = importlib.import_module(
        "services.logistics.migrations.logistics_0038_units_are_written_one_way"
    )
    shipment = sold_at_home(logistics)
    logistics.change(shipment, "book", BY_ROAD)
    logistics.change(shipment, "dispatch", TRUCK)
    with logistics.database.transaction() as session:
        session.execute(text("UPDATE shipment SET container = :kept"), {"kept": kept})
        session.execute(text(migration.WRITTEN_ONE_WAY))
    now = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert now["container"] == unit_number(kept)
