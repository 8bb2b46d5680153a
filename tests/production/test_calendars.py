"""Calendars, workers and new facilities through the API; what they change in the plans."""

import re
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from services.production import loading
from services.production.domain.agreement import LANES
from services.production.storage import worker_pool
from shared import reference
from shared.refusal import Refused
from shared.web.access import FACILITY, KANWIL, create_key
from tests.clock import in_days
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Caller,
    Production,
    a_cancellation,
    a_clearance,
    a_pool,
    a_week,
    an_order,
    monday,
    particulars,
)
from tests.production.test_access_matrix import NEW_AGREEMENT
from tests.production.test_api import a_report, an_inspection
from tests.production.test_board import CSRF_TOKEN, Visitor

AT = f"/facilities/{SRAGEN}"
OUTSIDE = "/facilities/WRK-CTH"
NUMBERS = re.compile(r">[^<>]*\d[^<>]*<|width=\"[^\"]+\"")
"""What a page tells in numbers, its bars too."""


def refused_field(answer: Any) -> str:
    assert answer.status_code == 422, answer.text
    field: str = answer.json["errors"][0]["field"]
    return field


def due(production: Production) -> str:
    """When Sragen's newest work order is due."""
    last: str = production.sragen.work_orders()[0]["due"]
    return last


def test_a_closed_day_says_why_and_moves_what_is_planned_after_it(production: Production) -> None:
    production.sragen.put(f"{AT}/capacity", {"open_minutes": 360, "workers": {FAMILY: 1}})
    production.klaten.put("/facilities/LPS-KLT/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    production.hears(an_order(quantity=10), a_clearance(quantity=10))
    before = due(production)
    (mine,) = production.sragen.work_orders()
    assert production.sragen.do(mine, "decline", reason="A search.").status_code == 200
    for days in range(1, 15):
        answer = production.sragen.put(
            f"{AT}/calendar/{in_days(days)}", {"open_minutes": 0, "reason": "lockdown"}
        )
        assert answer.status_code == 200, answer.text
    shut = {row["day"]: row for row in answer.json["days"]}[in_days(3).isoformat()]
    assert (shut["open_minutes"], shut["reason"]) == (0, "lockdown")
    other = UUID(int=7)
    production.hears(an_order(order_id=other, quantity=10), a_clearance(order_id=other, quantity=10))
    assert due(production) > in_days(14).isoformat() > before
    back = production.sragen.delete(f"{AT}/calendar/{in_days(3)}")
    again = {row["day"]: row for row in back.json["days"]}[in_days(3).isoformat()]
    assert again["reason"] is None


def test_public_holidays_are_closed_and_named(production: Production) -> None:
    answer = production.sragen.get(f"{AT}/calendar", **{"from": "2027-08-16", "until": "2027-08-18"})
    assert [(row["open_minutes"], row["holiday"]) for row in answer.json["days"]] == [
        (360, None),
        (0, "Hari Kemerdekaan Republik Indonesia"),
        (360, None),
    ]
    assert (answer.json["week"]["friday"], answer.json["week"]["sunday"]) == (240, 0)
    assert answer.json["time_zone"] == "Asia/Jakarta"


@pytest.mark.parametrize(
    ("field", "day", "body"),
    [
        ("day", in_days(-2), {"open_minutes": 0, "reason": "search"}),
        ("day", in_days(2000), {"open_minutes": 0, "reason": "search"}),
        ("day", "tomorrow", {"open_minutes": 0, "reason": "search"}),
        ("reason", in_days(3), {"open_minutes": 0, "reason": "because"}),
        ("open_minutes", in_days(3), {"open_minutes": 421, "reason": "other"}),
    ],
)
def test_a_change_that_can_not_be_is_refused_by_its_field(
    production: Production, field: str, day: object, body: dict[str, Any]
) -> None:
    before = production.sragen.get(f"{AT}/calendar").json
    assert refused_field(production.sragen.put(f"{AT}/calendar/{day}", body)) == field
    assert production.sragen.get(f"{AT}/calendar").json == before


def test_a_day_that_is_over_is_not_made_ordinary_again(production: Production) -> None:
    assert refused_field(production.sragen.delete(f"{AT}/calendar/{in_days(-2)}")) == "day"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("week", {"saturday": 420, "friday": 420, "monday": 420, "tuesday": 420, "wednesday": 420}),
        ("week", {"sunday": 60, "friday": 0, "saturday": 60, "monday": 60, "thursday": 60, "tuesday": 60}),
        ("tuesday", {"tuesday": 421}),
    ],
)
def test_a_week_that_nobody_may_work_is_refused(
    production: Production, field: str, change: dict[str, int]
) -> None:
    if field == "week" and "sunday" in change:
        change = change | {"friday": 60, "wednesday": 60}
    assert refused_field(production.sragen.put(f"{AT}/calendar/week", a_week(**change))) == field


