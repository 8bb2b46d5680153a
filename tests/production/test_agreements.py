"""Agreements: who may be offered work for a partner, in which days; and lines that wait for one."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy import update

from services.production.domain.agreement import Agreement, covered_until, stand_alone
from services.production.storage import agreement
from shared.clock import advance
from shared.refusal import Refused
from shared.web.access import FACILITY, KANWIL
from tests.clock import in_days, today
from tests.production.conftest import KLATEN, SRAGEN, Production, a_clearance, an_order
from tests.production.test_board import CSRF_TOKEN, Visitor

DAY = date(2026, 1, 5)


def agreed(first: int, last: int, *, lanes: tuple[str, ...] = ("custodial",), number: str = "A") -> Agreement:
    return Agreement(
        id=UUID(int=1),
        number=number,
        partner="CHEWY-LOUIS",
        facility=SRAGEN,
        lanes=list(lanes),
        valid_from=DAY + timedelta(days=first),
        valid_to=DAY + timedelta(days=last),
    )


def request(**changes: Any) -> dict[str, Any]:
    return {
        "number": "PKS-1/2026",
        "partner": "CHEWY-LOUIS",
        "facility": SRAGEN,
        "lanes": ["custodial"],
        "valid_from": today().isoformat(),
        "valid_to": in_days(3_000).isoformat(),
        "tariffs": {"CR-BALL-07": "2943.00"},
        **changes,
    }


@pytest.fixture
def without(production: Production) -> Production:
    """Nobody has an agreement: all ended yesterday."""
    with production.database.transaction() as session:
        session.execute(update(agreement).values(valid_to=in_days(-1)))
    return production


def test_the_state_follows_from_the_day() -> None:
    one = agreed(1, 3)
    assert [one.state_on(DAY + timedelta(days=n)) for n in range(5)] == [
        "upcoming",
        "in_force",
        "in_force",
        "in_force",
        "over",
    ]
    one.end(on=DAY + timedelta(days=2), reason="Both agree.", today=DAY + timedelta(days=1))
    assert one.state_on(DAY + timedelta(days=3)) == "over"


def test_no_two_are_in_force_for_one_partner_facility_and_lane() -> None:
    with pytest.raises(Refused, match="A covers the same partner"):
        stand_alone(agreed(3, 9, number="B"), [agreed(0, 3)])
    stand_alone(agreed(4, 9, number="B"), [agreed(0, 3)])
    stand_alone(agreed(0, 9, number="B", lanes=("free",)), [agreed(0, 3)])


@given(st.lists(st.tuples(st.integers(-5, 30), st.integers(0, 10)), max_size=6))
def test_days_are_covered_as_far_as_agreements_follow_on_each_other(spans: list[tuple[int, int]]) -> None:
    some = [agreed(first, first + length) for first, length in spans]
    covered = {
        DAY + timedelta(days=n)
        for n in range(60)
        if any(one.state_on(DAY + timedelta(days=n)) == "in_force" for one in some)
    }
    until = covered_until(some, today=DAY)
    if until is None:
        assert DAY not in covered
    else:
        days = {DAY + timedelta(days=n) for n in range((until - DAY).days + 1)}
        assert days <= covered


def test_without_an_agreement_nobody_is_asked_and_the_plan_says_so(without: Production) -> None:
    without.hears(an_order(), a_clearance())
    ((_, plan),) = without.told()
    assert (plan["allocated"], plan["unallocated"], plan["lacking"]) == (0, 1_000, "agreement")


def test_an_agreement_lets_waiting_lines_be_shared_out_at_once(without: Production) -> None:
    without.hears(an_order(), a_clearance())
    answer = without.office.post("/agreements", request())
    assert answer.status_code == 201, answer.text
    assert (answer.json["state"], answer.json["tariffs"]) == ("in_force", {"CR-BALL-07": "2943.00"})
    (mine,) = without.sragen.work_orders()
    assert mine["quantity"] == 1_000
    plan = without.told("production_planned")[-1][1]
    assert (plan["unallocated"], plan["because"], plan["lacking"]) == (0, "agreed", None)


def test_an_agreement_with_another_partner_or_for_another_lane_lets_nobody_be_asked(
    without: Production,
) -> None:
    without.hears(an_order(), a_clearance())
    for changes in ({"partner": "RIVAL"}, {"number": "PKS-2", "lanes": ["free"]}):
        assert without.office.post("/agreements", request(**changes)).status_code == 201
    assert without.office.work_orders() == []


def test_nobody_is_given_work_that_would_outlast_the_agreement(production: Production) -> None:
    (sragens,) = production.sragen.get("/agreements").json
    ending = {"on": in_days(1).isoformat(), "reason": "Both agree."}
    assert production.office.post(f"/agreements/{sragens['id']}/end", ending).status_code == 200
    production.hears(an_order(quantity=5_000), a_clearance(quantity=5_000))
    (work,) = production.office.work_orders()
    assert work["facility"] == KLATEN
    shown = production.office.get(f"/work-orders/{work['id']}").json
    assert {"facility": SRAGEN, "reason": "agreement_ends"} in shown["passed_over"]
    assert "makes 385 a day" in shown["why"]


def ended(production: Production, on: date) -> None:
    """The agreement of Sragen ends early."""
    (mine,) = production.sragen.get("/agreements").json
    said = {"on": on.isoformat(), "reason": "Both agree."}
    assert production.office.post(f"/agreements/{mine['id']}/end", said).status_code == 200


def test_an_offer_is_not_accepted_for_a_day_after_the_agreement(shared_out: Production) -> None:
    (work,) = shared_out.sragen.work_orders()
    ended(shared_out, today())
    refused = shared_out.sragen.do(work, "accept")
    said = f"The agreement (PKS) ends on {today()}, and this work needs one on {work['due']}"
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    later = shared_out.sragen.do(work, "accept", by=in_days(2).isoformat())
    assert later.json["errors"][0]["field"] == "by"
    assert shared_out.sragen.do(work, "accept", by=today().isoformat()).status_code == 200


def test_work_does_not_begin_once_the_agreement_has_ended_and_goes_on_if_it_had_begun(
    shared_out: Production,
) -> None:
    going = shared_out.klaten.started()
    assert shared_out.klaten.do(going, "pause", reason="Listrik padam").status_code == 200
    (work,) = shared_out.sragen.work_orders()
    assert shared_out.sragen.do(work, "accept").status_code == 200
    with shared_out.database.transaction() as session:
        session.execute(update(agreement).values(valid_to=in_days(-1)))
    refused = shared_out.sragen.do(work, "start")
    said = f"The agreement (PKS) ends on {in_days(-1)}, and this work needs one on {today()}"
    assert (refused.status_code, said in refused.text) == (422, True), refused.text
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["state"] == "accepted"
    assert shared_out.klaten.do(going, "start").status_code == 200


def test_a_facility_reads_only_why_it_was_passed_over_itself(shared_out: Production) -> None:
    (work,) = shared_out.sragen.work_orders()
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["passed_over"] == []
    for_the_office = shared_out.office.get(f"/work-orders/{work['id']}").json["passed_over"]
    assert {row["reason"] for row in for_the_office} == {"no_hours"}


def test_the_office_reads_on_the_board_why_here_and_why_not_there(shared_out: Production) -> None:
    (work,) = shared_out.sragen.work_orders()
    shown = shared_out.office.get(f"/work-orders/{work['id']}").json
    board = Visitor(shared_out, KANWIL, None).client.get("/production/?lang=en").text
    card = board.partition(f'id="wo-{work["id"]}"')[2].partition("</details>")[0]
    assert "Why here, why not there" in card
    why = re.sub(r"\d+", lambda found: f"{int(found[0]):,}", shown["why"])
    assert f"<li>{SRAGEN}: {escape(why)}</li>" in card
    assert shown["passed_over"]
    for other in shown["passed_over"]:
        assert f"<li>{other['facility']}: has no hours for it</li>" in card


def test_an_officer_reads_in_indonesian_why_the_work_is_here(shared_out: Production) -> None:
    (work,) = shared_out.sragen.work_orders()
    rate = re.fullmatch(r"makes (\d+) a day; is a hub", work["why"])
    assert rate is not None
    card = Visitor(shared_out, FACILITY, SRAGEN).open().partition("Mengapa di sini")[2]
    a_day = f"{int(rate[1]):,}".replace(",", ".")
    assert f"<li>{SRAGEN}: membuat {a_day} sehari; adalah hub</li>" in card


def test_agreements_are_found_by_facility_state_and_day_page_by_page(production: Production) -> None:
    later = request(number="PKS-LATER", partner="RIVAL", valid_from=in_days(10).isoformat())
    assert production.office.post("/agreements", later).status_code == 201
    get = production.office.get
    assert [one["number"] for one in get("/agreements", state="upcoming").json] == ["PKS-LATER"]
    assert len(get("/agreements", facility=SRAGEN).json) == 2
    assert len(get("/agreements", facility=SRAGEN, day=today().isoformat()).json) == 1
    page = get("/agreements", limit=2)
    assert len(page.json) == 2
    assert 'rel="next"' in page.headers["Link"]


def test_an_amendment_needs_the_version_that_was_read(production: Production) -> None:
    made = production.office.post("/agreements", request(partner="RIVAL"))
    path, tag = f"/agreements/{made.json['id']}", made.headers["ETag"]
    dearer = {"tariffs": {"CR-BALL-07": "3000.50"}}
    amended = production.office.patch(path, dearer, tag)
    assert (amended.status_code, amended.json["tariffs"]) == (200, {"CR-BALL-07": "3000.50"})
    assert production.office.patch(path, dearer, tag).status_code == 412


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"valid_to": "2020-01-01"}, "valid_to"),
        ({"partner": "CHEWY-LOUIS"}, "valid_from"),
        ({"facility": "BPS-SKA"}, "facility"),
        ({"tariffs": {"CR-NONE-1": "1.00"}}, "tariffs.CR-NONE-1"),
        ({"tariffs": {"CR-BALL-07": "0.00"}}, "tariffs.CR-BALL-07"),
        ({"lanes": ["everybody"]}, "lanes[0]"),
        ({"number": "DEMO-PKS-01/LPS-SRG/2025"}, "number"),
    ],
    ids=str,
)
def test_what_can_not_be_agreed_is_refused_by_its_field(
    production: Production, changes: dict[str, Any], field: str
) -> None:
    before = production.office.get("/agreements").json
    answer = production.office.post("/agreements", request(**{"partner": "RIVAL", **changes}))
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert production.office.get("/agreements").json == before


def test_an_agreement_that_was_ended_is_not_changed_any_more(production: Production) -> None:
    (mine,) = production.sragen.get("/agreements").json
    ending = {"on": today().isoformat(), "reason": "Both agree."}
    assert production.office.post(f"/agreements/{mine['id']}/end", ending).status_code == 200
    assert production.office.post(f"/agreements/{mine['id']}/end", ending).status_code == 422
    with production.database.transaction() as session:
        advance(session, timedelta(days=1))
    assert production.sragen.get("/agreements").json[0]["state"] == "over"


def test_the_office_makes_amends_and_ends_agreements_on_its_page_and_a_facility_reads_its_own(
    without: Production,
) -> None:
    without.hears(an_order(), a_clearance())
    office = Visitor(without, KANWIL, None)

    def send(path: str, **typed: Any) -> Any:
        page = office.client.get("/production/agreements").text
        token = CSRF_TOKEN.search(page)
        assert token is not None
        return office.client.post(f"/production/agreements{path}", data={"csrf_token": token[1], **typed})

    typed = {**request(), "tariffs": "CR-BALL-07 2943"}
    wrong = send("", **{**typed, "tariffs": "CR-BALL-07 dear"})
    assert (wrong.status_code, "CR-BALL-07 dear" in wrong.text) == (422, True)
    assert send("", **typed).status_code == 303
    assert [work["facility"] for work in without.office.work_orders()] == [SRAGEN]
    made = without.office.get("/agreements").json[0]
    changed = {"version": "1", "valid_to": in_days(900).isoformat(), "tariffs": "CR-BALL-07 3000,5"}
    assert send(f"/{made['id']}/amend", **changed).status_code == 422
    changed["tariffs"] = "CR-BALL-07 3000.5"
    assert send(f"/{made['id']}/amend", **changed).status_code == 303
    assert send(f"/{made['id']}/amend", **changed).status_code == 422
    assert send(f"/{made['id']}/end", on=today().isoformat(), reason="Both agree.").status_code == 303
    ended = without.office.get(f"/agreements/{made['id']}").json
    assert (ended["tariffs"]["CR-BALL-07"], ended["ended_reason"]) == ("3000.50", "Both agree.")
    mine = Visitor(without, FACILITY, SRAGEN).client.get("/production/agreements")
    assert made["number"] in mine.text
    assert "<form" not in mine.text.split("<main")[1]
    assert made["number"] not in Visitor(without, FACILITY, KLATEN).client.get("/production/agreements").text
