"""Daily reports: never changed, corrected by entries of their own, counted once, and flagged when they can't be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.production.domain.report import Origin
from services.production.domain.work_order import WorkOrder
from shared.clock import real_now
from shared.events.production import PiecesCorrected
from shared.refusal import Refused
from tests.production.conftest import FAMILY, SRAGEN, Production, today
from tests.production.test_work_order import DAY, made, started

CLIENT = "0195c1a2-7b3c-7def-8abc-0123456789ab"


def numbered(order: WorkOrder) -> WorkOrder:
    """The reports with the numbers that the database gives."""
    for number, entry in enumerate(order.reports, 1):
        entry.id = number
    return order


def pieces(count: int, **more: Any) -> dict[str, Any]:
    return {"pieces": count, "kind": "made", "worked_on": today().isoformat(), **more}


def test_a_correction_is_one_more_entry_and_the_counts_follow() -> None:
    order = started(100)
    made(order, 60)
    (told,) = numbered(order).correct(1, pieces=53, reason="dihitung dua kali")
    assert isinstance(told, PiecesCorrected)
    assert (told.pieces, told.reason, order.made, order.awaiting) == (-7, "dihitung dua kali", 53, 53)
    assert [(entry.pieces, entry.corrects) for entry in order.reports] == [(60, None), (-7, 1)]
    numbered(order).correct(1, pieces=100, reason="satu karung terlupa")
    assert (order.made, order.remaining) == (100, 0)


@pytest.mark.parametrize(
    ("corrected", "said"),
    [
        (49, "50 or more"),
        (-1, "50 or more"),
        (101, "101 is more than the 100 that remain"),
        (60, "60 already"),
    ],
)
def test_a_correction_takes_nothing_back_that_was_inspected_and_adds_no_more_than_remains(
    corrected: int, said: str
) -> None:
    order = started(100)
    made(order, 60)
    order.inspect(passed=50, rework=0, scrap=0, lot="L")
    with pytest.raises(Refused, match=said) as refusal:
        numbered(order).correct(1, pieces=corrected, reason="salah hitung")
    assert (refusal.value.field, order.made) == ("pieces", 60)


def test_a_correction_is_not_corrected_but_the_report_again() -> None:
    order = started(100)
    made(order, 60)
    numbered(order).correct(1, pieces=53, reason="salah hitung")
    for number in (2, 3):
        with pytest.raises(Refused, match="no correction itself"):
            numbered(order).correct(number, pieces=1, reason="salah hitung")


def test_what_two_devices_or_two_taps_send_twice_counts_once(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    clock = (real_now() - timedelta(days=4000)).isoformat()
    for _ in range(2):
        answer = shared_out.sragen.do(work, "report", **pieces(10, client_id=CLIENT, device_at=clock))
        assert (answer.status_code, answer.json["made"]) == (200, 10)
    (entry,) = shared_out.sragen.get(f"/work-orders/{work['id']}/reports").json
    assert (entry["pieces"], entry["client_id"], entry["device_at"][:4]) == (10, CLIENT, clock[:4])
    assert entry["reported_at"][:4] == f"{real_now().year}"
    other = shared_out.sragen.do(work, "report", **pieces(11, client_id=CLIENT))
    assert (other.status_code, other.json["errors"][0]["field"]) == (422, "client_id")
    assert len(shared_out.told("pieces_reported")) == 1


def test_the_same_report_is_no_other_one_even_after_the_work_was_finished() -> None:
    order = started(10)
    origin = Origin(client_id=UUID(CLIENT))
    order.report(10, kind="made", worked_on=DAY, today=DAY, origin=origin)
    order.inspect(passed=10, rework=0, scrap=0, lot="L")
    assert order.report(10, kind="made", worked_on=DAY, today=DAY, origin=origin) == []
    assert (order.state, order.made) == ("completed", 10)


def test_more_than_twice_a_days_work_is_taken_and_flagged_until_the_head_has_looked(
    shared_out: Production,
) -> None:
    capacity = {"open_minutes": 140, "workers": {FAMILY: 4}}
    assert shared_out.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity).status_code == 200
    work = shared_out.sragen.started()
    head = shared_out.head
    entries = f"/work-orders/{work['id']}/reports"
    for _ in range(2):
        assert shared_out.sragen.do(work, "report", **pieces(40)).status_code == 200
    first, second = shared_out.sragen.get(entries).json
    assert [first["flagged"], second["flagged"]] == [False, True]
    seen = f"{entries}/{second['id']}/acknowledge"
    assert shared_out.sragen.post(seen, {}).status_code == 403
    assert head.post(f"{entries}/{first['id']}/acknowledge", {}).status_code == 422
    assert head.post(seen, {}).status_code == 200
    assert head.get(entries).json[1]["acknowledged_on"] == today().isoformat()


def test_a_report_is_corrected_by_the_api_with_a_reason(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(10)).status_code == 200
    entries = f"/work-orders/{work['id']}/reports"
    (entry,) = shared_out.sragen.get(entries).json
    answer = shared_out.sragen.post(
        f"{entries}/{entry['id']}/correct", {"pieces": 8, "reason": "dua buah milik pesanan lain"}
    )
    assert (answer.status_code, answer.json["made"]) == (200, 8)
    assert shared_out.reports() == [("made", 10), ("made", -2)]
    assert [data["pieces"] for _, data in shared_out.told("pieces_corrected")] == [-2]
