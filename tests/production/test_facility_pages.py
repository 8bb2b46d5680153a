"""Facilities on pages: the weeks ahead, and a new one brought in step by step without a script."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from services.production.handlers import warnings
from services.production.storage import report, work_order
from shared.web.access import FACILITY, KANWIL
from shared.web.pages import day_in
from tests.clock import in_days, today
from tests.production.conftest import (
    FAMILY,
    KLATEN,
    SRAGEN,
    Production,
    a_clearance,
    a_pool,
    a_week,
    an_order,
    monday,
    particulars,
)
from tests.production.test_access_matrix import NEW_AGREEMENT
from tests.production.test_board import CSRF_TOKEN, Visitor

PAGES = "/production/facilities"
NOBODY_LEAVES = {"expected_releases": 0, "expected_transfers": 0, "trainees": 0}


def submit(visitor: Visitor, path: str, **typed: Any) -> TestResponse:
    token = CSRF_TOKEN.search(visitor.open())
    assert token is not None
    return visitor.client.post(f"{PAGES}/{path}", data={"csrf_token": token[1], **typed})


def opened(visitor: Visitor, path: str, language: str = "en") -> str:
    page = visitor.client.get(f"{PAGES}/{path}?lang={language}")
    assert page.status_code == 200, page.text
    return page.text


@pytest.fixture
def office(shared_out: Production) -> Visitor:
    return Visitor(shared_out, KANWIL, None)


@pytest.fixture
def officer(shared_out: Production) -> Visitor:
    return Visitor(shared_out, FACILITY, SRAGEN)


def test_a_facility_is_brought_in_step_by_step_and_told_what_is_missing(
    shared_out: Production, office: Visitor
) -> None:
    new = particulars() | {"code": "lps-cth", "address": "Lapas Contoh\nJawa Tengah"}
    typed = {name: value for name, value in new.items() if name not in ("verified", "producing")}
    assert "LPS-SRG" in opened(office, "new")
    assert submit(office, "new", **typed).headers["Location"] == f"{PAGES}/LPS-CTH#particulars"
    assert "Still missing: hours, what it is able to make, workers, that it takes part" in opened(
        office, "LPS-CTH"
    )
    assert "Masih kurang: jam kerja" in opened(office, "LPS-CTH", "id")
    steps: dict[str, dict[str, Any]] = {
        "week": a_week(),
        "capability": {
            "family": FAMILY,
            "workers": "1.200",
            "efficiency_pct": 75,
            "yield_pct": 95,
            "skill_level": 2,
        },
        "particulars": typed | {"verified": "on", "producing": "on"},
    }
    for form, values in steps.items():
        answer = submit(office, f"LPS-CTH/{form}", **values)
        assert answer.status_code == 303, answer.text
    assert "an agreement with a partner" in opened(office, "LPS-CTH")
    agreed = shared_out.office.post("/agreements", {**NEW_AGREEMENT, "facility": "LPS-CTH"})
    assert agreed.status_code == 201, agreed.text
    assert "Nothing is missing" in opened(office, "LPS-CTH")
    kept = shared_out.office.get("/facilities/LPS-CTH").json
    assert (kept["missing"], kept["week"], kept["capabilities"][0]["workers"]) == ([], a_week(), 1_200)


def test_of_what_it_makes_only_what_was_typed_is_changed(shared_out: Production, office: Visitor) -> None:
    made = f"/facilities/{SRAGEN}/capabilities/{FAMILY}"
    before = shared_out.office.patch(made, {"skill_level": 3, "yield_pct": 91}, "*").json
    form = opened(office, SRAGEN).partition('id="capability"')[2].partition("</form>")[0]
    shown = dict(re.findall(r'id="capability-\w+" name="(\w+)"[^>]*value="([^"]*)"', form))
    assert shown.keys() <= {"workers", "efficiency_pct", "yield_pct", "skill_level"}
    assert (
        submit(office, f"{SRAGEN}/capability", **{**shown, "family": FAMILY, "workers": "44"}).status_code
        == 303
    )
    after = shared_out.office.get(made).json
    assert {**before, "workers": 44, "history": []} == {**after, "history": []}
    new = submit(office, f"{SRAGEN}/capability", family="no_such", workers="44")
    assert (new.status_code, 'id="capability-skill_level"' in new.text) == (422, True)


def test_a_street_that_is_called_after_somebody_is_an_address(shared_out: Production) -> None:
    lines = ["Jl. Ibu Kartini 5", "Jawa Tengah, Indonesia"]
    kept = shared_out.office.put("/facilities/LPS-CTH", particulars(address=lines))
    assert (kept.status_code, kept.json.get("address")) == (200, lines)
    lines[0] = "3301 0123 4567 8901"
    assert shared_out.office.put("/facilities/LPS-CTH", particulars(address=lines)).status_code == 422


def test_the_weeks_show_the_work_there_is_beside_the_hours_as_a_picture_and_as_numbers(
    shared_out: Production, officer: Visitor
) -> None:
    page = opened(officer, SRAGEN)
    assert page.count('class="bar-line"') == 8
    pieces = sum(order["quantity"] for order in shared_out.sragen.work_orders())
    taken = -(-pieces * 14 * 100 // 96) // 60
    assert f'data-label="Hours taken">{taken}</td>' in page
    assert "Delapan minggu ke depan" in opened(officer, SRAGEN, "id")


def test_a_day_that_differs_stands_on_the_page_until_it_is_ordinary_again(officer: Visitor) -> None:
    change = {"day": in_days(3), "open_minutes": 0, "reason": "lockdown"}
    assert submit(officer, f"{SRAGEN}/day", **change).status_code == 303
    assert "Lockdown, 0 minutes" in opened(officer, SRAGEN)
    assert submit(officer, f"{SRAGEN}/ordinary", day=in_days(3)).status_code == 303
    assert "Lockdown, 0 minutes" not in opened(officer, SRAGEN)


@pytest.mark.parametrize(
    ("reason", "english", "indonesian"),
    [
        ("lockdown", "Lockdown", "Penguncian blok"),
        ("search", "A search", "Razia"),
        ("visiting", "Visits", "Kunjungan"),
        ("friday_prayer", "Friday prayer", "Salat Jumat"),
        ("ramadan", "Ramadan", "Ramadan"),
        ("remission_day", "Remission day", "Hari remisi"),
        ("power_cut", "Power is out", "Listrik padam"),
    ],
)
def test_a_day_is_shorter_for_each_reason_that_a_facility_has(
    officer: Visitor, reason: str, english: str, indonesian: str
) -> None:
    change = {"day": in_days(3), "open_minutes": 45, "reason": reason}
    assert submit(officer, f"{SRAGEN}/day", **change).status_code == 303
    assert f"{english}, 45 minutes" in opened(officer, SRAGEN)
    assert f"{indonesian}, 45 menit" in opened(officer, SRAGEN, "id")


def test_a_time_such_as_ramadan_is_entered_and_taken_back_at_once(
    shared_out: Production, officer: Visitor
) -> None:
    first, last = monday(1), monday(3) - timedelta(days=1)

    def minutes() -> list[int]:
        asked = {"from": first.isoformat(), "until": last.isoformat()}
        days = shared_out.sragen.get(f"/facilities/{SRAGEN}/calendar", **asked).json["days"]
        return [day["open_minutes"] for day in days]

    usual = minutes()
    fasting = {"day": first, "until": last, "open_minutes": 250, "reason": "ramadan"}
    for until in (first - timedelta(days=1), first + timedelta(days=62)):
        refused = submit(officer, f"{SRAGEN}/day", **{**fasting, "until": until})
        assert (refused.status_code, "Isi tanggal akhir dari" in refused.text) == (422, True)
    assert submit(officer, f"{SRAGEN}/day", **fasting).status_code == 303
    assert minutes() == [min(250, there) for there in usual]
    assert opened(officer, SRAGEN).count("Ordinary days again") == 1
    assert submit(officer, f"{SRAGEN}/ordinary", day=first, until=last).status_code == 303
    assert minutes() == usual


@pytest.mark.parametrize(
    ("form", "typed", "told"),
    [
        (
            "day",
            {"day": in_days(-3), "open_minutes": 0, "reason": "search"},
            f"{day_in(in_days(-3), 'id')} sudah lewat",
        ),
        ("day", {"day": "", "open_minutes": 0, "reason": "search"}, ""),
        ("day", {"day": in_days(3), "open_minutes": "many", "reason": "search"}, "bilangan bulat"),
        ("week", a_week(sunday=10), "satu hari libur"),
        ("week", a_week(monday=430), "menit sehari dari 0 sampai 420"),
        (
            "day",
            {"day": in_days(3), "open_minutes": 500, "reason": "search"},
            "menit sehari dari 0 sampai 420",
        ),
        ("pool", {**a_pool(eligible=20_001), **NOBODY_LEAVES}, "bilangan bulat dari 0 sampai 20.000."),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    officer: Visitor, form: str, typed: dict[str, Any], told: str
) -> None:
    answer = submit(officer, f"{SRAGEN}/{form}", **typed)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'role="alert"' in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert officer.client.get(f"{PAGES}/{SRAGEN}/{form}").status_code == 200


def test_an_officer_sees_no_other_facility_and_brings_none_in(officer: Visitor) -> None:
    assert officer.client.get(f"{PAGES}/{KLATEN}").status_code == 404
    assert submit(officer, f"{KLATEN}/week", **a_week()).status_code == 404
    assert officer.client.get(f"{PAGES}/").status_code == 403
    assert submit(officer, "new", code="LPS-CTH").status_code == 403
    assert submit(officer, f"{SRAGEN}/capability", family=FAMILY).status_code == 403


def test_the_office_sees_all_by_load_with_reasons_and_silence(
    shared_out: Production, office: Visitor
) -> None:
    shared_out.klaten.do(shared_out.klaten.work_orders()[0], "decline", reason="Bengkel penuh.")
    page = opened(office, "")
    assert "Bengkel penuh.: 1" in page
    table = page.partition('id="each"')[2]
    assert table.index("Lapas Sragen") < table.index("Lapas Batu")
    assert "Lapas menurut beban" not in page
    assert "silent for two working days</span>" not in table


def test_the_map_has_each_facility_in_its_region_with_its_load_as_a_number(office: Visitor) -> None:
    page = opened(office, "")
    regions = re.findall(r'<section class="region".*?</section>', page, re.DOTALL)
    assert [re.search(r"<h3[^>]*>(\w+)</h3>", region)[1] for region in regions] == [
        "Pekalongan",
        "Semarang",
        "Pati",
        "Banyumas",
        "Kedu",
        "Surakarta",
    ]
    tile = re.search(rf'<a href="{PAGES}/{SRAGEN}".*?</a>', regions[-1], re.DOTALL)
    assert tile is not None
    assert re.search(r'aria-label="Lapas Sragen: \d+ % taken"', tile[0])
    assert re.search(r'<text class="load"[^>]*>\d+ %</text>', tile[0])
    assert (
        sum(region.count("<a href") for region in regions) == page.partition('id="each"')[2].count("<tr>") - 1
    )
    assert "Setiap kotak adalah satu tempat" in opened(office, "", "id")


def test_the_office_sees_who_is_late_silent_and_good_at_once_and_which_reasons_are_given(
    shared_out: Production, office: Visitor
) -> None:
    late = shared_out.klaten.work_orders()[0]
    assert (
        shared_out.klaten.do(late, "accept", by=in_days(200).isoformat(), reason="Few are free.").status_code
        == 200
    )
    work = shared_out.sragen.started()
    made = {"pieces": 100, "worked_on": today().isoformat()}
    steps = (
        shared_out.sragen.do(work, "report", **made),
        shared_out.sragen.do(work, "inspect", passed=80, rework=20, scrap=0),
        shared_out.sragen.do(work, "report", **{**made, "pieces": 20, "kind": "reworked"}),
        shared_out.sragen.do(work, "inspect", passed=20, rework=0, scrap=0),
    )
    assert [step.status_code for step in steps] == [200] * 4
    another = UUID(int=43)
    shared_out.hears(an_order(order_id=another), a_clearance(order_id=another))
    offer = next(one for one in shared_out.sragen.work_orders() if one["order_id"] == str(another))
    assert shared_out.sragen.do(offer, "decline", reason="No coir.", code="no_material").status_code == 200
    with shared_out.database.transaction() as session:
        session.execute(
            update(work_order).where(work_order.c.started_on.is_not(None)).values(started_on=in_days(-14))
        )
        session.execute(update(report).values(worked_on=in_days(-14)))
        warnings.check(session)
    page = opened(office, "")
    rows = page.partition('id="each"')[2]
    sragen, klaten = (
        re.search(rf'<tr>\s*<th scope="row"><a href="{PAGES}/{code}">.*?</tr>', rows, re.DOTALL)
        for code in (SRAGEN, KLATEN)
    )
    assert sragen is not None
    assert klaten is not None
    assert "silent for two working days" in sragen[0]
    assert 'data-label="Good at once">80 %' in sragen[0]
    assert 'data-label="Lines late"><span class="state bad">' in klaten[0]
    assert "nothing was reported for two working days: <a" in " ".join(page.split())
    assert re.search(r"Material is missing</th>.*?>1</td>", page, re.DOTALL)
