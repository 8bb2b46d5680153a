"""Air freight: airports, an air waybill with its check digit, what the airline charges for, and its own cut-offs."""

import importlib
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from services.logistics.domain.load import Load
from services.logistics.domain.milestones import LOADED
from services.logistics.domain.modes import AIR
from services.logistics.domain.waybill import check_waybill
from shared import reference
from shared.refusal import Refused
from shared.web.access import LOGISTICS
from tests.clock import in_days
from tests.logistics.builders import a_graph
from tests.logistics.conftest import Logistics, a_booking, a_clearance, a_paper
from tests.logistics.test_correcting import at, report
from tests.logistics.test_desk import Visitor
from tests.logistics.test_importing import send

WAYBILL = "126-12345675"


def a_flight(**changes: Any) -> dict[str, Any]:
    flight = {
        "carrier": "Garuda Cargo",
        "vessel": "Garuda Indonesia",
        "voyage": "GA 88",
        "port_of_loading": "IDCGK",
        "port_of_discharge": "NLAMS",
        "equipment": "AIR",
        "etd": in_days(6).isoformat(),
        "eta": in_days(6).isoformat(),
    }
    return flight | changes


def booked(logistics: Logistics) -> dict[str, Any]:
    """A flight, with all papers but the air waybill."""
    shipment = logistics.planned()
    logistics.hears(a_clearance(transit=("NL",)))
    answer = logistics.change(shipment, "book", a_flight())
    assert answer.status_code == 200, answer.text
    for document in answer.json["documents"]:
        if document["state"] == "missing" and document["code"] != "AWB":
            assert logistics.change(shipment, "documents", a_paper(document["code"])).status_code == 200
    shown: dict[str, Any] = logistics.staff.get(f"/shipments/{shipment['id']}").json
    return shown


def test_goods_fly_under_an_air_waybill_from_airport_to_airport(logistics: Logistics) -> None:
    shipment = booked(logistics)
    assert (shipment["mode"], shipment["closes_on"], shipment["missing"]) == ("air", shipment["etd"], [])
    papers = {each["code"] for each in shipment["documents"]}
    assert "AWB" in papers and not papers & {"BL", "VGM", "SI-BKG", "PKBE"}
    assert [(each["code"], each["hours"]) for each in shipment["cut_offs"]][-2:] == [
        ("TO_AIRPORT", None),
        ("CARGO_CLOSING", 6),
    ]
    assert shipment["cut_offs"][-1]["on"] == shipment["etd"]
    for wrong, said in (("126-12345674", "must end in 5"), ("CSQU3054383", "no number of an air waybill")):
        refused = logistics.change(shipment, "dispatch", {"container": wrong})
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "container")
        assert said in refused.text
    left = logistics.change(shipment, "dispatch", {"container": "126 1234 5675"}).json
    assert (left["container"], left["seal"], left["state"]) == (WAYBILL, None, "stuffed_sealed")
    other = a_paper("AWB") | {"number": "126-12345686"}
    assert "record that one" in logistics.change(shipment, "documents", other).text
    assert logistics.change(shipment, "documents", a_paper("AWB")).json["errors"][0]["field"] == "number"
    assert logistics.change(shipment, "documents", a_paper("AWB") | {"number": WAYBILL}).status_code == 200
    for milestone, place in (
        ("PEB_SUBMITTED", "IDCGK"),
        ("NPE_ISSUED", "IDCGK"),
        ("GATE_IN", "IDCGK"),
        ("VESSEL_DEPARTED", "IDCGK"),
        ("DISCHARGED", "NLAMS"),
        ("IMPORT_CLEARED", "NLAMS"),
        ("DELIVERED", "BEANR"),
    ):
        answer = logistics.record(shipment, milestone, place)
        assert answer.status_code == 200, answer.text
    assert answer.json["state"] == "delivered"
    told = dict(logistics.told())
    assert (told["shipment_dispatched"]["container"], told["shipment_dispatched"]["seal"]) == (WAYBILL, "")
    found = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json["epcisBody"]["eventList"]
    assert "urn:epc:id:bic" not in str(found)


def test_trouble_of_a_flight_is_over_with_what_ends_it_by_air(logistics: Logistics) -> None:
    shipment, visitor = booked(logistics), Visitor(logistics, LOGISTICS)
    path = f"/logistics/shipment/{shipment['id']}?lang=en"
    assert report(logistics, shipment, place="IDCGK", edifact="7").json["overlays"] == ["BOOKING_CANCELLED"]
    assert logistics.change(shipment, "book", a_flight(voyage="GA 90")).json["overlays"] == []
    assert report(logistics, shipment, place="IDCGK", edifact="7").json["overlays"] == ["BOOKING_CANCELLED"]
    logistics.change(shipment, "dispatch", {"container": WAYBILL})
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN"):
        assert logistics.record(shipment, milestone, "IDCGK").status_code == 200
    left_behind = report(logistics, shipment, place="IDCGK", edifact="57").json["overlays"]
    assert left_behind == ["NOT_LOADED", "BOOKING_CANCELLED"]
    assert 'value="NOT_LOADED"' not in visitor.open(path)
    assert logistics.record(shipment, "VESSEL_DEPARTED", "IDCGK").json["overlays"] == []


