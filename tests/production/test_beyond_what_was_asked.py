"""Pieces beyond what was asked for: none without a tolerance in the agreement, and within it they add up everywhere."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from kendi.doctor.reading import QUANTITIES
from services.production.domain.agreement import MOST_TOLERANCE_PCT
from services.production.loading import load
from services.production.storage import agreement
from shared import reference
from shared.events.production import PiecesCorrected, WorkOrderCompleted
from shared.reference import BadReference
from shared.refusal import Refused
from shared.web.access import FACILITY, KANWIL
from tests.clock import in_days, today
from tests.production.conftest import SRAGEN, Production, a_clearance, an_order
from tests.production.test_agreements import request
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_work_order import DAY, made, started


@pytest.fixture
def tolerant(production: Production) -> Production:
    """Sragen alone has work, 1,000 pieces, and its agreement allows 2 % more."""
    with production.database.transaction() as session:
        session.execute(update(agreement).where(agreement.c.facility == SRAGEN).values(tolerance_pct=2))
        session.execute(update(agreement).where(agreement.c.facility != SRAGEN).values(valid_to=in_days(-1)))
    production.hears(an_order(), a_clearance())
    return production


def reported(production: Production, work: dict[str, Any], pieces: int) -> Any:
    return production.sragen.do(work, "report", pieces=pieces, kind="made", worked_on=today().isoformat())


def now(production: Production, work: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = production.sragen.get(f"/work-orders/{work['id']}").json
    return shown


def test_scrap_uses_up_what_is_extra_before_anything_is_made_again() -> None:
    order = started(100)
    order.report(103, kind="made", worked_on=DAY, today=DAY, tolerance_pct=3)
    assert (order.quantity, order.extra, order.remaining) == (103, 3, 0)
    order.inspect(passed=50, rework=0, scrap=2, lot="L1")
    assert (order.quantity, order.extra, order.remaining, order.state) == (101, 1, 0, "awaiting_qc")
    lot = order.inspect(passed=51, rework=0, scrap=0, lot="L2")[1]
    assert (lot.quantity, lot.extra, order.state) == (51, 1, "completed")  # type: ignore[attr-defined]


def test_a_correction_takes_back_what_was_extra() -> None:
    order = started(100)
    order.report(102, kind="made", worked_on=DAY, today=DAY, tolerance_pct=3)
    order.reports[0].id = 1
    order.correct(1, pieces=100, reason="Salah hitung", tolerance_pct=3)
    assert (order.quantity, order.extra, order.remaining) == (100, 0, 0)
    with pytest.raises(Refused, match="104 is more than the 103 that the agreement"):
        order.correct(1, pieces=104, reason="Salah hitung", tolerance_pct=3)


def test_an_order_whose_last_piece_beyond_was_a_mistake_is_told_to_be_complete() -> None:
    order = started(100)
    order.report(101, kind="made", worked_on=DAY, today=DAY, tolerance_pct=3)
    order.reports[0].id = 1
    order.inspect(passed=100, rework=0, scrap=0, lot="L1")
    corrected, completed = order.correct(1, pieces=100, reason="Salah hitung", tolerance_pct=3)
    assert (order.state, type(corrected)) == ("completed", PiecesCorrected)
    assert isinstance(completed, WorkOrderCompleted) and completed.good == 100


def test_what_is_less_than_a_piece_is_not_allowed() -> None:
    order = started(33)
    assert (order.room(3), started(34).room(3)) == (33, 35)
    made(order, 33)
    assert order.room(3) == 0


def test_without_a_tolerance_nothing_beyond_is_taken(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    refused = reported(shared_out, work, work["quantity"] + 1)
    assert refused.status_code == 422
    assert f"more than the {work['quantity']} that remain" in refused.text
    assert now(shared_out, work)["extra"] == 0


def test_what_the_agreement_allows_is_taken_and_the_refusal_says_the_most(tolerant: Production) -> None:
    work = tolerant.sragen.started()
    refused = reported(tolerant, work, 1_021)
    assert refused.status_code == 422
    assert refused.json["errors"][0] == {
        "field": "pieces",
        "message": "1021 is more than the 1020 that the agreement (PKS) still allows.",
    }
    assert now(tolerant, work)["made"] == 0
    assert reported(tolerant, work, 1_015).status_code == 200
    shown = now(tolerant, work)
    assert (shown["quantity"], shown["extra"], shown["remaining"]) == (1_015, 15, 0)


def test_the_lot_tells_what_is_extra_and_plans_do_not_count_it(tolerant: Production) -> None:
    work = tolerant.sragen.started()
    assert reported(tolerant, work, 1_015).status_code == 200
    assert tolerant.sragen.do(work, "inspect", passed=1_015, rework=0, scrap=0).status_code == 200
    ((_, lot),) = tolerant.told("lot_released")
    assert (lot["quantity"], lot["extra"]) == (1_015, 15)
    assert tolerant.told("work_order_completed")[0][1]["good"] == 1_015
    tolerant.hears(a_clearance())
    assert len(tolerant.office.work_orders()) == 1
    with tolerant.database.transaction() as session:
        row = session.connection().exec_driver_sql(QUANTITIES["production"]["production work orders"]).one()
    assert (row.allocated, row.started, row.good, row.extra) == (1_000, 1_000, 1_015, 15)


def test_what_one_facility_made_more_is_not_taken_from_the_others(shared_out: Production) -> None:
    with shared_out.database.transaction() as session:
        session.execute(update(agreement).values(tolerance_pct=3))
    work = shared_out.sragen.started()
    assert reported(shared_out, work, work["quantity"] * 103 // 100).status_code == 200
    (theirs,) = shared_out.klaten.work_orders()
    assert shared_out.klaten.do(theirs, "decline", reason="Bengkel penuh").status_code == 200
    plan = shared_out.told("production_planned")[-1][1]
    asked = sum(
        order["quantity"] - order["extra"] for order in shared_out.office.work_orders(state="offered")
    )
    assert plan["allocated"] + plan["unallocated"] == work["quantity"] + theirs["quantity"]
    assert plan["allocated"] == work["quantity"] + asked


def test_a_tolerance_is_a_whole_number_up_to_three(production: Production) -> None:
    with production.database.transaction() as session:
        session.execute(update(agreement).values(valid_to=in_days(-1)))
    for wrong in (-1, MOST_TOLERANCE_PCT + 1, "1.5", 1.5):
        refused = production.office.post("/agreements", request(tolerance_pct=wrong))
        assert refused.status_code == 422
        assert refused.json["errors"][0]["field"] == "tolerance_pct"
        assert "from 0 to 3" in refused.text
    agreed = production.office.post("/agreements", request(tolerance_pct=3))
    assert (agreed.status_code, agreed.json["tolerance_pct"]) == (201, 3)
    path = f"/agreements/{agreed.json['id']}"
    amended = production.office.patch(path, {"tolerance_pct": 1}, agreed.headers["ETag"])
    assert (amended.status_code, amended.json["tolerance_pct"]) == (200, 1)


def test_the_office_agrees_on_a_tolerance_on_the_page(production: Production) -> None:
    office = Visitor(production, KANWIL, None)
    (mine,) = production.sragen.get("/agreements").json

    def amend(per_cent: str) -> TestResponse:
        token = CSRF_TOKEN.search(office.client.get("/production/agreements").text)
        assert token is not None
        typed = {"valid_to": in_days(900).isoformat(), "tariffs": "CR-BALL-07 2943", "version": "1"}
        form = {"csrf_token": token[1], **typed, "tolerance_pct": per_cent}
        return office.client.post(f"/production/agreements/{mine['id']}/amend", data=form)

    refused = amend("4")
    assert (refused.status_code, "dari 0 sampai 3" in refused.text) == (422, True)
    assert amend("2").status_code == 303
    assert production.sragen.get("/agreements").json[0]["tolerance_pct"] == 2
    assert "sampai 2 %" in office.client.get("/production/agreements").text


def test_the_board_lets_the_last_report_be_of_more(tolerant: Production) -> None:
    sragen = Visitor(tolerant, FACILITY, SRAGEN)
    work = tolerant.sragen.started()
    assert reported(tolerant, work, 990).status_code == 200
    page = sragen.open()
    assert ('data-most="30"' in page, 'data-slip="agreed-slip"' in page) == (True, True)
    day = today().isoformat()
    assert sragen.submit(work, "report", kind="made", pieces="25", worked_on=day).status_code == 303
    assert "15 di antaranya melebihi permintaan" in sragen.open()


def test_a_file_of_agreements_names_the_tolerance(production: Production, tmp_path: Path) -> None:
    folder = tmp_path / "reference"
    folder.mkdir()
    for each in reference.FOLDER.iterdir():
        if each.name not in ("agreements.yaml", "premi.yaml"):
            (folder / each.name).symlink_to(each)
    schemes = (reference.FOLDER / "premi.yaml").read_text()
    (folder / "premi.yaml").write_text(schemes.replace("DEMO-PKS", "NEW-PKS"))
    renewed = (reference.FOLDER / "agreements.yaml").read_text()
    for before, after in (
        ("DEMO-PKS", "NEW-PKS"),
        ("2035-12-31", "2040-12-31"),
        ("2025-01-01", "2036-01-01"),
        ("    lanes: [custodial]\n", "    lanes: [custodial]\n    tolerance_pct: 4\n"),
    ):
        renewed = renewed.replace(before, after)
    (folder / "agreements.yaml").write_text(renewed)
    with production.database.transaction() as session, pytest.raises(BadReference, match="from 0 to 3"):
        load(session, folder)
    (folder / "agreements.yaml").write_text(renewed.replace("tolerance_pct: 4", "tolerance_pct: 3"))
    with production.database.transaction() as session:
        load(session, folder)
        new = agreement.c.number.like("NEW-PKS%")
        kept = session.execute(select(agreement.c.tolerance_pct).where(new).distinct())
        assert kept.scalars().all() == [3]
