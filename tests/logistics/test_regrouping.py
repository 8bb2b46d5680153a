"""Shipments are put together from what is chosen, divided, joined and given up, and pieces never get lost."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.logistics import standing
from services.logistics.storage import shipment as shipments
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.clock import in_days
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
    a_lot,
    a_paper,
)

FIRST, SECOND = "SRG-2503-001", "SRG-2503-002"


@pytest.fixture
def two_lots(logistics: Logistics) -> Logistics:
    """Two lots of two cleared lines stand at the hub, each of 1,000 pieces."""
    logistics.hears(a_clearance(), a_clearance(2))
    logistics.gathered(a_lot(FIRST), a_lot(SECOND, line=2, sku="CW-BALL-09"))
    return logistics


def ssccs(logistics: Logistics, lot: str) -> list[str]:
    return [row["sscc"] for row in logistics.staff.get("/cartons", lot=lot, limit=100).json]


def plan(logistics: Logistics, **chosen: Any) -> Any:
    return logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE", **chosen})


def read(logistics: Logistics, shipment: dict[str, Any]) -> Any:
    return logistics.staff.get(f"/shipments/{shipment['id']}").json


def told(logistics: Logistics, *names: str) -> list[tuple[str, str, int]]:
    """What was told of shipments: the event, the shipment's number, and the pieces."""
    return [
        (name, data["number"], sum(line["quantity"] for line in data["lines"]))
        for name, data in logistics.told()
        if name in names
    ]


def test_a_shipment_is_planned_of_chosen_lines_or_cartons_and_the_others_wait(two_lots: Logistics) -> None:
    some = ssccs(two_lots, FIRST)[:2]
    by_carton = plan(two_lots, ssccs=some)
    assert (by_carton.status_code, by_carton.json["cartons"]) == (201, 2)
    by_line = plan(two_lots, lines=[{"order_id": str(ORDER), "line": 2}])
    assert {line["line"] for line in by_line.json["lines"]} == {2}
    again = plan(two_lots, ssccs=some)
    assert again.status_code == 422
    assert f"Carton {some[0]} is in shipment {by_carton.json['number']}." in again.text
    nothing = plan(two_lots, lines=[{"order_id": str(ORDER), "line": 2}])
    assert (nothing.status_code, nothing.json["errors"][0]["field"]) == (422, "lines")
    both = plan(two_lots, ssccs=some, lines=[{"order_id": str(ORDER), "line": 1}])
    assert both.status_code == 422
    rest = plan(two_lots).json
    whole = sum(each["pieces"] for each in (by_carton.json, by_line.json, rest))
    assert whole == 2_000


def test_a_shipment_is_split_and_joined_again_and_each_step_is_told_by_its_pieces(
    two_lots: Logistics,
) -> None:
    shipment = plan(two_lots).json
    split = two_lots.change(shipment, "split", {"ssccs": ssccs(two_lots, SECOND)})
    assert split.status_code == 201, split.text
    new = split.json
    assert (read(two_lots, shipment)["pieces"], new["pieces"], new["state"]) == (1_000, 1_000, "planned")
    merged = two_lots.change(shipment, "merge", {"other": new["id"]})
    assert (merged.status_code, merged.json["pieces"]) == (200, 2_000), merged.text
    given_up = read(two_lots, new)
    assert (given_up["state"], given_up["cartons"], given_up["lines"]) == ("cancelled", 0, [])
    one, two = shipment["number"], new["number"]
    names = ("shipment_planned", "cartons_taken_out", "cartons_put_in", "shipment_cancelled")
    assert told(two_lots, *names) == [
        ("shipment_planned", one, 2_000),
        ("cartons_taken_out", one, 1_000),
        ("shipment_planned", two, 1_000),
        ("shipment_cancelled", two, 1_000),
        ("cartons_put_in", one, 1_000),
    ]