def test_a_flight_has_no_milestone_of_its_loading(logistics: Logistics) -> None:
    shipment = booked(logistics)
    logistics.change(shipment, "dispatch", {"container": WAYBILL})
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "VESSEL_DEPARTED"):
        assert logistics.record(shipment, milestone, "IDCGK").status_code == 200
    loaded = report(logistics, shipment, place="IDCGK", edifact="48")
    assert loaded.status_code == 422
    assert loaded.json["detail"].startswith("There is no milestone LOADED;"), loaded.text


def as_it_was_before(logistics: Logistics, statement: str) -> None:
    """What was kept when air freight was booked like sea freight."""
    with logistics.database.transaction() as session:
        session.execute(text(statement))


def test_air_freight_that_was_booked_between_seaports_goes_on_as_it_was_booked(logistics: Logistics) -> None:
    shipment = booked(logistics)
    as_it_was_before(logistics, "UPDATE shipment SET port_of_loading = 'IDSRG', port_of_discharge = 'BEANR'")
    plain = WAYBILL.replace("-", "")
    assert logistics.change(shipment, "documents", a_paper("AWB") | {"number": plain}).status_code == 200
    as_it_was_before(logistics, f"UPDATE shipment_document SET number = '{plain}' WHERE code = 'AWB'")
    assert logistics.change(shipment, "dispatch", {"container": WAYBILL}).status_code == 200
    for milestone in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "VESSEL_DEPARTED"):
        assert logistics.record(shipment, milestone, "IDSRG").status_code == 200
    assert logistics.record(shipment, "DISCHARGED", "BEANR").status_code == 200


def test_air_freight_that_left_in_a_truck_gets_its_waybill_later(logistics: Logistics) -> None:
    shipment = booked(logistics)
    logistics.change(shipment, "dispatch", {"container": WAYBILL, "seal": "ID000123"})
    as_it_was_before(logistics, "UPDATE shipment SET container = 'H 1234 XY'")
    assert logistics.change(shipment, "documents", a_paper("AWB") | {"number": WAYBILL}).status_code == 200


def test_papers_that_waited_for_the_loading_of_air_freight_wait_for_its_departure(
    logistics: Logistics,
) -> None:
    migration = importlib.import_module(
        "services.logistics.migrations.logistics_0037_goods_travel_by_sea_air_and_road"
    )
    shipment = booked(logistics)

    def blocked() -> dict[str, list[str]]:
        shown = logistics.staff.get(f"/shipments/{shipment['id']}").json
        return {each["code"]: each["blocks"] for each in shown["documents"]}

    now = blocked()
    assert now["ENS"] == ["VESSEL_DEPARTED"]
    as_it_was_before(logistics, """UPDATE shipment_document SET blocks = '["LOADED"]' WHERE code = 'ENS'""")
    as_it_was_before(logistics, migration.NOT_LOADED_BY_AIR)
    assert blocked() == now


def test_air_freight_that_left_without_a_seal_is_not_sealed_anew(logistics: Logistics) -> None:
    shipment = booked(logistics)
    logistics.change(shipment, "dispatch", {"container": WAYBILL})
    (opened, *_) = logistics.staff.get("/cartons", shipment=shipment["id"]).json
    body = {"seal": "ID000124", "reason": "Customs opened one carton.", "ssccs": [opened["sscc"]]}
    refused = logistics.change(shipment, "reseal", body)
    assert refused.status_code == 422
    assert "left without a seal of ours" in refused.json["detail"]


