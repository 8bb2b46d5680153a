"""Daily reports: never changed, corrected by entries of their own, counted once, and flagged when they can't be."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.production.domain.report import Origin, Workshop
from services.production.domain.work_order import WorkOrder
from shared.clock import real_now
from shared.events.production import PiecesCorrected
from shared.refusal import Refused
from tests.clock import today
from tests.production.conftest import FAMILY, SRAGEN, Production, a_clearance, a_pool, an_order, monday
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


def with_capacity(production: Production, workers: int) -> None:
    capacity = {"open_minutes": 140, "workers": {FAMILY: workers}}
    assert production.sragen.put(f"/facilities/{SRAGEN}/capacity", capacity).status_code == 200


def flags(production: Production, work: dict[str, Any]) -> list[bool]:
    return [entry["flagged"] for entry in production.sragen.get(f"/work-orders/{work['id']}/reports").json]


@pytest.mark.parametrize(
    ("workers", "minutes_a_piece", "plausible"),
    [(4, 14, 51), (1, 14, 12), (0, 14, 0), (1, 900, 1), (3, 900, 3), (0, 900, 0)],
)
def test_no_more_is_plausible_in_a_day_than_half_as_much_again_as_there_is_labour_for(
    workers: int, minutes_a_piece: int, plausible: int
) -> None:
    workshop = Workshop(workers=workers, minutes_a_day=workers * 119, minutes_a_piece=minutes_a_piece)
    assert not workshop.has_labour_for(plausible + 1)
    assert workshop.has_labour_for(plausible) is bool(plausible)


def test_whatever_is_reported_where_nobody_is_there_to_work_is_flagged(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    with_capacity(shared_out, 0)
    assert shared_out.sragen.do(work, "report", **pieces(1)).status_code == 200
    assert flags(shared_out, work) == [True]


def test_who_is_there_on_the_day_counts_and_not_the_places(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    with_capacity(shared_out, 60)
    nobody = a_pool(week=monday().isoformat(), eligible=0, consenting=0)
    for pool in (nobody, a_pool(week=monday(1).isoformat())):
        assert shared_out.sragen.put(f"/facilities/{SRAGEN}/pool", pool).status_code == 200
    assert shared_out.sragen.do(work, "report", **pieces(1)).status_code == 200
    assert flags(shared_out, work) == [True]


def test_a_day_that_nobody_can_have_worked_on_is_refused_by_its_field(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    for day in ("0001-01-01", "9999-12-31"):
        answer = shared_out.sragen.do(work, "report", **pieces(1, worked_on=day))
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "worked_on")


def test_work_orders_of_one_workshop_are_flagged_for_what_they_make_together(shared_out: Production) -> None:
    other = UUID(int=43)
    shared_out.hears(an_order(order_id=other), a_clearance(order_id=other))
    works = shared_out.sragen.work_orders(state="offered")
    for work in works:
        for action in ("accept", "start"):
            assert shared_out.sragen.do(work, action).status_code == 200
    with_capacity(shared_out, 4)
    for work in works:
        assert shared_out.sragen.do(work, "report", **pieces(40)).status_code == 200
    first, second = works[:2]
    assert (flags(shared_out, first), flags(shared_out, second)) == ([False], [True])
    (entry,) = shared_out.sragen.get(f"/work-orders/{first['id']}/reports").json
    more = {"pieces": 41, "reason": "satu buah terlupa"}
    assert (
        shared_out.sragen.post(f"/work-orders/{first['id']}/reports/{entry['id']}/correct", more).status_code
        == 200
    )
    assert flags(shared_out, first) == [False, True]


def test_more_than_a_day_and_a_half_of_work_is_taken_and_flagged_until_the_head_has_looked(
    shared_out: Production,
) -> None:
    with_capacity(shared_out, 4)
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
