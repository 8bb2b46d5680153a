"""The logistics API under requests made up from its own document."""

from tests.clock import in_days
from tests.fuzzing import Known, fuzz, operations_of
from tests.logistics.conftest import SRAGEN, Logistics, a_clearance, a_lot
from tests.logistics.test_by_road import sold_at_home

BOOK = "POST /logistics/v1/shipments/{shipment_id}/book"

IN_TURN = {
    "POST /logistics/v1/cartons/reports",
    "POST /logistics/v1/scans",
    "POST /logistics/v1/cartons/gather",
    "POST /logistics/v1/shipments",
    "POST /logistics/v1/shipments/{shipment_id}/documents",
    "POST /logistics/v1/shipments/{shipment_id}/dispatch",
    "POST /logistics/v1/shipments/{shipment_id}/reseal",
    "POST /logistics/v1/shipments/{shipment_id}/milestones",
    "POST /logistics/v1/shipments/{shipment_id}/schedule",
    "POST /logistics/v1/milestones/import",
    "POST /logistics/v1/shipments/{shipment_id}/tracking/renew",
    "POST /logistics/v1/shipments/{shipment_id}/tracking/revoke",
    "POST /logistics/v1/shipments/{shipment_id}/take-out",
    "POST /logistics/v1/shipments/{shipment_id}/split",
    "POST /logistics/v1/shipments/{shipment_id}/merge",
    "POST /logistics/v1/shipments/{shipment_id}/cancel",
    "POST /logistics/v1/shipments/{shipment_id}/notes",
    "GET /logistics/v1/shipments/{shipment_id}/{name}.pdf",
    "GET /logistics/v1/shipments/{shipment_id}/epcis",
    "GET /logistics/v1/shipments/{shipment_id}/documents.zip",
    "POST /logistics/v1/shipments/{shipment_id}/declaration",
    "POST /logistics/v1/shipments/{shipment_id}/declaration/correct",
    "POST /logistics/v1/shipments/{shipment_id}/declaration/cancel",
    "POST /logistics/v1/shipments/{shipment_id}/declaration/report",
    "GET /logistics/v1/shipments/{shipment_id}/documents/{code}/files/{version}",
}
"""What has come before decides about these; a request made up seldom comes at the right moment.

A shipment that was cancelled by one has no papers.
"""


def test_no_request_of_the_staff_breaks_the_service_and_each_answer_is_documented(
    logistics: Logistics,
) -> None:
    app = logistics.client.application
    done = fuzz(app, logistics.staff.key, known=what_is_there(logistics), examples=6)
    assert operations_of(app) - done <= IN_TURN


def test_no_request_of_the_regional_office_breaks_the_service(logistics: Logistics) -> None:
    app = logistics.client.application
    assert fuzz(app, logistics.office.key, known=what_is_there(logistics), examples=2)


def test_no_booking_by_air_breaks_the_service(logistics: Logistics) -> None:
    known = what_is_there(logistics)
    known |= {"equipment": ["AIR"], "port_of_loading": ["IDCGK"], "port_of_discharge": ["BEBRU"], "via": [[]]}
    assert fuzz(logistics.client.application, logistics.staff.key, known=known, examples=20, only=BOOK)


def test_no_booking_by_road_breaks_the_service(logistics: Logistics) -> None:
    known: Known = {
        "shipment_id": [sold_at_home(logistics)["id"]],
        "equipment": ["BOX"],
        "via": [[]],
        "etd": [in_days(8).isoformat()],
        "eta": [in_days(8).isoformat()],
    }
    assert fuzz(logistics.client.application, logistics.staff.key, known=known, examples=20, only=BOOK)


def what_is_there(logistics: Logistics) -> dict[str, list[object]]:
    shipment = logistics.planned()
    logistics.hears(a_clearance(quantity=5_000, transit=("SG",)), a_lot("SRG-2503-002", quantity=4_000))
    cartons = logistics.staff.get("/cartons").json
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    return {
        "shipment_id": [shipment["id"]],
        "sscc": [cartons[-1]["sscc"]],
        "pallet": [pallet],
        "hub": [SRAGEN],
        "lot": ["SRG-2503-002", "SRG-2503-001"],
        "destination": ["BE"],
        "place": ["IDSRG", SRAGEN],
        "quantity": [100],
        "name": ["invoice"],
        "code": ["NIB", "FUM"],
        "version": [1],
        "office": ["060100"],
        "equipment": ["40HC", "LCL"],
        "via": [["SGSIN"]],
        "ssccs": [[cartons[0]["sscc"]]],
        "carrier": ["Feeder line"],
        "vessel": ["MV Example"],
        "voyage": ["025E"],
        "port_of_loading": ["IDSRG"],
        "port_of_discharge": ["BEANR"],
        "etd": [in_days(8).isoformat()],
        "eta": [in_days(44).isoformat()],
    }