@pytest.mark.parametrize("written", [WAYBILL, "126 1234 5675", "12612345675"])
def test_the_desk_and_a_carriers_table_find_it_by_its_waybill_however_it_is_written(
    logistics: Logistics, written: str
) -> None:
    shipment = booked(logistics)
    logistics.change(shipment, "dispatch", {"container": WAYBILL})
    page = Visitor(logistics, LOGISTICS).client.get("/logistics/find", query_string={"q": written})
    assert page.headers["Location"].endswith(shipment["id"])
    (row,) = send(logistics, logistics.staff, f"{written};PEB_SUBMITTED;;IDCGK;{at(0)}").json
    assert row["outcome"] == "recorded", row


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"port_of_loading": "IDTPP"}, "port_of_loading", "IDTPP is no airport we know"),
        ({"port_of_discharge": "BEANR"}, "port_of_discharge", "BEANR is no airport we know"),
        ({"via": ["NLRTM"]}, "via", "NLRTM is no airport we know"),
        ({"equipment": "40HC"}, "port_of_loading", "IDCGK is no seaport we know"),
        ({"eta": in_days(5).isoformat()}, "eta", "Give an arrival from"),
        ({"voyage": None}, "voyage", "Missing data for required field."),
    ],
)
def test_a_flight_is_between_airports_and_lands_on_its_day_at_the_soonest(
    logistics: Logistics, changes: dict[str, Any], field: str, said: str
) -> None:
    shipment = logistics.planned()
    logistics.hears(a_clearance(transit=("NL",)))
    body = {name: value for name, value in a_flight(**changes).items() if value is not None}
    refused = logistics.change(shipment, "book", body)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field), refused.text
    assert said in refused.text


def test_a_vessel_does_not_call_at_an_airport(logistics: Logistics) -> None:
    refused = logistics.change(logistics.planned(), "book", a_booking(port_of_discharge="BEBRU"))
    assert "BEBRU is no seaport we know" in refused.text


def test_the_page_books_and_dispatches_a_flight_and_tells_what_is_charged(logistics: Logistics) -> None:
    shipment, visitor = logistics.planned(), Visitor(logistics, LOGISTICS)
    logistics.hears(a_clearance(transit=("NL",)))
    path = f"/logistics/shipment/{shipment['id']}"
    assert visitor.submit(f"{path}/book", **a_flight()).status_code == 303
    page = visitor.open(f"{path}?lang=en")
    assert "Garuda Indonesia GA 88" in page and "6 hours before it departs" in page
    charged = logistics.staff.get(f"/shipments/{shipment['id']}").json["fill"]["chargeable_kg"]
    ball = next(each for each in reference.catalogue() if each.sku == "CR-BALL-07")
    mm3 = ball.carton_length_mm * ball.carton_width_mm * ball.carton_height_mm
    kg = mm3 * (1_000 // ball.pieces_per_carton) / 1_000 / 6_000
    assert charged == f"{kg:.1f}" and f"charged as {kg:g} kg" in page
    for document in logistics.staff.get(f"/shipments/{shipment['id']}").json["documents"]:
        if document["state"] == "missing" and document["code"] != "AWB":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    assert "Dispatch the goods" in visitor.open(path)
    wrong = visitor.submit(f"{path}/dispatch", container="126-12345670")
    assert (wrong.status_code, "must end in 5" in wrong.text) == (422, True)
    assert visitor.submit(f"{path}/dispatch", container=WAYBILL).status_code == 303
    page = visitor.open(path)
    assert WAYBILL in page and "Gate in at the port or airport" in page and "Loaded on the vessel" not in page


@pytest.mark.parametrize("number", ["126-12345675", "12612345675", " 126 1234 5675 "])
def test_a_waybill_is_read_however_it_is_written(number: str) -> None:
    assert check_waybill(number) == WAYBILL


@pytest.mark.parametrize(
    "number", ["126-1234567", "126-123456755", "126-12345676", "l26-12345675", "126-1234567５", ""]
)
def test_a_number_that_is_no_waybill_is_refused(number: str) -> None:
    with pytest.raises(Refused):
        check_waybill(number)


@pytest.mark.parametrize(
    ("litres", "kg", "charged"), [(600, 80, "100.0"), (600, 120, "120.0"), (601, 80, "100.5"), (6, 1, "1.0")]
)
def test_an_airline_charges_for_the_weight_or_that_of_the_volume(litres: int, kg: int, charged: str) -> None:
    load = Load(mm3=litres * 1_000_000, grams=kg * 1_000)
    assert AIR.cm3_per_kg and load.chargeable_kg(AIR.cm3_per_kg) == Decimal(charged)


def test_what_waits_for_the_loading_of_a_vessel_waits_for_the_flight() -> None:
    way = AIR.way(a_graph())
    assert LOADED not in way and way["VESSEL_DEPARTED"].after == ("GATE_IN",)
    assert AIR.instead((LOADED,), a_graph()) == ("VESSEL_DEPARTED",)


def test_each_country_with_a_port_has_an_airport() -> None:
    by_mode = {
        mode: {each.country for each in reference.ports() if mode in each.modes} for mode in ("sea", "air")
    }
    assert by_mode["sea"] <= by_mode["air"]
    assert all(each.iata for each in reference.ports() if "air" in each.modes)
