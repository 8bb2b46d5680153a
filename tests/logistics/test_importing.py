"""A carrier sends its milestones as a table, late, twice and in no order; each row is answered."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from services.logistics.storage import shipment as shipments
from tests.awaiting import until_somebody_waits_for_a_lock
from tests.logistics.conftest import (
    CONTAINER,
    SRAGEN,
    Caller,
    Logistics,
    a_booking,
    a_clearance,
    a_declaration,
    a_lot,
)
from tests.logistics.test_correcting import a_key, at, sealed, told
from tests.logistics.test_regrouping import sealed_in, two_lots, two_shipments

__all__ = ["sealed", "two_lots", "two_shipments"]

HEADER = "shipment;milestone;dcsa;place;occurred_at"


def send(
    logistics: Logistics, caller: Caller, *rows: str, key: str = "1", header: str = HEADER
) -> TestResponse:
    return logistics.client.post(
        "/logistics/v1/milestones/import",
        data="\n".join([header, *rows]),
        content_type="text/csv",
        headers={"Authorization": f"Bearer {caller.key}", "Idempotency-Key": f"{caller.key[:12]}-{key}"},
    )


def test_each_row_holds_or_is_refused_by_itself_and_the_same_file_again_changes_nothing(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    rows = (
        f"{sealed['number']};LOADED;;IDSRG;{at(-1)}",
        f"{CONTAINER};;EQUIPMENT GTIN;IDSRG;{at(-2)}",
        f"{sealed['number']};DELIVERED;;BEANR;{at(-0.5)}",
        f"SHP-1999-0001;GATE_IN;;IDSRG;{at(-2)}",
        f"{sealed['number']};GATE_IN;;IDSRG;yesterday",
        "too;few",
    )
    carrier = a_key(logistics, a_booking()["carrier"])
    answer = send(logistics, carrier, *rows)
    assert answer.status_code == 200, answer.text
    assert [(row["line"], row["outcome"], row["field"]) for row in answer.json] == [
        (2, "recorded", None),
        (3, "recorded", None),
        (4, "refused", "milestone"),
        (5, "refused", "shipment"),
        (6, "refused", "occurred_at"),
        (7, "refused", "row"),
    ]
    again = send(logistics, carrier, *rows, key="2").json
    assert [row["outcome"] for row in again[:3]] == ["known", "known", "refused"]
    recorded = [data["milestone"] for data in told(logistics, "milestone_recorded")]
    assert recorded[-2:] == ["GATE_IN", "LOADED"]


def test_trouble_and_its_end_come_in_one_file_after_what_it_bars(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    carrier = a_key(logistics, a_booking()["carrier"])
    number = sealed["number"]
    send(
        logistics, carrier, f"{number};GATE_IN;;IDSRG;{at(-2.5)}", f"{number};LOADED;;IDSRG;{at(-1)}", key="1"
    )
    rows = (
        f"{number};QUARANTINE_HOLD;;IDSRG;{at(-2)}",
        f"{number};QUARANTINE_RELEASED;;IDSRG;{at(-1.5)}",
    )
    answer = send(logistics, carrier, *rows, key="2")
    assert [row["outcome"] for row in answer.json] == ["recorded", "recorded"]


def test_a_container_means_the_live_shipment_in_it(logistics: Logistics, sealed: dict[str, Any]) -> None:
    assert logistics.change(sealed, "declaration", a_declaration()).status_code == 200
    for action in ("declaration/cancel", "cancel"):
        assert logistics.change(sealed, action, {"reason": "no room"}).status_code == 200, action
    by_number, by_container = send(
        logistics,
        logistics.staff,
        f"{sealed['number']};GATE_IN;;IDSRG;{at(-1)}",
        f"{CONTAINER};GATE_IN;;IDSRG;{at(-1)}",
    ).json
    assert (by_number["outcome"], "nothing more happens to it" in by_number["detail"]) == ("refused", True)
    assert by_container["detail"].startswith(f"There is no shipment {CONTAINER}")


def test_what_carries_several_shipments_means_none_of_them_also_once_one_is_there(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    numbers = ", ".join(sorted(each["number"] for each in two_shipments))
    for shipment in two_shipments:
        assert sealed_in(logistics, shipment, CONTAINER, equipment="LCL").status_code == 200
    reports = [f"{CONTAINER};PEB_SUBMITTED;;IDSRG;{at(0)}"]
    reports += [f"{each['number']};PEB_SUBMITTED;;IDSRG;{at(0)}" for each in two_shipments]
    shared, *each_its_own = send(logistics, logistics.staff, *reports).json
    assert (shared["outcome"], shared["field"]) == ("refused", "shipment")
    assert shared["detail"] == f"{CONTAINER} carries {numbers}: give the number of the shipment."
    assert [row["outcome"] for row in each_its_own] == ["recorded", "recorded"]
    first = two_shipments[0]
    for code in ("NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        assert logistics.record(first, code).status_code == 200
    for code in ("DISCHARGED", "IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(first, code, "BEANR").status_code == 200
    (shared,) = send(logistics, logistics.staff, f"{CONTAINER};NPE_ISSUED;;IDSRG;{at(0)}", key="2").json
    assert numbers in shared["detail"]


def test_a_truck_that_came_back_means_what_it_carries_now(
    logistics: Logistics, two_shipments: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = two_shipments
    assert sealed_in(logistics, first, "H 1234 XY", equipment="LCL").status_code == 200
    assert sealed_in(logistics, second, "H 1234 XY", equipment="LCL", vessel="MV Later").status_code == 200
    (row,) = send(logistics, logistics.staff, f"H 1234 XY;PEB_SUBMITTED;;IDSRG;{at(0)}").json
    assert (row["outcome"], row["field"]) == ("refused", "shipment")
    for code in ("PEB_SUBMITTED", "NPE_ISSUED", "GATE_IN", "LOADED", "VESSEL_DEPARTED"):
        assert logistics.record(second, code).status_code == 200
    for code in ("DISCHARGED", "IMPORT_CLEARED", "DELIVERED"):
        assert logistics.record(second, code, "BEANR").status_code == 200
    (row,) = send(logistics, logistics.staff, f"H 1234 XY;PEB_SUBMITTED;;IDSRG;{at(0)}", key="2").json
    assert row["outcome"] == "recorded", row
    assert logistics.staff.get(f"/shipments/{first['id']}").json["state"] == "stuffed_sealed"


def test_of_another_carrier_there_is_no_shipment(logistics: Logistics, sealed: dict[str, Any]) -> None:
    rival = a_key(logistics, "Other line")
    (row,) = send(logistics, rival, f"{sealed['number']};GATE_IN;;IDSRG;{at(-1)}").json
    assert (row["outcome"], row["field"]) == ("refused", "shipment")


@pytest.mark.parametrize("header", ["shipment;place;occurred_at", f"{HEADER};mood", f"{HEADER};place", ""])
def test_a_file_with_other_columns_is_refused_as_a_whole(logistics: Logistics, header: str) -> None:
    answer = send(logistics, logistics.staff, "a;b;c", header=header)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "file")


def test_shipments_of_a_file_are_held_in_the_order_in_which_everybody_holds_them(
    logistics: Logistics, sealed: dict[str, Any]
) -> None:
    logistics.hears(a_clearance(2))
    logistics.gathered(a_lot("SRG-2503-003", line=2, sku="CW-BALL-09"))
    later = logistics.staff.post("/shipments", {"hub": SRAGEN, "destination": "BE"}).json
    rows = (f"{later['number']};GATE_IN;;IDSRG;{at(-2)}", f"{sealed['number']};GATE_IN;;IDSRG;{at(-1)}")
    one = select(shipments.c.id).with_for_update(nowait=True)
    with ThreadPoolExecutor(1) as threads:
        with logistics.database.transaction() as session:
            session.execute(one.where(shipments.c.number == sealed["number"])).all()
            sent = threads.submit(send, logistics, logistics.staff, *rows)
            until_somebody_waits_for_a_lock(logistics.database)
            session.execute(one.where(shipments.c.number == later["number"])).all()
        assert [row["outcome"] for row in sent.result().json] == ["refused", "recorded"]
