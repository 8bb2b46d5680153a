"""The logistics API as the staff's systems meet it."""

import re
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from services.logistics.domain.sscc import check
from services.logistics.making import NAMES
from services.logistics.storage import clearance
from shared.reference import Facility, facilities
from tests.clock import in_days, now
from tests.logistics.conftest import (
    CONTAINER,
    ORDER,
    SEAL,
    SEMARANG,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_declaration,
    a_facility,
    a_lot,
    a_paper,
    a_placed_line,
    an_order,
)
from tests.logistics.test_epcis import errors

WAY = (
    ("PEB_SUBMITTED", "IDSRG"),
    ("NPE_ISSUED", "IDSRG"),
    ("GATE_IN", "IDSRG"),
    ("LOADED", "IDSRG"),
    ("VESSEL_DEPARTED", "IDSRG"),
    ("TRANSSHIPPED", "SGSIN"),
    ("DISCHARGED", "BEANR"),
    ("IMPORT_CLEARED", "BEANR"),
    ("DELIVERED", "BEBRU"),
)
LINES = [{"order_id": str(ORDER), "line": 1, "lot": "SRG-2503-001", "quantity": 1_000}]


def fields_of(answer: Any) -> list[str]:
    return [error["field"] for error in answer.json["errors"]]


# Packing ----------------------------------------------------------------------------------------


def test_a_lot_is_packed_into_cartons_that_add_up(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=450))
    assert [lot["free"] for lot in logistics.staff.get("/lots").json] == [450]
    packed = logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    assert packed.status_code == 201
    assert [carton["pieces"] for carton in packed.json] == [200, 200, 50]
    assert {check(carton["sscc"]) for carton in packed.json} == {carton["sscc"] for carton in packed.json}
    assert logistics.staff.get("/lots").json == []
    assert logistics.staff.get("/cartons", lot="SRG-2503-001").json == packed.json
    ((name, data),) = logistics.told()
    assert (name, data["quantity"], len(data["ssccs"])) == ("cartons_packed", 450, 3)


def test_a_part_of_a_lot_may_be_packed_and_never_more_than_is_free(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=450))
    assert logistics.staff.post("/cartons", {"lot": "SRG-2503-001", "quantity": 250}).status_code == 201
    refused = logistics.staff.post("/cartons", {"lot": "SRG-2503-001", "quantity": 201})
    assert (refused.status_code, fields_of(refused)) == (422, ["quantity"])
    assert "200 pieces free" in refused.json["detail"]


def test_two_people_who_pack_one_lot_at_once_pack_it_once(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=1_000))
    with ThreadPoolExecutor(2) as pool:
        keys = ("one", "two")
        answers = pool.map(
            lambda key: logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}, idempotency_key=key), keys
        )
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert sum(carton["pieces"] for carton in logistics.staff.get("/cartons").json) == 1_000


def test_the_same_request_again_gets_the_first_answer_and_packs_once(logistics: Logistics) -> None:
    logistics.hears(a_lot())
    first = logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}, idempotency_key="k")
    again = logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}, idempotency_key="k")
    assert (again.status_code, again.data) == (201, first.data)
    assert len(logistics.told()) == 1


def test_a_carton_number_is_never_used_again(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=400))
    first = logistics.staff.post("/cartons", {"lot": "SRG-2503-001", "quantity": 200}).json
    with logistics.database.transaction() as session:
        session.execute(text("DELETE FROM carton"))
    second = logistics.staff.post("/cartons", {"lot": "SRG-2503-001", "quantity": 200}).json
    assert second[0]["sscc"] > first[0]["sscc"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lot": "NO-SUCH-LOT"}, "lot"),
        ({"lot": "SRG-2503-001", "quantity": 0}, "quantity"),
        ({"lot": "SRG-2503-001", "quantity": "200"}, "quantity"),
        ({"lot": "SRG-2503-001", "quantity": 1.5}, "quantity"),
        ({"quantity": 200}, "lot"),
        ({"lot": "SRG-2503-001", "pieces": 200}, "pieces"),
    ],
)
def test_a_wrong_packing_names_its_field(logistics: Logistics, body: dict[str, Any], field: str) -> None:
    logistics.hears(a_lot())
    refused = logistics.staff.post("/cartons", body)
    assert (refused.status_code, fields_of(refused)) == (422, [field])