def test_a_week_of_its_own_is_kept_and_its_longest_day_is_told_as_capacity(production: Production) -> None:
    answer = production.sragen.put(f"{AT}/calendar/week", a_week(saturday=0, monday=300))
    assert answer.json["week"] == a_week(saturday=0, monday=300)
    assert production.sragen.get(f"{AT}/capacity").json["open_minutes"] == 360
    production.sragen.put(f"{AT}/capacity", {"open_minutes": 240, "workers": {}})
    assert production.sragen.get(f"{AT}/calendar").json["week"]["monday"] == 240


def test_the_regional_office_reads_a_pool_in_fives_and_is_planned_with_it_as_it_is(
    production: Production,
) -> None:
    for week, eligible, consenting in ((1, 24, 11), (2, 25, 10)):
        told = a_pool(
            week=monday(week).isoformat(), eligible=eligible, consenting=consenting, expected_releases=4
        )
        assert production.sragen.put(f"{AT}/pool", told).status_code == 200
    own = [
        (week["eligible"], week["consenting"]) for week in production.sragen.get(f"{AT}/pool").json["weeks"]
    ]
    assert own == [(24, 11), (25, 10)]
    none = dict.fromkeys(("expected_releases", "expected_transfers", "trainees"))
    seen = [
        {"week": monday(1).isoformat(), "eligible": 20, "consenting": 10, **none},
        {"week": monday(2).isoformat(), "eligible": 25, "consenting": 10, **none},
    ]
    assert production.office.get(f"{AT}/pool").json["weeks"] == seen
    assert production.office.put(f"{AT}/pool", a_pool(eligible=20, consenting=10)).status_code == 403
    assert [
        (week["eligible"], week["consenting"]) for week in production.sragen.get(f"{AT}/pool").json["weeks"]
    ] == own, "what was rounded is not written back"
    page = Visitor(production, KANWIL, None).client.get(f"/production{AT}?lang=en").text
    assert ("10 of 20 consent, – are released, – transferred" in page, "11 of 24 consent" in page) == (
        True,
        False,
    )
    own_page = Visitor(production, FACILITY, SRAGEN).client.get(f"/production{AT}?lang=en").text
    assert "11 of 24 consent, 4 are released, 0 transferred, 0 learn" in own_page


def test_a_pool_holds_until_another_is_told(production: Production) -> None:
    assert production.sragen.put(f"{AT}/pool", a_pool()).status_code == 200
    later = a_pool(week=monday(3).isoformat(), consenting=40, trainees=5)
    weeks = production.sragen.put(f"{AT}/pool", later).json["weeks"]
    assert [(week["week"], week["consenting"]) for week in weeks] == [
        (monday(1).isoformat(), 90),
        (monday(3).isoformat(), 40),
    ]
    assert production.sragen.get(f"{AT}/pool").json["weeks"] == weeks


def test_a_pool_holds_however_much_later_another_facility_told_its_own(production: Production) -> None:
    """Weeks that teach nobody any more: of each facility the newest of its own is in force."""
    weeks = ((SRAGEN, monday(-9), 0), (KLATEN, monday(-9), 40), (KLATEN, monday(-6), 50))
    rows = [{"facility": code, "week": week, "eligible": n, "consenting": n} for code, week, n in weeks]
    with production.database.transaction() as session:
        session.execute(insert(worker_pool), rows)
    told = {
        code: [week["week"] for week in production.office.get(f"/facilities/{code}/pool").json["weeks"]]
        for code in (SRAGEN, KLATEN)
    }
    assert told == {SRAGEN: [monday(-9).isoformat()], KLATEN: [monday(-6).isoformat()]}
    production.hears(an_order(), a_clearance())
    assert {row["facility"] for row in production.office.work_orders()} == {KLATEN}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("consenting", {"consenting": 151}),
        ("week", {"week": in_days(1 + (monday() == in_days(-6))).isoformat()}),
        ("week", {"week": monday(-1).isoformat()}),
        ("expected_releases", {"expected_releases": 91}),
        ("trainees", {"trainees": 91}),
        ("eligible", {"eligible": -1}),
        ("remand", {"remand": 0}),
        ("minors_included", {"minors_included": False}),
        ("tahanan", {"tahanan": 4}),
        ("names", {"names": ["…"]}),
    ],
    ids=str,
)
def test_counts_that_can_not_be_are_refused_by_their_field(
    production: Production, field: str, change: dict[str, Any]
) -> None:
    answer = production.sragen.put(f"{AT}/pool", a_pool(**change))
    assert refused_field(answer) == field
    assert production.sragen.get(f"{AT}/pool").json["weeks"] == []


