"""Scrap is made again; where that can't be in time, the promise moves and says why."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.clock import advance
from tests.clock import today
from tests.production.conftest import Production
from tests.production.test_api import a_report, an_inspection


@pytest.fixture
def made(shared_out: Production) -> dict[str, Any]:
    """A work order with all its pieces made and none inspected."""
    work_order = shared_out.sragen.started()
    reported = shared_out.sragen.do(work_order, "report", **a_report(pieces=work_order["quantity"]))
    work_order_now: dict[str, Any] = reported.json
    return work_order_now


def when_it_is_overdue(production: Production, work_order: dict[str, Any]) -> None:
    with production.database.transaction() as session:
        advance(session, date.fromisoformat(work_order["due"]) - today() + timedelta(days=30))


def test_scrap_that_can_be_made_again_in_time_changes_no_promise(
    shared_out: Production, made: dict[str, Any]
) -> None:
    before = len(shared_out.told("production_planned"))
    checked = shared_out.sragen.do(made, "inspect", **an_inspection(scrap=1)).json
    assert (checked["due"], len(shared_out.told("production_planned"))) == (made["due"], before)


def test_scrap_that_cannot_be_made_again_in_time_moves_the_promise(
    shared_out: Production, made: dict[str, Any]
) -> None:
    _, before = shared_out.told("production_planned")[-1]
    when_it_is_overdue(shared_out, made)
    checked = shared_out.sragen.do(made, "inspect", **an_inspection(scrap=100)).json
    assert date.fromisoformat(checked["due"]) > date.fromisoformat(made["due"])
    _, plan = shared_out.told("production_planned")[-1]
    assert (plan["because"], plan["allocated"]) == ("scrapped", before["allocated"])
    moved = date.fromisoformat(plan["promised_date"]) - date.fromisoformat(before["promised_date"])
    assert moved >= timedelta(days=1)


def test_a_plan_says_what_is_ready_in_time(shared_out: Production) -> None:
    _, plan = shared_out.told("production_planned")[-1]
    assert (plan["because"], plan["in_time"]) == ("cleared", 1_000)