def test_cartons_are_counted_in_by_lot_or_by_scan_and_twice_changes_nothing(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=450))
    cartons = logistics.staff.post("/cartons", {"lot": "SRG-2503-001"}).json
    scanned = {"hub": SEMARANG, "ssccs": [f"(00){cartons[0]['sscc']}"]}
    assert [
        (row["cartons"], row["quantity"]) for row in logistics.staff.post("/cartons/gather", scanned).json
    ] == [(1, 200)]
    assert logistics.staff.post("/cartons/gather", scanned).json == []
    rest = logistics.staff.post("/cartons/gather", {"hub": SEMARANG, "lot": "SRG-2503-001"})
    assert [(row["cartons"], row["quantity"]) for row in rest.json] == [(2, 250)]
    assert {carton["state"] for carton in logistics.staff.get("/cartons", hub=SEMARANG).json} == {"at_hub"}
    assert [name for name, _ in logistics.told()] == [
        "cartons_packed",
        "cartons_gathered",
        "cartons_gathered",
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hub": "LPS-PWD", "lot": "SRG-2503-001"}, "hub"),
        ({"hub": SRAGEN, "lot": "NO-SUCH-LOT"}, "lot"),
        ({"hub": SRAGEN, "ssccs": ["095299000000000992"]}, "ssccs"),
        ({"hub": SRAGEN, "ssccs": ["095299000000000016"]}, "sscc"),
        ({"hub": SRAGEN}, "lot"),
        ({"hub": SRAGEN, "lot": "SRG-2503-001", "ssccs": ["095299000000000015"]}, "lot"),
    ],
)
def test_a_wrong_arrival_names_its_field(logistics: Logistics, body: dict[str, Any], field: str) -> None:
    logistics.hears(a_lot())
    refused = logistics.staff.post("/cartons/gather", body)
    assert (refused.status_code, fields_of(refused)) == (422, [field])


def test_lists_come_page_by_page(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=1_000))
    logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    first = logistics.staff.get("/cartons", limit=3)
    assert len(first.json) == 3
    following = first.headers["Link"].split(">")[0].removeprefix("</logistics/v1")
    second = logistics.staff.get(following)
    assert len(second.json) == 2
    assert "Link" not in second.headers
    assert len({carton["sscc"] for carton in first.json + second.json}) == 5


def test_a_cursor_that_is_not_ours_is_refused_by_name(logistics: Logistics) -> None:
    refused = logistics.staff.get("/shipments", after="YWJj")
    assert (refused.status_code, fields_of(refused)) == (422, ["after"])


# Shipments --------------------------------------------------------------------------------------


def test_without_a_clearance_nothing_leaves_and_the_line_is_named(logistics: Logistics) -> None:
    logistics.gathered(a_lot())
    refused = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert refused.status_code == 422
    assert "line 1 of PO-2025-0001 has no clearance to export" in refused.json["detail"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_on": in_days(-1)}, "expired"),
        ({"quantity": 999}, "cleared for 999 pieces"),
        ({"purpose": "produce"}, "no clearance to export"),
        ({"destination": "FR"}, "cleared for FR"),
        ({"lane": "free"}, "free lane"),
    ],
)
def test_a_clearance_that_does_not_cover_the_goods_is_none(
    logistics: Logistics, changes: dict[str, Any], reason: str
) -> None:
    logistics.hears(a_clearance(**changes))
    logistics.gathered(a_lot())
    refused = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert refused.status_code == 422
    assert reason in refused.json["detail"]


