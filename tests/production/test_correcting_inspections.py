"""What an inspection set aside was entered wrongly: an entry of its own corrects it, and what left as a lot stays."""

from typing import Any

import pytest

from services.production.domain.work_order import WorkOrder
from shared.events.production import WorkOrderCompleted, WorkOrderInspected
from shared.refusal import Refused
from shared.web.access import FACILITY, INSPECTOR, KANWIL, TOOL_KEEPER
from tests.clock import today
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_reports import pieces
from tests.production.test_work_order import DAY, a_work_order

WHY = "Tiga buah salah hitung"
SEEN = {"rework_seen": 6, "scrap_seen": 4}


def inspected(
    quantity: int = 100, *, made: int, passed: int, rework: int, scrap: int, tolerance_pct: int = 0
) -> WorkOrder:
    order = a_work_order(quantity)
    order.accept(on=DAY, cleared_until=DAY)
    order.start(on=DAY, cleared_until=DAY)
    order.report(made, kind="made", worked_on=DAY, today=DAY, tolerance_pct=tolerance_pct)
    order.inspect(passed=passed, rework=rework, scrap=scrap, lot="L")
    return order


def test_pieces_go_from_one_heap_to_the_other_or_await_inspection_again() -> None:
    order = inspected(made=60, passed=40, rework=10, scrap=5)
    (told,) = order.correct_inspection(rework=4, scrap=8, rework_seen=10, scrap_seen=5, reason=WHY)
    assert isinstance(told, WorkOrderInspected)
    assert (told.passed, told.rework, told.scrap, told.reason) == (0, -6, 3, WHY)
    assert (order.good, order.rework, order.scrap, order.awaiting) == (40, 4, 8, 8)
    assert (order.made, order.remaining) == (60, 48)


@pytest.mark.parametrize(
    ("rework", "scrap", "field", "says"),
    [
        (10, 5, "rework", "already"),
        (10, 6, "rework", "more than the 15 that were set aside.*tell the hub"),
        (-1, 5, "rework", "from 0"),
        (5, -1, "scrap", "from 0"),
    ],
)
def test_what_was_not_set_aside_is_not_corrected_and_nothing_changes(
    rework: int, scrap: int, field: str, says: str
) -> None:
    order = inspected(made=60, passed=40, rework=10, scrap=5)
    with pytest.raises(Refused, match=says) as refused:
        order.correct_inspection(rework=rework, scrap=scrap, rework_seen=10, scrap_seen=5, reason=WHY)
    assert refused.value.field == field
    assert (order.rework, order.scrap, order.awaiting) == (10, 5, 5)


def test_scrap_that_was_made_again_stays_scrap_beyond_what_the_agreement_takes() -> None:
    order = inspected(made=100, passed=90, rework=0, scrap=10)
    order.report(10, kind="made", worked_on=DAY, today=DAY)
    seen = {"rework_seen": 0, "scrap_seen": 10}
    with pytest.raises(Refused, match="Give 10 or more"):
        order.correct_inspection(rework=0, scrap=9, **seen, reason=WHY)
    with pytest.raises(Refused, match="Give 7 or more"):
        order.correct_inspection(rework=0, scrap=6, **seen, reason=WHY, tolerance_pct=3)
    order.correct_inspection(rework=0, scrap=7, **seen, reason=WHY, tolerance_pct=3)
    assert (order.quantity, order.extra, order.awaiting, order.remaining) == (103, 3, 13, 0)


def test_an_order_of_which_the_rest_was_extra_and_is_scrap_after_all_is_completed_and_says_so() -> None:
    order = inspected(made=102, passed=100, rework=2, scrap=0, tolerance_pct=3)
    assert (order.quantity, order.extra, order.state) == (102, 2, "rework")
    told = order.correct_inspection(
        rework=0, scrap=2, rework_seen=2, scrap_seen=0, reason=WHY, tolerance_pct=3
    )
    assert [type(event) for event in told] == [WorkOrderInspected, WorkOrderCompleted]
    assert (order.quantity, order.extra, order.state) == (100, 0, "completed")


