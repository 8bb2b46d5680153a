"""What is cleared for free workers alone is made in a free workshop, and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from services.production.open_work import open_work
from services.production.storage import demand
from shared.web.access import FACILITY, create_key
from tests.production.conftest import (
    FAMILY,
    SRAGEN,
    Caller,
    Production,
    a_clearance,
    a_week,
    an_order,
    particulars,
)
from tests.production.test_access_matrix import NEW_AGREEMENT
from tests.production.test_api import a_report, an_inspection
from tests.production.test_quoting import a_quote

WORKSHOP = "WRK-CTH"
HERE = f"/facilities/{WORKSHOP}"


def bring_in(production: Production, lane: str = "free") -> Caller:
    """A workshop outside the prisons, with workers, hours and an agreement."""
    answer = production.office.put(HERE, particulars(kind="workshop", lane=lane))
    assert answer.status_code in (200, 201), answer.text
    production.office.put(f"{HERE}/calendar/week", a_week())
    production.office.put(f"{HERE}/capabilities/{FAMILY}", {"workers": 60, "yield_pct": 90})
    agreed = {**NEW_AGREEMENT, "facility": WORKSHOP, "partner": "CHEWY-LOUIS", "lanes": [lane]}
    assert production.office.post("/agreements", agreed).status_code == 201
    with production.database.transaction() as session:
        return Caller(
            production.client, create_key(session, name="workshop", role=FACILITY, account=WORKSHOP)
        )


def change_lane(production: Production, lane: str) -> None:
    assert production.office.put(HERE, particulars(kind="workshop", lane=lane)).status_code == 200


def at(production: Production) -> dict[str, int]:
    """Pieces of live work by facility."""
    rows = production.office.work_orders()
    return {row["facility"]: row["quantity"] for row in rows if row["state"] not in ("cancelled", "declined")}


def newest_plan(production: Production) -> dict[str, Any]:
    return production.told("production_planned")[-1][1]


def test_free_work_is_shared_out_to_free_workshops_alone_and_others_are_told_why(
    production: Production,
) -> None:
    bring_in(production)
    production.hears(an_order(), a_clearance(lane="free"))
    assert at(production) == {WORKSHOP: 1_000}
    assert (newest_plan(production)["unallocated"], newest_plan(production)["lane"]) == (0, "free")
    (row,) = production.office.work_orders()
    others = production.office.get(f"/work-orders/{row['id']}").json["passed_over"]
    assert {"facility": SRAGEN, "reason": "other_lane"} in others


@pytest.mark.parametrize("lane", ["custodial", "parole_community"])
def test_where_no_free_workshop_is_the_plan_says_so_until_there_is_one(
    production: Production, lane: str
) -> None:
    bring_in(production, lane)
    production.hears(an_order(), a_clearance(lane="free"))
    plan = newest_plan(production)
    assert (plan["allocated"], plan["unallocated"], plan["lacking"]) == (0, 1_000, "workshop")
    agreed = {
        **NEW_AGREEMENT,
        "number": "PKS-2",
        "facility": WORKSHOP,
        "partner": "CHEWY-LOUIS",
        "lanes": ["free"],
    }
    assert production.office.post("/agreements", agreed).status_code == 201
    assert at(production) == {}
    change_lane(production, "free")
    assert at(production) == {WORKSHOP: 1_000}
    assert newest_plan(production)["lacking"] is None


def test_what_others_were_offered_is_taken_back_when_the_line_is_cleared_for_free_workers(
    production: Production,
) -> None:
    bring_in(production)
    production.hears(an_order(quantity=40_000), a_clearance(quantity=40_000))
    assert at(production).keys() > {WORKSHOP}
    production.hears(a_clearance(quantity=40_000, lane="free"))
    plan = newest_plan(production)
    assert at(production).keys() == {WORKSHOP} == {each["facility"] for each in plan["allocations"]}
    assert (plan["allocated"], plan["unallocated"]) == (40_000, 0)


def test_a_new_plan_of_all_open_work_moves_nothing_out_of_the_free_workshop(production: Production) -> None:
    bring_in(production)
    production.hears(an_order(quantity=90_000), a_clearance(quantity=90_000, lane="free"))
    assert at(production).keys() == {WORKSHOP}
    with production.database.transaction() as session:
        (line,) = open_work(session).lines
    assert line.facilities == [WORKSHOP]
    assert line.barred[SRAGEN] == "other_lane"


def test_a_quote_for_free_workers_promises_what_free_workshops_can_make(production: Production) -> None:
    asked = a_quote(1_000)
    free = replace(
        asked, lines=tuple(replace(line, lane="free") for line in asked.lines), buyer="CHEWY-LOUIS"
    )
    production.hears(free)
    ((_, answer),) = production.told("quote_answered")
    assert (answer["lines"][0]["promised_date"], answer["lines"][0]["lacking"]) == (None, "workshop")
    bring_in(production)
    production.hears(replace(free, quote_id=an_order().order_id))
    (promised,) = production.told("quote_answered")[-1][1]["lines"]
    production.hears(an_order(), a_clearance(lane="free"))
    assert promised["promised_date"] == newest_plan(production)["promised_date"] is not None


@pytest.mark.parametrize("steps", [[], ["accept"]], ids=["offered", "accepted"])
def test_what_a_place_has_not_begun_is_taken_back_when_it_is_free_no_more_and_planned_elsewhere(
    production: Production, steps: list[str]
) -> None:
    workshop = bring_in(production)
    production.hears(an_order(), a_clearance(lane="free"))
    (offered,) = workshop.work_orders()
    for step in steps:
        assert workshop.do(offered, step).status_code == 200
    change_lane(production, "custodial")
    plan = newest_plan(production)
    assert (at(production), plan["allocated"], plan["unallocated"]) == ({}, 0, 1_000)
    assert (plan["because"], plan["lacking"]) == ("enabled", "workshop")
    change_lane(production, "free")
    assert at(production) == {WORKSHOP: 1_000}


@pytest.mark.parametrize("steps", [["accept"], ["accept", "start"]], ids=lambda steps: steps[-1])
def test_nobody_accepts_or_begins_what_is_cleared_for_free_workers_alone(
    production: Production, steps: list[str]
) -> None:
    """Nobody is left with such work, whatever changes; what were left is refused."""
    production.hears(an_order(), a_clearance())
    (offered,) = production.sragen.work_orders()
    *before, last = steps
    for step in before:
        assert production.sragen.do(offered, step).status_code == 200
    with production.database.transaction() as session:
        session.execute(update(demand).values(lane="free"))
    refused = production.sragen.do(offered, last)
    assert (refused.status_code, "free workers alone" in refused.text) == (422, True)


def test_a_place_that_becomes_stricter_while_work_is_under_way_frees_no_lot(production: Production) -> None:
    """None becomes less strict meanwhile; see test_facility_pages."""
    workshop = bring_in(production)
    for caller, code in ((production.sragen, SRAGEN), (production.klaten, "LPS-KLT")):
        caller.put(f"/facilities/{code}/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    production.hears(an_order(quantity=300), a_clearance(quantity=300))
    work_order = workshop.started()
    workshop.do(work_order, "report", **a_report(pieces=10))
    change_lane(production, "custodial")
    assert workshop.do(work_order, "inspect", **an_inspection(passed=10)).status_code == 200
    assert [lot["lane"] for _, lot in production.told("lot_released")] == ["custodial"]
