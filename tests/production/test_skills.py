"""Skill: who is skilled enough for an article is asked for it, and the office's changes stay readable."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity
from services.production.domain.facility import ZONES, Zone
from services.production.domain.pool import staffing
from services.production.domain.terms import Needs, Terms, share_out_on_terms
from services.production.handlers.planning import one_plan_at_a_time
from shared.web.access import KANWIL
from tests.awaiting import until_two_wait_for_a_lock
from tests.clock import in_days, today
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Caller,
    Production,
    a_clearance,
    an_item,
    an_order,
)
from tests.production.test_board import Visitor

WOOD = "KW-CHEW-18"
MADE = f"/facilities/{SRAGEN}/capabilities/{FAMILY}"


def able(code: str, level: int = 1, zone: Zone = "workshop") -> Capacity:
    return Capacity(
        facility=code,
        today=today(),
        calendar=Calendar(week=ordinary_week(360)),
        staffing=staffing(20, of=20, pool=()),
        efficiency_pct=80,
        skill_level=level,
        zone=zone,
    )


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 3), min_size=1), st.integers(1, 3))
def test_only_the_skilled_have_a_share_and_of_the_others_the_reason_is_told(
    levels: dict[str, int], needed: int
) -> None:
    planned = share_out_on_terms(
        1_000,
        labour_minutes=14,
        latest=in_days(60),
        today=today(),
        able=[able(code, level) for code, level in levels.items()],
        terms={code: Terms(until=in_days(900)) for code in levels},
        needs=Needs(skill_level=needed),
    )
    skilled = {code for code, level in levels.items() if level >= needed}
    assert {share.facility for share in planned.plan.shares} <= skilled
    assert (planned.plan.unallocated == 0) == bool(skilled)
    below = {code for code, reason in planned.passed_over.items() if reason == "skill_too_low"}
    assert below == levels.keys() - skilled
    assert all(("level" in share.why) == (needed > 1) for share in planned.plan.shares)


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from(ZONES), min_size=1), st.sampled_from(ZONES))
def test_what_is_cut_or_sawn_is_not_made_in_a_block(zones: dict[str, Zone], needed: Zone) -> None:
    planned = share_out_on_terms(
        1_000,
        labour_minutes=14,
        latest=in_days(60),
        today=today(),
        able=[able(code, zone=zone) for code, zone in zones.items()],
        terms={code: Terms(until=in_days(900)) for code in zones},
        needs=Needs(zone=needed),
    )
    barred = {code for code, zone in zones.items() if (zone, needed) == ("block", "workshop")}
    assert {code for code, reason in planned.passed_over.items() if reason == "no_workshop"} == barred
    assert (planned.plan.unallocated == 0) == (barred != zones.keys())


@pytest.fixture
def wood(production: Production) -> Production:
    """The skilled work of coffee wood is wanted, where the first level is not enough."""
    wanted = an_item(WOOD)
    production.hears(type(wanted)(**{**vars(wanted), "family": "coffee_wood"}))
    return production


@pytest.mark.parametrize(
    ("without", "given", "lacking", "reason", "words"),
    [
        ({"skill_level": 1}, {"skill_level": 2}, "skill", "skill_too_low", "belum cukup terampil"),
        ({"zone": "block"}, {"zone": "workshop"}, "workshop", "no_workshop", "bekerja di blok"),
    ],
)
def test_an_article_waits_for_skill_and_a_workshop_and_is_offered_when_the_office_says_there_are(
    wood: Production,
    without: dict[str, Any],
    given: dict[str, Any],
    lacking: str,
    reason: str,
    words: str,
) -> None:
    makers = [
        row["code"]
        for row in wood.office.get("/facilities").json
        if row["producing"]
        and any(
            one["family"] == "coffee_wood"
            for one in wood.office.get(f"/facilities/{row['code']}").json["capabilities"]
        )
    ]
    assert SRAGEN in makers
    made = f"/facilities/{KLATEN}/capabilities/coffee_wood"
    assert wood.office.put(made, {"workers": 5, "skill_level": 2}).status_code == 200
    for code in {*makers, KLATEN}:
        made = f"/facilities/{code}/capabilities/coffee_wood"
        assert wood.office.patch(made, without, "*").status_code == 200
    wood.hears(an_order(sku=WOOD, quantity=100), a_clearance(quantity=100))
    (plan,) = [data for _, data in wood.told("production_planned")]
    assert (plan["unallocated"], plan["lacking"]) == (100, lacking)
    made = f"/facilities/{SRAGEN}/capabilities/coffee_wood"
    assert wood.office.patch(made, given, "*").status_code == 200
    (order,) = wood.sragen.work_orders()
    assert "skilled enough for level 2" in order["why"]
    others = wood.office.get(f"/work-orders/{order['id']}").json["passed_over"]
    assert {"facility": KLATEN, "reason": reason} in others
    assert words in Visitor(wood, KANWIL, None).open()


def test_a_change_leaves_the_rest_and_the_history_tells_what_was_before(production: Production) -> None:
    before = production.sragen.get(MADE)
    changed = production.office.patch(MADE, {"skill_level": 3}, before.headers["ETag"])
    assert changed.status_code == 200, changed.text
    assert {**before.json, "history": [], "skill_level": 3} == {**changed.json, "history": []}
    levels = [(entry["skill_level"], entry["changed_on"]) for entry in changed.json["history"]]
    assert levels == [(3, today().isoformat()), (before.json["skill_level"], None)]
    assert (
        "Semula, coco_rope"
        in Visitor(production, KANWIL, None).client.get(f"/production/facilities/{SRAGEN}").text
    )
    again = production.office.patch(MADE, {"workers": 5}, before.headers["ETag"])
    assert again.status_code == 412, "somebody changed it meanwhile"
    assert production.office.patch(MADE, {"skill_level": 3}, "*").json["history"] == changed.json["history"]


def test_places_that_a_facility_sets_itself_are_a_version_and_an_entry_too(production: Production) -> None:
    before = production.office.get(MADE)
    set_by_itself = {"open_minutes": 360, "workers": {FAMILY: 33}}
    assert production.sragen.put(f"/facilities/{SRAGEN}/capacity", set_by_itself).status_code == 200
    assert production.office.patch(MADE, {"yield_pct": 91}, before.headers["ETag"]).status_code == 412
    history = production.office.get(MADE).json["history"]
    told = [(entry["workers"], entry["changed_on"]) for entry in history]
    assert told == [(33, today().isoformat()), (before.json["workers"], None)]


def test_of_two_changes_at_once_one_is_told_to_read_again(production: Production) -> None:
    (agreement,) = production.office.get("/agreements", facility=SRAGEN).json
    of_agreement = f"/agreements/{agreement['id']}"
    for path, change in ((MADE, {"workers": 5}), (of_agreement, {"valid_to": in_days(3_000).isoformat()})):
        read = production.office.get(path).headers["ETag"]
        callers = [
            Caller(production.client.application.test_client(), production.office.key) for _ in range(2)
        ]
        with ThreadPoolExecutor(2) as beside:
            with production.database.transaction() as session:
                one_plan_at_a_time(session)
                answers = [beside.submit(caller.patch, path, change, read) for caller in callers]
                until_two_wait_for_a_lock(production.database)
            assert sorted(answer.result().status_code for answer in answers) == [200, 412], path


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"skill_level": 4}, "skill_level"),
        ({"workers": -1}, "workers"),
        ({"valid_to": in_days(-1).isoformat()}, "valid_to"),
        ({"valid_from": in_days(9).isoformat(), "valid_to": in_days(3).isoformat()}, "valid_to"),
        ({"remand_workers": 3}, "remand_workers"),
        ({"tahanan": True}, "tahanan"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_change_that_can_not_be_is_refused_by_its_field(
    production: Production, change: dict[str, Any], field: str
) -> None:
    before = production.office.get(MADE).json
    answer = production.office.patch(MADE, change, "*")
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert production.office.get(MADE).json == before


def test_what_a_facility_does_not_make_is_not_there(production: Production) -> None:
    answers = [
        production.office.get(f"/facilities/{SRAGEN}/capabilities/bamboo"),
        production.office.patch(f"/facilities/{SRAGEN}/capabilities/bamboo", {"workers": 1}, "*"),
        production.klaten.get(MADE),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