def test_the_correction_is_an_entry_that_others_hear_of_and_nothing_is_owed_for_it(
    shared_out: Production,
) -> None:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(40)).status_code == 200
    assert shared_out.sragen.do(work, "inspect", passed=30, rework=6, scrap=4).status_code == 200
    lots = shared_out.told("lot_released")
    said = {"rework": 5, "scrap": 2, **SEEN, "reason": WHY}
    answer = shared_out.sragen.do(work, "inspection-corrections", **said)
    assert answer.status_code == 200, answer.text
    assert {name: answer.json[name] for name in ("good", "rework", "scrap", "awaiting")} == {
        "good": 30,
        "rework": 5,
        "scrap": 2,
        "awaiting": 3,
    }
    entries = shared_out.sragen.get(f"/work-orders/{work['id']}/inspection-corrections").json
    assert entries == [{"rework": -1, "scrap": -2, "reason": WHY, "corrected_on": today().isoformat()}]
    told = [data for _, data in shared_out.told("work_order_inspected")]
    assert [(each["passed"], each["rework"], each["scrap"], each["reason"]) for each in told] == [
        (30, 6, 4, None),
        (0, -1, -2, WHY),
    ]
    assert shared_out.told("lot_released") == lots
    said |= {"rework_seen": 5, "scrap_seen": 2}
    too_many = shared_out.sragen.do(work, "inspection-corrections", **said | {"scrap": 9})
    assert (too_many.status_code, too_many.json["errors"][0]["field"]) == (422, "rework")
    named = shared_out.sragen.do(work, "inspection-corrections", **said | {"scrap": 1, "reason": "a.n. Anu"})
    assert named.status_code == 422
    assert shared_out.sragen.do(work, "inspect", passed=3, rework=0, scrap=0).json["good"] == 33


@pytest.mark.parametrize("role", [FACILITY, INSPECTOR])
def test_who_inspects_corrects_on_the_page_and_reads_what_was_corrected(
    shared_out: Production, role: str
) -> None:
    work = shared_out.sragen.started()
    shared_out.sragen.do(work, "report", **pieces(40))
    shared_out.sragen.do(work, "inspect", passed=30, rework=6, scrap=4)
    visitor = Visitor(shared_out, role, SRAGEN)
    refused = corrected(visitor, work, rework="9", scrap="4", reason=WHY)
    assert refused.status_code == 422
    for shown in ("13 melebihi 10 yang disisihkan", 'value="9"', f'value="{WHY}"'):
        assert shown in refused.text
    assert corrected(visitor, work, rework="5", scrap="4", reason=WHY).status_code == 303
    for reader, account in ((role, SRAGEN), (TOOL_KEEPER, SRAGEN), (KANWIL, None)):
        page = Visitor(shared_out, reader, account).client.get(address(work)).text
        assert f"dibetulkan: diperbaiki -1, cacat 0: {WHY}" in page
        assert ("Betulkan yang disisihkan" in page) == (reader == role)
    for stranger, account, status in ((TOOL_KEEPER, SRAGEN, 403), (FACILITY, KLATEN, 404)):
        assert corrected(Visitor(shared_out, stranger, account), work).status_code == status


def test_what_happened_since_the_officer_looked_is_not_overwritten(shared_out: Production) -> None:
    """Two were mended meanwhile: that two of the scrap are good does not say that two more are to be mended."""
    work = shared_out.sragen.started()
    shared_out.sragen.do(work, "report", **pieces(40))
    shared_out.sragen.do(work, "inspect", passed=30, rework=6, scrap=4)
    visitor = Visitor(shared_out, FACILITY, SRAGEN)
    page = visitor.client.get(address(work)).text
    for name, count in SEEN.items():
        assert f'<input type="hidden" name="{name}" value="{count}">' in page
    assert shared_out.sragen.do(work, "report", **pieces(2, kind="reworked")).status_code == 200
    for language, now in (
        ("id", "Kini 4 diperbaiki dan 4 cacat: lihat lagi."),
        ("en", "It is 4 to mend and 4 scrap now: look again."),
    ):
        visitor.client.set_cookie("kendi-language", language)
        refused = corrected(visitor, work, rework="6", scrap="2")
        assert (refused.status_code, now in refused.text) == (422, True)
        for shown in (
            'name="rework_seen" value="4"',
            'value="4" id="right-rework"',
            'value="4" id="right-scrap"',
            f'value="{WHY}" id="right-reason"',
        ):
            assert shown in refused.text
    wanted = {"rework": 6, "scrap": 2, "reason": WHY}
    for seen, field in (
        (SEEN, "rework_seen"),
        ({"rework_seen": 4, "scrap_seen": 3}, "scrap_seen"),
        ({"rework_seen": 4}, "scrap_seen"),
        ({"scrap_seen": 4}, "rework_seen"),
    ):
        late = shared_out.sragen.do(work, "inspection-corrections", **wanted, **seen)
        assert (late.status_code, late.json["errors"][0]["field"]) == (422, field)
    assert shared_out.sragen.get(f"/work-orders/{work['id']}/inspection-corrections").json == []
    assert corrected(visitor, work, rework="4", scrap="2", rework_seen="4").status_code == 303


def address(work: dict[str, Any]) -> str:
    return f"/production/work-orders/{work['id']}/inspections"


def corrected(visitor: Visitor, work: dict[str, Any], **typed: str) -> Any:
    token = CSRF_TOKEN.search(visitor.open())
    assert token is not None
    typed = {"rework": "0", "scrap": "0", "rework_seen": "6", "scrap_seen": "4", "reason": WHY} | typed
    return visitor.client.post(f"{address(work)}/correct", data={"csrf_token": token[1], **typed})