def test_what_is_cleared_leaves_and_what_is_not_is_left_behind_with_the_reason(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    other = a_lot("SRG-2503-002", line=2, sku="CW-BALL-09", quantity=150)
    logistics.gathered(a_lot(), other)
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert planned.status_code == 201
    assert planned.json["lines"] == LINES
    (left,) = planned.json["left_behind"]
    assert (left["line"], left["cartons"], left["pieces"]) == (2, 2, 150)
    assert "no clearance" in left["reason"]
    ((_, data),) = [told for told in logistics.told() if told[0] == "shipment_planned"]
    assert (data["cartons"], data["lines"]) == (5, LINES)


def test_a_shipment_takes_what_stands_at_its_own_hub(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot(quantity=400))
    logistics.gathered(a_lot("SRG-2503-002", quantity=600), hub=SEMARANG)
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    assert planned["pieces"] == 400
    later = logistics.staff.post("/shipments", {"hub": SEMARANG, "destination": "BE"}).json
    assert (planned["number"][-4:], later["number"][-4:], later["pieces"]) == ("0001", "0002", 600)


def test_two_shipments_do_not_use_one_clearance_twice(logistics: Logistics) -> None:
    logistics.hears(a_clearance(quantity=1_000))
    logistics.gathered(a_lot(quantity=600))
    logistics.gathered(a_lot("SRG-2503-002", quantity=600), hub=SEMARANG)
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(
            lambda hub: logistics.staff.post(
                "/shipments", {"hub": hub, "destination": "BE"}, idempotency_key=hub
            ),
            (SRAGEN, SEMARANG),
        )
    assert sorted(answer.status_code for answer in answers) == [201, 422]


def test_goods_for_two_consignees_leave_in_two_shipments(logistics: Logistics) -> None:
    other = UUID(int=43)
    line = a_placed_line(1, consignee="Another consignee")
    logistics.hears(an_order(order_id=other, po_number="PO-2025-0002", lines=(line,)))
    logistics.hears(a_clearance(), a_clearance(order_id=other))
    logistics.gathered(a_lot(), a_lot("SRG-2503-002", order_id=other))
    wanted = {"hub": SRAGEN, "destination": "BE"}
    consignees = [logistics.staff.post("/shipments", wanted).json["consignee"]["name"] for _ in range(2)]
    assert consignees == ["Consignee Belgium", "Another consignee"]


def test_the_checklist_follows_the_goods_and_the_destination(logistics: Logistics) -> None:
    states = {d["code"]: d["state"] for d in logistics.planned()["documents"]}
    assert states["DEST-POLICY"] == "present"
    assert states["COO"] == "on_request"
    assert {code for code, state in states.items() if state == "missing"} == {
        "CI",
        "PL",
        "NIB",
        "PEB",
        "NPE",
        "PEB-BL",
        "VGM",
        "SI-BKG",
        "BL",
        "FUM",
        "ENS",
        "EORI",
        "POD",
    }


def test_from_planning_to_delivery_each_step_is_told_with_its_pieces(logistics: Logistics) -> None:
    shipment = logistics.booked()
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for milestone, place in WAY:
        assert logistics.record(shipment, milestone, place).status_code == 200
    delivered = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert delivered["state"] == "delivered"
    assert [each["milestone"] for each in delivered["milestones"]][-1] == "DELIVERED"
    told = [(name, data) for name, data in logistics.told() if name.startswith(("shipment", "doc", "mile"))]
    assert [name for name, _ in told] == [
        "shipment_planned",
        "shipment_booked",
        "documents_completed",
        "shipment_dispatched",
        *["milestone_recorded"] * 4,
        "shipment_departed",
        *["milestone_recorded"] * 3,
        "shipment_delivered",
    ]
    assert all(data["lines"] == LINES for _, data in told)
    assert logistics.record(shipment, "CLOSED", "BEANR").status_code == 200


def test_a_milestone_out_of_order_is_refused_with_what_is_missing(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.record(shipment, "PEB_SUBMITTED")
    refused = logistics.record(shipment, "GATE_IN")
    assert refused.status_code == 422
    assert "GATE_IN can't be before NPE_ISSUED" in refused.json["detail"]
    assert fields_of(refused) == ["milestone"]


def test_nothing_passes_the_gate_on_the_note_of_customs_for_a_declaration_that_was_cancelled(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking(etd=in_days(5).isoformat()))
    for code in ("NIB", "SI-BKG", "FUM", "EORI"):
        logistics.change(shipment, "documents", a_paper(code))
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 200
    assert logistics.change(shipment, "documents", a_paper("NPE")).status_code == 200
    assert logistics.record(shipment, "NPE_ISSUED").status_code == 200
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    assert logistics.change(shipment, "declaration/cancel", {"reason": "Wrong exporter."}).status_code == 200
    refused = logistics.record(shipment, "GATE_IN")
    assert refused.status_code == 422
    assert "GATE_IN can't be before NPE_ISSUED" in refused.json["detail"]
    again = a_declaration(number="060100-000043")
    assert logistics.change(shipment, "declaration", again).status_code == 200
    assert logistics.record(shipment, "GATE_IN").status_code == 422
    assert logistics.change(shipment, "documents", a_paper("NPE")).status_code == 200
    assert logistics.record(shipment, "NPE_ISSUED").status_code == 200
    assert logistics.record(shipment, "GATE_IN").status_code == 200


def test_the_same_milestone_again_changes_nothing(logistics: Logistics) -> None:
    shipment = logistics.booked()
    body = {"milestone": "PEB_SUBMITTED", "place": "IDSRG", "occurred_at": now().isoformat()}
    first = logistics.change(shipment, "milestones", body)
    again = logistics.change(shipment, "milestones", body)
    assert (again.status_code, again.json) == (200, first.json)
    assert [name for name, _ in logistics.told()].count("milestone_recorded") == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2025-03-22T07:30:00"}, "occurred_at"),
        ({"milestone": "ARRIVED"}, "milestone"),
        ({"milestone": "STUFFED_SEALED"}, "milestone"),
        ({"place": "Semarang"}, "place"),
    ],
)
def test_a_wrong_milestone_names_its_field(logistics: Logistics, changes: dict[str, Any], field: str) -> None:
    body = {"milestone": "PEB_SUBMITTED", "place": "IDSRG", "occurred_at": "2025-03-22T07:30:00Z", **changes}
    refused = logistics.change(logistics.booked(), "milestones", body)
    assert (refused.status_code, fields_of(refused)) == (422, [field])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"port_of_loading": "BEANR"}, "port_of_loading"),
        ({"port_of_discharge": "IDTPP"}, "port_of_discharge"),
        ({"port_of_discharge": "BEZZZ"}, "port_of_discharge"),
        ({"port_of_discharge": "Antwerp"}, "port_of_discharge"),
        ({"etd": in_days(-1).isoformat()}, "etd"),
        ({"etd": "22 March"}, "etd"),
        ({"eta": in_days(6).isoformat()}, "eta"),
        ({"carrier": ""}, "carrier"),
        ({"vessel": "  "}, "vessel"),
    ],
)
def test_a_wrong_booking_names_its_field(logistics: Logistics, changes: dict[str, Any], field: str) -> None:
    refused = logistics.change(logistics.planned(), "book", a_booking(**changes))
    assert (refused.status_code, fields_of(refused)) == (422, [field])


