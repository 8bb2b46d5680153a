"""What becomes of cartons beside their usual way: each is told with its pieces, and what may not leave stays."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from kendi.doctor.histories import Sides, fold
from kendi.doctor.reading import QUANTITIES
from services.logistics.handlers.shipments import plan_shipment
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
    a_placed_line,
    an_item,
    an_order,
)

REASON = "Seen at the count in the evening."


def report(logistics: Logistics, what: str, *ssccs: str, **more: Any) -> TestResponse:
    body = {"what": what, "ssccs": list(ssccs), "reason": REASON, **more}
    return logistics.staff.post("/cartons/reports", {name: value for name, value in body.items() if value})


def reported(logistics: Logistics, what: str, *ssccs: str, **more: Any) -> list[str]:
    answer = report(logistics, what, *ssccs, **more)
    assert answer.status_code == 200, answer.text
    return [each["state"] for each in answer.json]


def numbers(logistics: Logistics, **query: Any) -> list[str]:
    return [each["sscc"] for each in logistics.staff.get("/cartons", **query).json]


def plan(logistics: Logistics) -> TestResponse:
    return logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})


def need_agreement(logistics: Logistics) -> dict[str, int]:
    """What the rows and the events say of the order's first line is the same; answers with it."""
    sides: Sides = {}
    for name, data in logistics.told():
        fold(sides, f"kendi.logistics.{name}.v1", data)
    told = {
        quantity: counts[str(ORDER), 1]
        for (quantity, side), counts in sides.items()
        if side == "logistics' events"
    }
    with logistics.database.transaction() as session:
        rows = session.execute(text(QUANTITIES["logistics"]["logistics cartons"])).mappings()
        kept = next(dict(row) for row in rows if row["line"] == 1)
    assert {name: kept[name] for name in told} == told
    return told