def test_a_cancelled_shipment_leaves_its_cartons_at_the_hub_and_nothing_more_happens_to_it(
    two_lots: Logistics,
) -> None:
    shipment = plan(two_lots).json
    assert two_lots.change(shipment, "cancel", {"reason": "No room before May."}).status_code == 200
    again = two_lots.change(shipment, "cancel", {"reason": "No room before May."})
    assert (again.status_code, again.json["cancelled_because"]) == (200, "No room before May.")
    for action, body in (
        ("book", a_booking()),
        ("dispatch", {"container": CONTAINER, "seal": SEAL}),
        ("split", {"ssccs": ssccs(two_lots, FIRST)[:1]}),
    ):
        refused = two_lots.change(shipment, action, body)
        assert (refused.status_code, "was cancelled" in refused.text) == (422, True), action
    one = f"/shipments/{shipment['id']}"
    for paper in ("invoice.pdf", "documents.zip", "epcis"):
        assert two_lots.staff.get(f"{one}/{paper}").status_code == 404, paper
    assert plan(two_lots).json["pieces"] == 2_000
    history = two_lots.staff.get(f"/cartons/{ssccs(two_lots, FIRST)[0]}/history").json
    assert "taken_out" in [entry["what"] for entry in history]


def test_what_was_sealed_comes_back_to_be_counted_in_and_what_was_loaded_is_no_matter_of_cancelling(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for action, body in (
        ("take-out", {"ssccs": ssccs(logistics, FIRST)[:1]}),
        ("merge", {"other": shipment["id"]}),
    ):
        assert logistics.change(shipment, action, body).status_code == 422, action
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN"):
        assert logistics.record(shipment, code).status_code == 200, code
    assert logistics.record(shipment, "OUT_OF_PORT").status_code == 200
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 200
    for action in ("declaration/cancel", "cancel"):
        given_up = logistics.change(shipment, action, {"reason": "The line gave the vessel up."})
        assert given_up.status_code == 200, given_up.text
    cartons = logistics.staff.get("/cartons", lot=FIRST).json
    assert {(row["state"], row["hub"]) for row in cartons} == {("moved", None)}
    assert logistics.staff.post("/cartons/gather", {"hub": SRAGEN, "lot": FIRST}).status_code == 200
    second = plan(logistics).json
    dispatched(logistics, second, CONTAINER)
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED"):
        assert logistics.record(second, code).status_code == 200, code
    refused = logistics.change(second, "cancel", {"reason": "Changed our minds."})
    assert (refused.status_code, "only returned, or claimed for once it is delivered" in refused.text) == (
        422,
        True,
    )


def sealed_in(logistics: Logistics, shipment: dict[str, Any], unit: str, **booking: Any) -> Any:
    """Booked, with the papers that it lacks, and dispatched if it may be."""
    logistics.change(shipment, "book", a_booking(**booking))
    for document in read(logistics, shipment)["documents"]:
        if document["state"] == "missing":
            logistics.change(shipment, "documents", a_paper(document["code"]))
    return logistics.change(shipment, "dispatch", {"container": unit, "seal": SEAL})


def dispatched(logistics: Logistics, shipment: dict[str, Any], container: str, **booking: Any) -> None:
    left = sealed_in(logistics, shipment, container, **booking)
    assert left.status_code == 200, left.text


def steps(logistics: Logistics, shipment: dict[str, Any]) -> list[dict[str, Any]]:
    answer = logistics.staff.get(f"/shipments/{shipment['id']}/epcis")
    assert answer.status_code == 200, answer.text
    events: list[dict[str, Any]] = answer.json["epcisBody"]["eventList"]
    return events


def test_what_came_back_from_the_port_left_its_facility_when_it_did(logistics: Logistics) -> None:
    logistics.hears(a_clearance(), a_lot(FIRST))
    logistics.staff.post("/cartons", {"lot": FIRST})
    cartons = {"hub": SEMARANG, "ssccs": ssccs(logistics, FIRST)}
    moved = {"what": "moved", **cartons}
    assert len(logistics.staff.post("/cartons/reports", moved).json) == 5
    assert logistics.staff.post("/cartons/gather", cartons).status_code == 200
    first = plan(logistics, hub=SEMARANG).json
    (left,) = [each for each in steps(logistics, first) if each["bizStep"] == "shipping"]
    dispatched(logistics, first, CONTAINER)
    assert logistics.change(first, "cancel", {"reason": "The line gave the vessel up."}).status_code == 200
    assert {row["state"] for row in logistics.staff.get("/cartons").json} == {"moved"}
    assert logistics.staff.post("/cartons/reports", moved).json == []
    assert logistics.staff.post("/cartons/gather", cartons).status_code == 200
    second = plan(logistics, hub=SEMARANG).json
    assert [each for each in steps(logistics, second) if each["bizStep"] == "shipping"] == [left]


def test_a_share_of_a_container_is_followed_carton_by_carton(logistics: Logistics) -> None:
    shipment = logistics.planned()
    dispatched(logistics, shipment, "H 1234 XY", equipment="LCL")
    (sealed,) = [
        each for each in steps(logistics, shipment) if each.get("kendi:milestone") == "STUFFED_SEALED"
    ]
    assert (sealed["type"], len(sealed["epcList"])) == ("ObjectEvent", 5)


@pytest.fixture
def two_shipments(two_lots: Logistics) -> tuple[dict[str, Any], dict[str, Any]]:
    first, second = (plan(two_lots, lines=[{"order_id": str(ORDER), "line": line}]).json for line in (1, 2))
    return first, second


def test_a_container_goes_with_another_shipment_only_once_the_first_is_delivered_or_given_up(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_shipments
    assert sealed_in(logistics, first, CONTAINER).status_code == 200
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED", "DISCHARGED"):
        assert logistics.record(first, code, "BEANR" if code == "DISCHARGED" else "IDSRG").status_code == 200
    for equipment in ("20GP", "LCL"):
        refused = sealed_in(logistics, second, "csqu 305438 3", equipment=equipment)
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "container")
        assert f"CSQU3054383 is on its way with {first['number']}" in refused.json["detail"]
    for code in ("IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(first, code, "BEANR").status_code == 200
    assert sealed_in(logistics, second, CONTAINER).status_code == 200


def test_a_container_of_a_shipment_that_was_given_up_takes_another(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_shipments
    assert sealed_in(logistics, first, CONTAINER).status_code == 200
    assert sealed_in(logistics, second, CONTAINER).status_code == 422
    assert logistics.change(first, "cancel", {"reason": "No room."}).status_code == 200
    assert sealed_in(logistics, second, CONTAINER).status_code == 200


def test_shares_of_a_container_go_in_one_only_if_they_sail_together(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_shipments
    assert sealed_in(logistics, first, CONTAINER, equipment="LCL").status_code == 200
    later = sealed_in(logistics, second, CONTAINER, equipment="LCL", vessel="MV Later")
    assert (later.status_code, first["number"] in later.json["detail"]) == (422, True)
    assert sealed_in(logistics, second, CONTAINER, equipment="LCL").status_code == 200


def test_the_truck_that_brought_a_share_to_the_port_brings_another_to_a_later_vessel(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_shipments
    assert sealed_in(logistics, first, "H 1234 XY", equipment="LCL").status_code == 200
    truck = sealed_in(logistics, second, "H 1234 XY", equipment="LCL", vessel="MV Later")
    assert truck.status_code == 200, truck.text


def test_a_shipment_is_divided_only_once_nobody_else_decides_over_its_lines(logistics: Logistics) -> None:
    """A cancellation holds the line first and the shipment then; so must who divides it."""
    shipment = logistics.planned()
    some = {"ssccs": ssccs(logistics, FIRST)[:1]}
    with ThreadPoolExecutor(1) as threads:
        with logistics.database.transaction() as session:
            standing.lock_line(session, ORDER, 1)
            split = threads.submit(logistics.change, shipment, "split", some)
            until_somebody_waits_for_a_lock(logistics.database)
            session.execute(select(shipments.c.id).with_for_update(nowait=True)).all()
        assert split.result().status_code == 201


def test_what_was_declared_to_customs_is_neither_changed_nor_given_up_before_the_declaration_is_cancelled(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking(etd=in_days(5).isoformat()))
    logistics.change(shipment, "documents", a_paper("NIB"))
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 200
    one = ssccs(logistics, FIRST)[:1]
    for action, body in (("take-out", {"ssccs": one}), ("cancel", {"reason": "No."})):
        refused = logistics.change(shipment, action, body)
        assert (refused.status_code, "cancel the PEB first" in refused.text) == (422, True), action
    assert logistics.change(shipment, "declaration/cancel", {"reason": "Goods change."}).status_code == 200
    assert logistics.change(shipment, "take-out", {"ssccs": one}).status_code == 200


def test_cartons_that_are_not_in_the_shipment_or_would_empty_it_are_not_taken_out(
    two_lots: Logistics,
) -> None:
    shipment = plan(two_lots, lines=[{"order_id": str(ORDER), "line": 1}]).json
    strange = two_lots.change(shipment, "take-out", {"ssccs": ssccs(two_lots, SECOND)[:1]})
    assert (strange.status_code, f"is not in shipment {shipment['number']}" in strange.text) == (422, True)
    empty = two_lots.change(shipment, "take-out", {"ssccs": ssccs(two_lots, FIRST)})
    assert (empty.status_code, "would be empty" in empty.text) == (422, True)
    wrong = two_lots.change(shipment, "take-out", {"ssccs": ["095299000000000014"]})
    assert (wrong.status_code, wrong.json["errors"][0]["field"]) == (422, "sscc")
    assert two_lots.change(shipment, "merge", {"other": shipment["id"]}).status_code == 422
    assert two_lots.change(shipment, "merge", {"other": str(UUID(int=5))}).status_code == 404


def test_a_booking_takes_the_container_that_fits_or_the_mode_with_its_own_papers(
    two_lots: Logistics,
) -> None:
    two_lots.hears(*(a_clearance(line, transit=("SG",)) for line in (1, 2)))
    shipment = plan(two_lots).json
    booked = two_lots.change(shipment, "book", a_booking(via=["SGSIN"])).json
    assert (booked["equipment"], booked["via"], booked["fill"]["usable_m3"]) == ("20GP", ["SGSIN"], 28)
    assert [each["code"] for each in booked["cut_offs"]][-3:] == ["STUFFING", "GATE_IN", "CLOSING"]
    share = two_lots.change(shipment, "book", a_booking(equipment="LCL")).json
    papers = {document["code"] for document in share["documents"]}
    assert "PKBE" in papers
    airports = {"port_of_loading": "IDCGK", "port_of_discharge": "BEBRU"}
    by_air = two_lots.change(shipment, "book", a_booking(equipment="AIR", **airports)).json
    papers = {document["code"] for document in by_air["documents"] if document["state"] != "on_request"}
    assert "AWB" in papers and not papers & {"VGM", "BL", "PKBE"}


def test_what_is_sealed_is_booked_on_another_vessel_but_not_as_another_load(logistics: Logistics) -> None:
    shipment = logistics.booked()
    assert logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL}).status_code == 200
    for changes in ({"equipment": "LCL"}, {"port_of_loading": "IDTPP"}):
        refused = logistics.change(shipment, "book", a_booking(**changes))
        assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, *changes)
    later = logistics.change(shipment, "book", a_booking(vessel="MV Later"))
    assert (later.status_code, later.json["vessel"]) == (200, "MV Later")


def test_nothing_is_sealed_before_its_last_carton_arrived(logistics: Logistics) -> None:
    shipment = logistics.booked()
    left = {"container": CONTAINER, "seal": SEAL, "sealed_at": "2020-01-01T00:00:00Z"}
    refused = logistics.change(shipment, "dispatch", left)
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, "sealed_at")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"port_of_discharge": "BEANT"}, "port_of_discharge", "Did you mean one of these: BEANR (Antwerp)"),
        ({"via": ["QQQQQ"]}, "via", "QQQQQ is no seaport we know"),
        ({"via": ["SGSIN", "SGSIN"]}, "via", "comes by SGSIN twice"),
        ({"etd": "2020-01-01"}, "etd", "Give a departure from"),
        ({"equipment": "45HC"}, "equipment", "give one of 20GP"),
    ],
)
def test_a_route_that_no_vessel_takes_is_refused_by_its_field(
    logistics: Logistics, changes: dict[str, Any], field: str, said: str
) -> None:
    shipment = logistics.planned()
    refused = logistics.change(shipment, "book", a_booking(**changes))
    assert (refused.status_code, refused.json["errors"][0]["field"]) == (422, field)
    assert said in refused.json["errors"][0]["message"]
    assert read(logistics, shipment)["state"] == "planned"


def test_a_note_is_kept_with_its_role_and_is_no_milestone(logistics: Logistics) -> None:
    shipment = logistics.planned()
    noted = logistics.change(shipment, "notes", {"text": "The jug was broken at ten."}).json
    assert [(note["role"], note["text"]) for note in noted["notes"]] == [
        ("logistics", "The jug was broken at ten.")
    ]
    assert (noted["milestones"], noted["state"]) == ([], "planned")


def test_a_chosen_carton_that_stands_at_no_hub_is_named(two_lots: Logistics) -> None:
    two_lots.hears(a_lot("SRG-2503-009"))
    assert two_lots.staff.post("/cartons", {"lot": "SRG-2503-009"}).status_code == 201
    (packed, *_), (gathered, *_) = ssccs(two_lots, "SRG-2503-009"), ssccs(two_lots, FIRST)
    refused = plan(two_lots, ssccs=[packed, gathered])
    assert (refused.status_code, f"Carton {packed} does not stand free" in refused.text) == (422, True)