def test_dispatch_needs_its_papers_and_a_right_container_number(logistics: Logistics) -> None:
    shipment = logistics.change(logistics.planned(), "book", a_booking()).json
    refused = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert refused.status_code == 422
    assert "SI-BKG" in refused.json["detail"] and "FUM" in refused.json["detail"]
    for code in ("SI-BKG", "FUM", "EORI"):
        logistics.change(shipment, "documents", a_paper(code))
    wrong = logistics.change(shipment, "dispatch", {"container": "CSQU3054384", "seal": SEAL})
    assert (wrong.status_code, fields_of(wrong)) == (422, ["container"])
    right = logistics.change(shipment, "dispatch", {"container": "csqu 305438 3", "seal": SEAL})
    assert (right.status_code, right.json["container"]) == (200, CONTAINER)


def test_goods_whose_clearance_expired_meanwhile_do_not_leave_the_hub(logistics: Logistics) -> None:
    shipment = logistics.booked()
    with logistics.database.transaction() as session:
        session.execute(update(clearance).values(expires_on=in_days(-1)))
    refused = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert refused.status_code == 422
    assert "expired" in refused.json["detail"]


def test_a_document_that_no_rule_knows_is_refused_with_the_list(logistics: Logistics) -> None:
    refused = logistics.change(logistics.planned(), "documents", a_paper("PASSPORT"))
    assert (refused.status_code, fields_of(refused)) == (422, ["code"])
    assert "FUM" in refused.json["detail"]