def test_what_is_set_aside_damaged_or_lost_leaves_with_no_shipment(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    one, two, three, *_ = numbers(logistics)
    assert reported(logistics, "quarantined", one) == ["quarantined"]
    assert reported(logistics, "damaged", two) == ["damaged"]
    assert reported(logistics, "lost", three) == ["lost"]
    planned = plan(logistics)
    assert (planned.json["cartons"], planned.json["pieces"]) == (2, 400)
    assert need_agreement(logistics) == {"packed": 1_000, "damaged": 200, "lost": 200}
    assert reported(logistics, "found", three) == ["found"]
    turned_up = {"hub": SEMARANG, "ssccs": [three]}
    assert logistics.staff.post("/cartons/gather", turned_up).json[0]["quantity"] == 200
    assert report(logistics, "moved", three, reason="", hub=SRAGEN).json[0]["state"] == "moved"
    assert logistics.staff.post("/cartons/gather", {"hub": SRAGEN, "ssccs": [three]}).status_code == 200
    assert reported(logistics, "quarantine_lifted", one) == ["at_hub"]
    assert plan(logistics).json["pieces"] == 400
    assert need_agreement(logistics) == {"packed": 1_000, "damaged": 200, "lost": 0}


def test_a_report_again_is_no_news(logistics: Logistics) -> None:
    logistics.gathered(a_lot())
    one, *_ = numbers(logistics)
    for what in ("quarantined", "damaged", "lost"):
        assert len(reported(logistics, what, one)) == 1
        if what != "lost":
            assert reported(logistics, what, one) == []
    assert reported(logistics, "lost", one) == []
    assert [name for name, _ in logistics.told()][-3:] == [
        "cartons_quarantined", "cartons_damaged", "cartons_lost",
    ]  # fmt: skip


def test_a_lot_set_aside_at_the_hub_holds_the_cartons_of_its_facility_only(logistics: Logistics) -> None:
    purwodadi = a_lot("PWD-2503-001", facility="LPS-PWD", quantity=400)
    logistics.gathered(a_lot(), purwodadi)
    answer = logistics.staff.post(
        "/cartons/reports", {"what": "quarantined", "lot": purwodadi.lot, "reason": "Strands come loose."}
    )
    assert {(each["facility"], each["state"]) for each in answer.json} == {("LPS-PWD", "quarantined")}
    states = {each["facility"]: each["state"] for each in logistics.staff.get("/cartons").json}
    assert states == {SRAGEN: "at_hub", "LPS-PWD": "quarantined"}


def test_what_is_reported_of_a_planned_shipment_takes_the_carton_out_of_it(logistics: Logistics) -> None:
    shipment = logistics.booked()
    one, *others = numbers(logistics)
    reported(logistics, "lost", one)
    assert logistics.staff.get(f"/shipments/{shipment['id']}").json["pieces"] == 800
    (out,) = [data for name, data in logistics.told() if name == "cartons_taken_out"]
    assert (out["cartons"], [line["quantity"] for line in out["lines"]]) == (1, [200])
    done = [each["what"] for each in logistics.staff.get(f"/cartons/{one}/history").json]
    assert done == ["gathered", "put_in", "taken_out", "lost"]
    assert "would be empty" in report(logistics, "lost", *others).json["detail"]
    left = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert left.status_code == 200, left.text
    (told,) = [data for name, data in logistics.told() if name == "shipment_dispatched"]
    assert [line["quantity"] for line in told["lines"]] == [800]
    assert "a matter of a claim" in report(logistics, "damaged", others[0]).json["detail"]


def test_a_damage_in_goods_that_are_declared_is_reported_once_the_declaration_was_cancelled(
    logistics: Logistics,
) -> None:
    shipment = logistics.planned()
    logistics.change(shipment, "book", a_booking(etd=in_days(5).isoformat()))
    logistics.change(shipment, "documents", a_paper("NIB"))
    assert logistics.change(shipment, "declaration", a_declaration()).status_code == 200
    one, *_ = numbers(logistics)
    for what in ("damaged", "lost", "quarantined"):
        refused = report(logistics, what, one)
        assert (refused.status_code, "cancel the PEB first" in refused.text) == (422, True), what
    assert logistics.staff.get(f"/shipments/{shipment['id']}").json["pieces"] == 1_000
    assert logistics.change(shipment, "declaration/cancel", {"reason": "Goods change."}).status_code == 200
    assert reported(logistics, "damaged", one) == ["damaged"]


def test_what_was_lost_of_a_mixed_shipment_takes_its_papers_with_it(logistics: Logistics) -> None:
    logistics.hears(an_item("KW-CHEW-18"))
    other = an_order(
        order_id=UUID(int=43), po_number="PO-2025-0002", lines=(a_placed_line(sku="KW-CHEW-18"),)
    )
    logistics.hears(other, a_clearance(), a_clearance(order_id=other.order_id))
    logistics.gathered(
        a_lot(), a_lot("SRG-2503-002", order_id=other.order_id, sku="KW-CHEW-18", quantity=100)
    )
    shipment = plan(logistics).json
    asked = {each["code"] for each in shipment["documents"]}
    reported(logistics, "lost", *numbers(logistics, lot="SRG-2503-002"))
    left = {each["code"] for each in logistics.staff.get(f"/shipments/{shipment['id']}").json["documents"]}
    assert left < asked


def test_a_carton_that_is_put_into_a_shipment_meanwhile_is_to_be_reported_again(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    one, *_ = numbers(logistics)
    with ThreadPoolExecutor(1) as threads:
        with logistics.database.transaction() as session:
            plan_shipment(session, hub=SRAGEN, destination="BE")
            answer = threads.submit(report, logistics, "damaged", one)
            until_somebody_waits_for_a_lock(logistics.database)
        assert "report it again" in answer.result().json["detail"]
    assert reported(logistics, "damaged", one) == ["damaged"]


def test_a_shipment_stays_while_one_of_its_cartons_weighs_wrong(logistics: Logistics) -> None:
    shipment = logistics.booked()
    one, *_ = numbers(logistics)
    scans = {"what": "weighed", "scans": [{"sscc": one, "grams": 8_000}]}
    assert logistics.staff.post("/scans", scans).json[0]["outcome"] == "to_reopen"
    refused = logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    assert refused.status_code == 422
    assert "weighs 8000 g and should weigh 9200 g" in refused.json["detail"]


def test_unpacked_pieces_wait_for_packing_again_under_new_numbers(logistics: Logistics) -> None:
    logistics.gathered(a_lot(quantity=400))
    one, two = numbers(logistics)
    reported(logistics, "damaged", one)
    assert reported(logistics, "unpacked", one) == ["unpacked"]
    assert need_agreement(logistics) == {"packed": 200, "unpacked": 200, "damaged": 200}
    (waiting,) = logistics.staff.get("/lots").json
    assert (waiting["packed"], waiting["free"]) == (200, 200)
    again = logistics.staff.post("/cartons", {"lot": waiting["lot"]}).json
    assert again[0]["sscc"] not in {one, two}
    assert need_agreement(logistics) == {"packed": 400, "unpacked": 200, "damaged": 200}
    for what in ("lost", "quarantined"):
        assert "was unpacked" in report(logistics, what, one).json["detail"]


def test_cartons_leave_their_facility_sealed_and_searched(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=400))
    logistics.staff.post("/cartons", {"lot": "SRG-2503-001"})
    ssccs = numbers(logistics)
    search = {"searched_from": "2025-03-01T08:00:00+07:00", "searched_until": "2025-03-01T08:20:00+07:00"}
    moved = reported(logistics, "moved", *ssccs, hub=SEMARANG, seal="T-7", reason=None, **search)
    assert moved == ["moved", "moved"]
    (told,) = [data for name, data in logistics.told() if name == "cartons_left"]
    assert (told["facility"], told["hub"], told["cartons"], told["quantity"]) == (SRAGEN, SEMARANG, 2, 400)
    (entry,) = logistics.staff.get(f"/cartons/{ssccs[0]}/history").json
    assert (entry["what"], entry["place"], entry["seal"]) == ("moved", SEMARANG, "T-7")
    assert entry["searched_from"].startswith("2025-03-01T01:00")
    late = {"searched_from": search["searched_until"], "searched_until": search["searched_from"]}
    wrong = report(logistics, "moved", *ssccs, hub=SEMARANG, reason=None, **late)
    assert wrong.json["errors"][0]["field"] == "searched_until"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"what": "lost", "ssccs": ["095299000000000015"]}, "reason"),
        ({"what": "lost", "lot": "SRG-2503-001", "reason": REASON}, "lot"),
        ({"what": "lost", "reason": REASON}, "ssccs"),
        ({"what": "moved", "ssccs": ["095299000000000015"]}, "hub"),
        ({"what": "lost", "ssccs": ["095299000000000015"], "reason": REASON}, "ssccs"),
        ({"what": "lost", "ssccs": ["095299000000000014"], "reason": REASON}, "sscc"),
    ],
)
def test_a_report_that_says_too_little_or_names_none_of_ours_is_refused(
    logistics: Logistics, body: dict[str, Any], field: str
) -> None:
    answer = logistics.staff.post("/cartons/reports", body)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == field
    assert logistics.told() == []


