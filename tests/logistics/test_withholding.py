"""Finished goods that were cancelled are taken to stock where they are in no shipment; an opened carton's number is retired."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from services.logistics.storage import carton, lot
from services.logistics.views import lots_withheld
from shared.events.orders import ClearanceWithdrawn, OrderLineAmended, Party, WithholdingRequested
from shared.web.access import LOGISTICS
from tests.logistics.conftest import (
    CONTAINER,
    ORDER,
    SEAL,
    SRAGEN,
    Logistics,
    a_booking,
    a_clearance,
    a_lot,
    a_paper,
    an_order,
)
from tests.logistics.test_desk import Visitor

LOT = "SRG-2503-001"


def asked(quantity: int, *, unpack: bool = False, line: int = 1) -> WithholdingRequested:
    return WithholdingRequested(
        order_id=ORDER, line=line, cancellation_id=UUID(int=77), quantity=quantity, unpack=unpack
    )


def answer(logistics: Logistics) -> tuple[int, dict[str, int]]:
    """What was withheld by the last answer, and where the others are."""
    kind, data = logistics.told()[-1]
    assert kind == "withholding_answered"
    return data["withheld"], {each["reason"]: each["quantity"] for each in data["kept"]}


def counts(logistics: Logistics) -> tuple[int, int, int]:
    with logistics.database.transaction() as session:
        row = session.execute(select(lot).where(lot.c.code == LOT)).one()
    return row.good, row.packed, row.withheld


def pack(logistics: Logistics, quantity: int) -> list[str]:
    packed = logistics.staff.post("/cartons", {"lot": LOT, "quantity": quantity})
    assert packed.status_code == 201, packed.text
    return [each["sscc"] for each in packed.json]


def test_free_pieces_are_withheld_without_opening_anything(logistics: Logistics) -> None:
    logistics.hears(a_lot())
    pack(logistics, 400)
    logistics.hears(asked(500))
    assert (answer(logistics), counts(logistics)) == ((500, {}), (1_000, 400, 500))
    assert logistics.staff.post("/cartons", {"lot": LOT, "quantity": 101}).status_code == 422
    (row,) = logistics.staff.get("/lots").json
    assert (row["withheld"], row["free"]) == (500, 100)


def test_packed_pieces_stay_packed_without_consent(logistics: Logistics) -> None:
    logistics.hears(a_lot())
    pack(logistics, 900)
    logistics.hears(asked(500))
    assert answer(logistics) == (100, {"packed": 400})


def test_with_consent_cartons_are_opened_and_what_is_left_of_them_is_packed_again(
    logistics: Logistics,
) -> None:
    logistics.hears(a_lot())
    ssccs = pack(logistics, 1_000)
    logistics.hears(asked(300, unpack=True))
    assert (answer(logistics), counts(logistics)) == ((300, {}), (1_000, 600, 300))
    (withheld,) = [data for kind, data in logistics.told() if kind == "goods_withheld"]
    assert (withheld["unpacked"], withheld["ssccs"]) == (400, ssccs[:2])
    states = {each["sscc"]: each["state"] for each in logistics.staff.get("/cartons").json}
    assert [states[sscc] for sscc in ssccs[:3]] == ["unpacked", "unpacked", "packed"]
    (again,) = pack(logistics, 100)
    assert again not in ssccs
    history = logistics.staff.get(f"/cartons/{ssccs[0]}/history").json
    assert [(each["what"], each["role"]) for each in history] == [("withheld", "system")]


def test_the_desk_shows_the_cartons_to_open_and_none_that_were_opened_for_another_reason(
    logistics: Logistics,
) -> None:
    logistics.hears(a_lot())
    ssccs = pack(logistics, 1_000)
    aside = {"what": "unpacked", "ssccs": ssccs[-1:], "reason": "Wet from the rain."}
    assert logistics.staff.post("/cartons/reports", aside).status_code == 200
    logistics.hears(asked(400, unpack=True))
    with logistics.database.transaction() as session:
        (row,) = lots_withheld(session, limit=5)
    assert (row["withheld"], row["opened"]) == (400, ssccs[:1])


def test_what_was_lost_is_not_told_as_packed(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=400))
    one, _ = pack(logistics, 400)
    lost = {"what": "lost", "ssccs": [one], "reason": "Not found at the count."}
    assert logistics.staff.post("/cartons/reports", lost).status_code == 200
    logistics.hears(asked(400))
    assert answer(logistics) == (0, {"packed": 200, "not_finished": 200})


def test_an_unpacked_carton_is_gathered_and_shipped_nowhere(logistics: Logistics) -> None:
    logistics.hears(a_lot(), a_clearance())
    (first, *_) = pack(logistics, 1_000)
    logistics.hears(asked(200, unpack=True))
    refused = logistics.staff.post("/cartons/gather", {"hub": SRAGEN, "ssccs": [first]})
    assert (refused.status_code, "retired" in refused.json["detail"]) == (422, True)
    assert logistics.staff.post("/cartons/gather", {"hub": SRAGEN, "lot": LOT}).status_code == 200
    planned = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"})
    assert (planned.json["cartons"], planned.json["pieces"]) == (4, 800)


def test_with_consent_a_shipment_that_is_open_loses_what_was_cancelled_of_it(logistics: Logistics) -> None:
    shipment = logistics.planned()
    logistics.hears(asked(300))
    assert answer(logistics) == (0, {"in_shipment": 300})
    logistics.hears(asked(300, unpack=True))
    assert counts(logistics) == (1_000, 600, 300)
    kind, data = logistics.told()[-1]
    assert (kind, data["cartons"], sum(line["quantity"] for line in data["lines"])) == (
        "cartons_taken_out",
        2,
        400,
    )
    left = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert (left["state"], left["pieces"]) == ("planned", 600)
    logistics.hears(asked(600, unpack=True))
    assert logistics.told()[-1][0] == "shipment_cancelled"
    assert counts(logistics) == (1_000, 0, 900)


def test_what_is_in_a_sealed_shipment_is_a_matter_of_a_return(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})
    logistics.hears(asked(1_000, unpack=True))
    assert (answer(logistics), counts(logistics)) == ((0, {"in_shipment": 1_000}), (1_000, 1_000, 0))


def test_pieces_that_are_not_finished_are_told_as_such(logistics: Logistics) -> None:
    logistics.hears(a_lot(quantity=300), asked(400))
    assert answer(logistics) == (300, {"not_finished": 100})


def test_cartons_that_have_not_left_their_facility_are_opened_first(logistics: Logistics) -> None:
    logistics.gathered(a_lot(quantity=200))
    logistics.hears(a_lot("SRG-2503-002", quantity=200))
    logistics.staff.post("/cartons", {"lot": "SRG-2503-002"})
    logistics.hears(asked(200, unpack=True))
    with logistics.database.transaction() as session:
        opened = session.execute(select(carton.c.lot).where(carton.c.unpacked_at.is_not(None))).scalars()
        assert list(opened) == ["SRG-2503-002"]


def test_packing_and_planning_meanwhile_put_no_withheld_piece_anywhere(logistics: Logistics) -> None:
    logistics.hears(a_clearance(quantity=2_000))
    logistics.gathered(a_lot(quantity=2_000))

    def plan() -> Any:
        client = logistics.client.application.test_client()
        headers = {"Authorization": f"Bearer {logistics.staff.key}", "Idempotency-Key": "plan"}
        body = {"hub": SRAGEN, "destination": "BE"}
        return client.post("/logistics/v1/shipments", json=body, headers=headers)

    with ThreadPoolExecutor(2) as threads:
        planned, withheld = threads.submit(plan), threads.submit(logistics.hears, asked(700, unpack=True))
        withheld.result()
    assert planned.result().status_code in (201, 422)
    with logistics.database.transaction() as session:
        both = carton.c.shipment_id.is_not(None) & carton.c.unpacked_at.is_not(None)
        assert session.execute(select(func.count()).select_from(carton).where(both)).scalar_one() == 0
        inside = select(func.sum(carton.c.pieces)).where(carton.c.shipment_id.is_not(None))
        shipped = session.execute(inside).scalar_one() or 0
    good, packed, taken = counts(logistics)
    assert shipped <= packed
    assert (shipped, taken) in ((packed, 700), (0, 700))
    assert packed + taken <= good


def test_the_tables_refuse_a_carton_that_is_both_opened_and_shipped(logistics: Logistics) -> None:
    logistics.planned()
    with pytest.raises(IntegrityError, match="unpacked"), logistics.database.transaction() as session:
        session.execute(text("UPDATE carton SET unpacked_at = now()"))


# Amended lines and lost clearances


def to_france(line: int = 1) -> OrderLineAmended:
    return OrderLineAmended(
        order_id=ORDER,
        line=line,
        ordered=1_000,
        requested_date=an_order().lines[0].requested_date,
        consignee=Party(name="Consignee France", address=("Rue 1",), country="FR"),
        screening="hold",
        policies=("DP-EU-1.v1",),
    )


def to_liege(line: int = 1, *, name: str = "Consignee Liege") -> OrderLineAmended:
    """Another consignee in the same country."""
    party = Party(name=name, address=("Rue 9", "4000 Liege"), country="BE")
    return replace(to_france(line), consignee=party)


def withdrawn(line: int = 1) -> ClearanceWithdrawn:
    return ClearanceWithdrawn(order_id=ORDER, line=line, purpose="export")


def dispatch(logistics: Logistics, shipment: dict[str, Any]) -> Any:
    return logistics.change(shipment, "dispatch", {"container": CONTAINER, "seal": SEAL})


def test_nothing_is_planned_or_dispatched_under_a_clearance_that_was_withdrawn(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.hears(withdrawn())
    refused = dispatch(logistics, shipment)
    assert (refused.status_code, "no clearance" in refused.json["detail"]) == (422, True)
    logistics.hears(a_clearance())
    assert dispatch(logistics, shipment).status_code == 200


def test_goods_do_not_leave_for_where_they_are_not_to_go_any_more(logistics: Logistics) -> None:
    shipment = logistics.booked()
    logistics.hears(to_france(), withdrawn(), a_clearance(destination="FR"))
    refused = dispatch(logistics, shipment)
    assert (refused.status_code, "goes to Consignee France in FR now" in refused.json["detail"]) == (
        422,
        True,
    )


def test_goods_do_not_leave_on_papers_that_were_made_out_to_a_former_consignee(logistics: Logistics) -> None:
    shipment = logistics.booked()
    for code in ("COO", "BL", "PC"):
        assert logistics.change(shipment, "documents", a_paper(code)).status_code == 200
    named = {"BL", "COO", "ENS", "NPE", "PC", "PEB", "POD", "SI-BKG"}
    logistics.hears(to_liege())
    moved = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert {each["code"] for each in moved["documents"] if each["outdated"]} == named
    assert {each["code"] for each in moved["documents"] if each["state"] == "missing"} == named
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/shipment/{shipment['id']}?lang=en")
    assert "It was made out to the former consignee" in page
    before = named - {"BL", "COO", "POD"}
    for code in sorted(before):
        refused = dispatch(logistics, shipment)
        assert (refused.status_code, f"{code} (owed by" in refused.json["detail"]) == (422, True)
        assert logistics.change(shipment, "documents", a_paper(code)).status_code == 200
    assert dispatch(logistics, shipment).status_code == 200
    left = logistics.staff.get(f"/shipments/{shipment['id']}").json
    assert {each["code"] for each in left["documents"] if each["outdated"]} == {"BL", "COO", "POD"}


def test_another_address_is_another_paper_and_other_quantities_are_not(logistics: Logistics) -> None:
    shipment = logistics.booked()
    same = Party(name="Consignee Belgium", address=("Havenstraat 1", "2000 Antwerp"), country="BE")
    logistics.hears(replace(to_france(), consignee=same, ordered=1_200))
    assert not outdated(logistics, shipment)
    logistics.hears(replace(to_france(), consignee=replace(same, address=("Havenstraat 2", "2000 Antwerp"))))
    assert "PEB" in outdated(logistics, shipment)


def outdated(logistics: Logistics, shipment: dict[str, Any]) -> set[str]:
    now = logistics.staff.get(f"/shipments/{shipment['id']}").json
    return {each["code"] for each in now["documents"] if each["outdated"]}


def test_an_amended_line_stands_at_the_hub_for_its_new_destination(logistics: Logistics) -> None:
    logistics.hears(a_clearance())
    logistics.gathered(a_lot())
    logistics.hears(to_france(), withdrawn(), a_clearance(destination="FR", transit=("BE",)))
    body = {"hub": SRAGEN, "destination": "FR"}
    planned = logistics.staff.post("/shipments", body)
    assert planned.status_code == 201, planned.text
    assert planned.json["consignee"]["name"] == "Consignee France"
    assert logistics.change(planned.json, "book", a_booking()).status_code == 200