# Papers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["packing-list", "invoice", "labels"])
def test_each_paper_is_a_pdf_that_is_always_the_same(logistics: Logistics, name: str) -> None:
    path = f"/shipments/{logistics.booked()['id']}/{name}.pdf"
    first, again = logistics.office.get(path), logistics.staff.get(path)
    assert first.status_code == 200
    assert first.mimetype == "application/pdf"
    assert first.data == again.data
    said = "\n".join(page.extract_text() for page in PdfReader(BytesIO(first.data)).pages)
    assert {"invoice": "Total 1,000 550.00"}.get(name, "095299000000000015") in " ".join(said.split())


def test_labels_come_in_parts_and_other_papers_whole(logistics: Logistics) -> None:
    one = f"/shipments/{logistics.booked()['id']}"
    whole, part = logistics.staff.get(f"{one}/labels.pdf"), logistics.staff.get(f"{one}/labels.pdf", part=1)
    said = [[page.extract_text() for page in PdfReader(BytesIO(each.data)).pages] for each in (whole, part)]
    assert said[0] == said[1]
    for name, wrong in (("labels", 2), ("labels", 0), ("labels", "x"), ("invoice", 1)):
        refused = logistics.staff.get(f"{one}/{name}.pdf", part=wrong)
        assert (refused.status_code, fields_of(refused)) == (422, ["part"]), (name, wrong)


def test_all_papers_tell_the_cartons_to_the_piece_and_who_made_them_in_truth(logistics: Logistics) -> None:
    """Two orders, two facilities, and a carton that is not full: read back from each of the six."""
    other = UUID(int=43)
    logistics.hears(
        an_order(order_id=other, po_number="PO-2025-0002", lines=(a_placed_line(1, sku="CW-BALL-09"),)),
        a_clearance(),
        *(a_clearance(order_id=other, purpose=purpose) for purpose in ("produce", "export")),
    )
    logistics.gathered(
        a_lot("SRG-2503-001", quantity=450),
        a_lot("PWD-2503-001", order_id=other, sku="CW-BALL-09", facility="LPS-PWD", quantity=300),
    )
    shipment = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    logistics.change(shipment, "book", a_booking())
    read = {name: _text_of(logistics, shipment, name) for name in NAMES}
    packed = logistics.staff.get("/cartons").json
    made = {"SRG-2503-001": _facility("LPS-SRG"), "PWD-2503-001": _facility("LPS-PWD")}
    po = {"SRG-2503-001": "PO-2025-0001", "PWD-2503-001": "PO-2025-0002"}
    assert len({each["pieces"] for each in packed}) > 1 and {each["lot"] for each in packed} == made.keys()
    for number, each in enumerate(packed, 1):
        row = f"{number} of {len(packed)} {each['sscc']} {po[each['lot']]} {each['sku']} {each['lot']}"
        assert f"{row} {made[each['lot']].name} {each['pieces']} " in read["packing-list"]
        assert f"{each['sscc']} {each['pieces']}" in read["delivery-note"]
        label = _page_of(logistics, shipment, "labels", number - 1)
        assert re.search(rf"Quantity {each['pieces']}\b", label) and f"(00){each['sscc']}" in label
        assert f"Made in Indonesia at {made[each['lot']].name}" in label
    assert len(re.findall(r"\b0952990\d{11}\b", read["packing-list"])) == len(packed)
    for lot, maker in made.items():
        inside = [each for each in packed if each["lot"] == lot]
        pieces, sku = sum(each["pieces"] for each in inside), inside[0]["sku"]
        assert re.search(rf"{po[lot]} .*?{sku} .*?\b{pieces} 0\.55 ", read["invoice"])
        for name in ("shipping-instruction", "peb-data"):
            assert re.search(rf"{sku}\W.*?\b{len(inside)} {pieces}\b", read[name])
        for name in set(NAMES) - {"labels"}:
            assert maker.name in read[name] and maker.address[0] in read[name], name
    for name in ("invoice", "shipping-instruction", "peb-data", "delivery-note", "packing-list"):
        assert re.search(r"Total .*?\b750\b", read[name]), name