def test_people_on_remand_are_told_apart_from_a_field_that_is_not_known(production: Production) -> None:
    answer = production.sragen.put(f"{AT}/capacity", {"open_minutes": 1, "workers": {"remand": 2}})
    assert refused_field(answer) == "workers.remand"
    assert "convicted adults" in answer.json["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        "consenting = eligible + 1",
        "expected_releases = consenting, trainees = 1",
        "week = week + 1",
        "trainees = -1",
    ],
)
def test_the_database_keeps_counts_that_add_up(production: Production, wrong: str) -> None:
    production.sragen.put(f"{AT}/pool", a_pool())
    with pytest.raises(IntegrityError), production.database.transaction() as session:
        session.execute(text(f"UPDATE worker_pool SET {wrong}"))


# A facility that comes in


def test_a_new_facility_says_what_is_missing_and_receives_work_the_same_day(production: Production) -> None:
    for caller, code in ((production.sragen, SRAGEN), (production.klaten, "LPS-KLT")):
        caller.put(f"/facilities/{code}/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    new = "/facilities/LPS-CTH"
    brought = production.office.put(new, particulars(verified=False, producing=False))
    assert brought.json["missing"] == [
        "hours",
        "families",
        "workers",
        "producing",
        "verified",
        "agreement",
    ]
    production.office.put(f"{new}/calendar/week", a_week())
    production.office.put(f"{new}/capabilities/{FAMILY}", {"workers": 12, "yield_pct": 90})
    assert production.office.get(new).json["missing"] == ["producing", "verified", "agreement"]
    production.hears(an_order(quantity=300), a_clearance(quantity=300))
    assert production.office.work_orders() == []
    assert production.office.put(new, particulars()).json["missing"] == ["agreement"]
    agreement = {**NEW_AGREEMENT, "facility": "LPS-CTH", "partner": "CHEWY-LOUIS"}
    assert production.office.post("/agreements", agreement).status_code == 201
    assert production.office.get(new).json["missing"] == []
    assert [row["facility"] for row in production.office.work_orders()] == ["LPS-CTH"]


def test_the_lots_of_a_workshop_outside_are_of_those_who_work_there_under_an_agreement_about_them(
    production: Production,
) -> None:
    for caller, code in ((production.sragen, SRAGEN), (production.klaten, "LPS-KLT")):
        caller.put(f"/facilities/{code}/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    new = "/facilities/WRK-CTH"
    production.office.put(new, particulars(kind="workshop", lane="free"))
    production.office.put(f"{new}/calendar/week", a_week())
    production.office.put(f"{new}/capabilities/{FAMILY}", {"workers": 12, "yield_pct": 90})
    production.hears(an_order(quantity=300), a_clearance(quantity=300))
    about = {**NEW_AGREEMENT, "facility": "WRK-CTH", "partner": "CHEWY-LOUIS"}
    assert production.office.post("/agreements", about | {"lanes": ["custodial"]}).status_code == 201
    assert production.office.get(new).json["missing"] == ["agreement"]
    assert production.office.work_orders() == []
    other = about | {"lanes": ["free"], "number": "PKS/FREE/1"}
    assert production.office.post("/agreements", other).status_code == 201
    assert (production.office.get(new).json["missing"], production.office.get(new).json["lane"]) == (
        [],
        "free",
    )
    with production.database.transaction() as session:
        key = create_key(session, name="workshop", role=FACILITY, account="WRK-CTH")
    workshop = Caller(production.client, key)
    work_order = workshop.started()
    workshop.do(work_order, "report", **a_report(pieces=10))
    assert workshop.do(work_order, "inspect", **an_inspection(passed=10)).status_code == 200
    assert [lot["lane"] for _, lot in production.told("lot_released")] == ["free"]


@pytest.fixture
def in_custody(production: Production) -> Production:
    """A workshop outside where people in custody work, with an order."""
    for code in (SRAGEN, "LPS-KLT"):
        production.office.put(f"/facilities/{code}/capacity", {"open_minutes": 360, "workers": {FAMILY: 0}})
    outside = particulars(kind="workshop", lane="custodial")
    assert production.office.put(OUTSIDE, outside).status_code == 200
    production.office.put(f"{OUTSIDE}/calendar/week", a_week())
    production.office.put(f"{OUTSIDE}/capabilities/{FAMILY}", {"workers": 12, "yield_pct": 90})
    about = {**NEW_AGREEMENT, "facility": "WRK-CTH", "partner": "CHEWY-LOUIS", "lanes": list(LANES)}
    assert production.office.post("/agreements", about).status_code == 201
    production.hears(an_order(quantity=300), a_clearance(quantity=300))
    assert [row["facility"] for row in production.office.work_orders()] == ["WRK-CTH"]
    return production


@pytest.mark.parametrize("lane", ["free", "parole_community"])
def test_no_edit_makes_the_lots_of_open_work_freer(in_custody: Production, lane: str) -> None:
    freer = particulars(kind="workshop", lane=lane)
    refused = in_custody.office.put(OUTSIDE, freer)
    assert refused_field(refused) == "lane"
    assert "Work orders are open here (1)" in refused.json["detail"]
    assert in_custody.office.get(OUTSIDE).json["lane"] == "custodial"
    typed = {**freer, "address": "Bengkel", "code": "WRK-CTH"}
    visitor = Visitor(in_custody, KANWIL, None)
    token = CSRF_TOKEN.search(visitor.client.get(f"/production{OUTSIDE}").text)
    assert token is not None
    form = visitor.client.post(f"/production{OUTSIDE}/particulars", data={**typed, "csrf_token": token[1]})
    assert (form.status_code, "Masih ada pesanan kerja yang terbuka di sini (1)" in form.text) == (422, True)
    in_custody.hears(a_cancellation(300))
    assert in_custody.office.put(OUTSIDE, freer).json["lane"] == lane, "nothing is open there any more"


def test_whoever_turns_out_to_be_in_custody_makes_custodial_lots_from_then_on(in_custody: Production) -> None:
    in_custody.hears(a_cancellation(300))
    assert in_custody.office.put(OUTSIDE, particulars(kind="workshop", lane="free")).status_code == 200
    later = UUID(int=43)
    in_custody.hears(an_order(order_id=later, quantity=300), a_clearance(order_id=later, quantity=300))
    stricter = particulars(kind="workshop", lane="custodial")
    assert in_custody.office.put(OUTSIDE, stricter).json["lane"] == "custodial"


def test_the_reference_file_makes_the_lots_of_open_work_no_freer_either(
    shared_out: Production, tmp_path: Path
) -> None:
    folder = shutil.copytree(reference.FOLDER, tmp_path / "reference")
    file = folder / "facilities.yaml"
    written = file.read_text(encoding="utf-8")
    at = written.index("kind: lapas", written.index("code: LPS-SRG"))
    file.write_text(
        f"{written[:at]}kind: workshop\n    lane: free{written[at + len('kind: lapas') :]}", encoding="utf-8"
    )
    with (
        pytest.raises(Refused, match="Work orders are open here"),
        shared_out.database.transaction() as session,
    ):
        loading.load(session, folder)


def test_whose_work_it_is_outside_a_prison_is_always_said(production: Production) -> None:
    assert production.office.put(OUTSIDE, particulars(kind="workshop", lane="free")).status_code == 200
    assert refused_field(production.office.put(OUTSIDE, particulars(kind="workshop"))) == "lane"
    assert production.office.get(OUTSIDE).json["lane"] == "free"
    other = particulars(gln="9529900009018")
    assert production.office.put("/facilities/LPS-CTH", other).json["lane"] == "custodial"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("lane", {"lane": "free"}),
        ("lane", {"kind": "workshop", "lane": "voluntary"}),
        ("producing", {"kind": "lpka"}),
        ("producing", {"kind": "bapas", "lane": "parole_community"}),
        ("gln", {"gln": "9529900002018"}),
        ("gln", {"gln": "9529900000107"}),  # of LPS-SRG
        ("time_zone", {"time_zone": "Asia/Tokyo"}),
        ("cluster", {"cluster": "ska"}),
        ("with_children", {"with_children": True}),
    ],
)
def test_a_facility_that_can_not_be_is_refused_by_its_field(
    production: Production, field: str, change: dict[str, Any]
) -> None:
    assert refused_field(production.office.put("/facilities/LPS-CTH", particulars(**change))) == field
    assert production.office.get("/facilities/LPS-CTH").status_code == 404


