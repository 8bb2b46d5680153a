"""Logistics hears what comes back after a claim, and shows it on the desk."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from shared.events.orders import ClaimSettled
from shared.web.access import LOGISTICS
from tests.logistics.conftest import ORDER, SEMARANG, Logistics
from tests.logistics.test_desk import Visitor
from tests.logistics.test_schedule_and_tracking import follow

SSCC = "095299000000000011"


def a_settlement(**changes: Any) -> ClaimSettled:
    values: dict[str, Any] = {
        "order_id": ORDER,
        "line": 1,
        "claim_id": UUID(int=7),
        "sscc": SSCC,
        "quantity": 20,
        "settlement": "return",
        "credit": None,
        "currency": "USD",
        "replacement_order_id": None,
        **changes,
    }
    return ClaimSettled(**values)


def test_goods_that_come_back_stand_on_the_desk(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    logistics.hears(a_settlement())
    assert SSCC in visitor.open("/logistics/")


def test_a_credit_brings_nothing_back(logistics: Logistics) -> None:
    visitor = Visitor(logistics, LOGISTICS)
    logistics.hears(a_settlement(settlement="credit", credit=Decimal("11.00")))
    assert SSCC not in visitor.open("/logistics/")


def test_what_was_received_back_is_counted_in_where_it_stands_and_leaves_its_order_no_second_time(
    logistics: Logistics,
) -> None:
    shipment = logistics.booked()
    one, two, *_ = (each["sscc"] for each in logistics.staff.get("/cartons").json)
    follow(logistics, shipment, "DISCHARGED")
    there = {"hub": SEMARANG, "ssccs": [one]}
    too_early = logistics.staff.post("/cartons/gather", there)
    assert (too_early.status_code, "arrived at LPS-SRG before" in too_early.text) == (422, True)
    for code in ("RETURNED", "RETURN_RECEIVED"):
        assert logistics.record(shipment, code).status_code == 200, code
    assert logistics.staff.post("/cartons/gather", there).json[0]["quantity"] == 200
    assert logistics.staff.post("/cartons/gather", there).json == []
    scans = {"what": "gathered", "hub": SEMARANG, "scans": [{"sscc": two}, {"sscc": one}]}
    assert [each["outcome"] for each in logistics.staff.post("/scans", scans).json] == [
        "accepted",
        "repeated",
    ]
    assert logistics.counted_in()[-2:] == [(200, 200), (200, 200)]
    stand = {
        each["sscc"]: (each["state"], each["returned_to"]) for each in logistics.staff.get("/cartons").json
    }
    assert stand[one] == stand[two] == ("returned", SEMARANG)
    assert sorted(stand.values(), key=str)[0] == ("departed", None)
    unpacked = logistics.staff.post(
        "/cartons/reports", {"what": "unpacked", "ssccs": [one], "reason": "Sold here."}
    )
    assert (unpacked.status_code, "settled there" in unpacked.text) == (422, True)
    assert logistics.staff.get(f"/shipments/{shipment['id']}").json["pieces"] == 1_000
    page = Visitor(logistics, LOGISTICS).open(f"/logistics/carton/{one}?lang=en")
    assert "came back" in page