def test_cartons_and_pallets_are_moved_from_hub_to_hub_and_leave_from_the_last(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    one, two, three, *others = numbers(logistics)
    pallet = logistics.staff.post("/pallets", {"hub": SRAGEN}).json["sscc"]
    scans = [{"sscc": sscc} for sscc in (one, two)]
    assert (
        logistics.staff.post("/scans", {"what": "palletised", "pallet": pallet, "scans": scans}).status_code
        == 200
    )
    moved = report(logistics, "moved", pallet, three, reason="", hub=SEMARANG)
    assert {(row["sscc"], row["state"], row["hub"]) for row in moved.json} == {
        (sscc, "moved", None) for sscc in (one, two, three)
    }
    assert report(logistics, "moved", three, reason="", hub=SEMARANG).json == []
    told = [data for name, data in logistics.told() if name == "cartons_left"]
    assert [(data["facility"], data["hub"], data["quantity"]) for data in told] == [(SRAGEN, SEMARANG, 600)]
    assert logistics.staff.get(f"/pallets/{pallet}").json["cartons"] == 0
    assert plan(logistics).json["pieces"] == 400
    inside = report(logistics, "moved", others[0], reason="", hub=SEMARANG)
    assert (inside.status_code, "take it out of that" in inside.text) == (422, True)
    arrived = {"hub": SEMARANG, "ssccs": [one, two, three]}
    assert logistics.staff.post("/cartons/gather", arrived).json[0]["quantity"] == 600
    assert logistics.counted_in() == [(1_000, 0), (600, 600)]
    second = logistics.staff.post("/shipments", {"hub": SEMARANG, "destination": "BE"}).json
    assert (second["hub"], second["pieces"]) == (SEMARANG, 600)
    history = logistics.staff.get(f"/cartons/{one}/history").json
    assert [each["what"] for each in history] == [
        "gathered", "palletised", "taken_off", "moved", "gathered", "put_in",
    ]  # fmt: skip
    need_agreement(logistics)