def _text_of(logistics: Logistics, shipment: dict[str, Any], name: str) -> str:
    answer = logistics.staff.get(f"/shipments/{shipment['id']}/{name}.pdf")
    pages = PdfReader(BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def _page_of(logistics: Logistics, shipment: dict[str, Any], name: str, page: int) -> str:
    answer = logistics.staff.get(f"/shipments/{shipment['id']}/{name}.pdf")
    return " ".join(PdfReader(BytesIO(answer.data)).pages[page].extract_text().split())


def _facility(code: str) -> Facility:
    return next(each for each in facilities() if each.code == code)


def test_the_labels_of_a_lot_can_be_printed_when_it_is_packed(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=450))
    assert logistics.staff.get("/lots/SRG-2503-001/labels.pdf").status_code == 404
    logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    labels = logistics.staff.get("/lots/SRG-2503-001/labels.pdf")
    assert len(PdfReader(BytesIO(labels.data)).pages) == 3


def test_epcis_tells_what_happened_and_the_same_each_time(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    for milestone, place in WAY:
        logistics.record(shipment, milestone, place)
    first = logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json
    steps = [event.get("bizStep") for event in first["epcisBody"]["eventList"]]
    assert steps.count("packing") == 5
    assert {"commissioning", "receiving", "loading", "shipping", "departing"} <= set(steps)
    assert errors(first) == []
    assert logistics.staff.get(f"/shipments/{shipment['id']}/epcis").json == first


# Access -----------------------------------------------------------------------------------------


def test_the_regional_office_reads_and_does_nothing(logistics: Logistics) -> None:
    shipment = logistics.planned()
    assert [row["number"] for row in logistics.office.get("/shipments").json] == [shipment["number"]]
    assert logistics.office.get(f"/shipments/{shipment['id']}").status_code == 200
    assert logistics.office.post("/cartons", {"lot": "SRG-2503-001"}).status_code == 403


def test_a_buyer_sees_nothing_here(logistics: Logistics) -> None:
    for path in ("/lots", "/cartons", "/shipments", f"/shipments/{logistics.planned()['id']}"):
        assert logistics.buyer.get(path).status_code == 403
    assert logistics.client.get("/logistics/v1/lots").status_code == 401


def test_an_unknown_shipment_is_not_found(logistics: Logistics) -> None:
    nowhere = {"id": str(UUID(int=1))}
    assert logistics.staff.get(f"/shipments/{nowhere['id']}").status_code == 404
    assert logistics.change(nowhere, "book", a_booking()).status_code == 404


def test_a_carton_too_heavy_is_refused_by_the_database_too(logistics: Logistics) -> None:
    logistics.hears(a_lot(), a_facility())
    logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    with (
        pytest.raises(IntegrityError, match="carton_gross_g_check"),
        logistics.database.transaction() as session,
    ):
        session.execute(text("UPDATE carton SET gross_g = 25001"))