def test_other_services_are_told_of_a_new_facility_and_not_of_what_is_none_of_theirs(
    production: Production,
) -> None:
    def told() -> int:
        with production.database.transaction() as session:
            counted = "SELECT count(*) FROM outbox_event WHERE subject = 'facility/LPS-CTH'"
            return int(session.execute(text(counted)).scalar_one())

    production.office.put("/facilities/LPS-CTH", particulars())
    production.office.put("/facilities/LPS-CTH", particulars(verified=False))
    assert told() == 1
    production.office.put("/facilities/LPS-CTH", particulars(hub=True))
    assert told() == 2
    production.office.put("/facilities/LPS-CTH", particulars(hub=True, time_zone="Asia/Jayapura"))
    assert told() == 3
    with production.database.transaction() as session:
        zones = "SELECT data->>'time_zone' FROM outbox_event WHERE subject = 'facility/LPS-CTH' ORDER BY id"
        assert session.execute(text(zones)).scalars().all() == [*["Asia/Jakarta"] * 2, "Asia/Jayapura"]


def test_what_the_regional_office_set_is_not_taken_back_by_the_file(production: Production) -> None:
    production.office.put("/facilities/LPS-AMB", particulars(name="Lapas Ambarawa"))
    with production.database.transaction() as session:
        assert loading.load(session, reference.FOLDER)["facilities"] == 0
    assert production.office.get("/facilities/LPS-AMB").json["producing"] is True


