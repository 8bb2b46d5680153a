"""Facilities on pages: the weeks ahead, and a new one brought in step by step without a script."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.web.access import FACILITY, KANWIL
from tests.production.conftest import FAMILY, KLATEN, SRAGEN, Production, a_week, in_days, monday, particulars
from tests.production.test_access_matrix import NEW_AGREEMENT
from tests.production.test_board import CSRF_TOKEN, Visitor

PAGES = "/production/facilities"


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
        "capability": {"family": FAMILY, "workers": "1.200", "efficiency_pct": 75, "yield_pct": 95},
        "pool": {
            "week": monday(),
            "eligible": 20,
            "consenting": 12,
            "expected_releases": 0,
            "expected_transfers": 0,
            "trainees": 0,
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
    ("form", "typed", "told"),
    [
        ("day", {"day": in_days(-3), "open_minutes": 0, "reason": "search"}, "sudah lewat"),
        ("day", {"day": "", "open_minutes": 0, "reason": "search"}, ""),
        ("day", {"day": in_days(3), "open_minutes": "many", "reason": "search"}, "bilangan bulat"),
        ("week", a_week(sunday=10), "satu hari libur"),
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
    assert page.index("Lapas Sragen") < page.index("Lapas Batu")
    assert "Lapas menurut beban" not in page
    assert "silent" not in page