def test_a_capability_of_no_family_and_one_that_ends_before_it_begins_are_refused(
    production: Production,
) -> None:
    assert refused_field(production.office.put(f"{AT}/capabilities/jewels", {"workers": 1})) == "family"
    ends = {"workers": 1, "valid_from": in_days(9).isoformat(), "valid_to": in_days(8).isoformat()}
    assert refused_field(production.office.put(f"{AT}/capabilities/{FAMILY}", ends)) == "valid_to"


def test_hours_tell_the_office_no_more_of_people_than_the_counts_in_fives(shared_out: Production) -> None:
    """Whatever it sees of two pools with the same counts in fives is the same, so no difference tells of anybody."""
    office, officer = Visitor(shared_out, KANWIL, None), Visitor(shared_out, FACILITY, SRAGEN)

    def told(consenting: int) -> None:
        this_week = a_pool(week=monday().isoformat(), consenting=consenting, expected_releases=3, trainees=2)
        next_week = a_pool(consenting=consenting + 5, expected_transfers=4)
        for pool in (this_week, next_week):
            assert shared_out.sragen.put(f"{AT}/pool", pool).status_code == 200

    def seen(visitor: Visitor, *pages: str) -> list[list[str]]:
        return [NUMBERS.findall(visitor.client.get(f"/production/{page}").text) for page in pages]

    def why(order_id: UUID) -> str:
        shared_out.hears(an_order(order_id=order_id), a_clearance(order_id=order_id))
        rows = shared_out.office.work_orders()
        (said,) = (
            row["why"] for row in rows if (row["order_id"], row["facility"]) == (str(order_id), SRAGEN)
        )
        return str(said).partition(";")[0]

    def all_of_it() -> tuple[list[list[str]], list[list[str]]]:
        return seen(office, "", "facilities/", AT[1:]), seen(officer, AT[1:])

    told(61)
    few, own = all_of_it()
    told(64)
    more, own_of_more = all_of_it()
    assert few == more
    assert own != own_of_more
    of_more = why(UUID(int=43))
    told(61)
    assert (why(UUID(int=44)), "makes" in of_more) == (of_more, True)
