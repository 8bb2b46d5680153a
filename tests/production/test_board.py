"""The work board as officers of a facility meet it: forms first, in Indonesian."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.web.access import FACILITY, KANWIL
from tests.clock import in_days, today
from tests.conftest import signed_in
from tests.production.conftest import KLATEN, SRAGEN, Production

BOARD = "/production/"
CSRF_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A person in front of the board."""

    def __init__(self, production: Production, role: str, account: str | None) -> None:
        self.client = signed_in(production.client, role, account=account)

    def open(self) -> str:
        page = self.client.get(BOARD)
        assert page.status_code == 200, page.text
        return page.text

    def submit(
        self, work_order: dict[str, Any], action: str, *, origin: str | None = None, **typed: Any
    ) -> TestResponse:
        token = CSRF_TOKEN.search(self.open())
        assert token is not None
        form = {"csrf_token": token[1], **typed}
        headers = {"Origin": origin} if origin else {}
        return self.client.post(_path(work_order, action), data=form, headers=headers)


def _path(work_order: dict[str, Any], action: str) -> str:
    return f"/production/work-orders/{work_order['id']}/{action}"


@pytest.fixture
def sragen(shared_out: Production) -> Visitor:
    return Visitor(shared_out, FACILITY, SRAGEN)


def offered(production: Production) -> dict[str, Any]:
    return production.sragen.work_orders()[0]


def test_the_board_shows_only_its_own_work_orders(shared_out: Production, sragen: Visitor) -> None:
    ours, theirs = offered(shared_out), shared_out.klaten.work_orders()[0]
    page = sragen.open()
    assert ours["number"] in page
    assert theirs["number"] not in page
    assert theirs["number"] in Visitor(shared_out, FACILITY, KLATEN).open()


def test_who_is_not_signed_in_is_sent_to_sign_in(shared_out: Production) -> None:
    assert shared_out.client.get(BOARD).headers["Location"].startswith("/production/sign-in?next=")
    posted = shared_out.client.post(_path(offered(shared_out), "accept"))
    assert posted.headers["Location"].startswith("/production/sign-in")
    assert offered(shared_out)["state"] == "offered"


def test_an_api_key_does_not_open_the_board(shared_out: Production) -> None:
    headers = {"Authorization": f"Bearer {shared_out.sragen.key}"}
    assert shared_out.client.get(BOARD, headers=headers).status_code == 302


def test_a_session_does_not_open_the_api(sragen: Visitor) -> None:
    assert sragen.client.get("/production/v1/work-orders").status_code == 401


@pytest.mark.parametrize(
    "form", [{}, {"csrf_token": ""}, {"csrf_token": "wrong"}, {"csrf_token": "é"}], ids=str
)
def test_a_form_without_the_sessions_token_changes_nothing(
    shared_out: Production, sragen: Visitor, form: dict[str, str]
) -> None:
    assert sragen.client.post(_path(offered(shared_out), "accept"), data=form).status_code == 403
    assert offered(shared_out)["state"] == "offered"


def test_the_token_of_another_session_is_none(shared_out: Production, sragen: Visitor) -> None:
    token = CSRF_TOKEN.search(Visitor(shared_out, FACILITY, KLATEN).open())[1]
    form = {"csrf_token": token}
    assert sragen.client.post(_path(offered(shared_out), "accept"), data=form).status_code == 403
    assert offered(shared_out)["state"] == "offered"


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "http://localhost.elsewhere.example", "null"]
)
def test_a_form_of_another_site_changes_nothing(shared_out: Production, sragen: Visitor, origin: str) -> None:
    assert sragen.submit(offered(shared_out), "accept", origin=origin).status_code == 403
    assert offered(shared_out)["state"] == "offered"


def test_a_form_of_this_site_is_taken(shared_out: Production, sragen: Visitor) -> None:
    answer = sragen.submit(offered(shared_out), "accept", origin="http://localhost")
    assert (answer.status_code, answer.headers["Location"].split("#")[0]) == (303, BOARD)
    assert offered(shared_out)["state"] == "accepted"


def test_from_offer_to_lot_by_the_forms_of_the_board(shared_out: Production, sragen: Visitor) -> None:
    work_order = offered(shared_out)
    for action, typed in (
        ("accept", {}),
        ("start", {}),
        ("report", {"kind": "made", "pieces": "200", "worked_on": today()}),
        ("inspect", {"passed": "180", "rework": "15", "scrap": "5"}),
        ("report", {"kind": "reworked", "pieces": "15", "worked_on": today()}),
        ("pause", {"reason": "Penggeledahan blok"}),
    ):
        assert sragen.submit(work_order, action, **typed).status_code == 303
    done = offered(shared_out)
    assert (done["good"], done["awaiting"], done["scrap"], done["state"]) == (180, 15, 5, "paused")
    assert "Penggeledahan blok" in sragen.open()
    assert [lot["quantity"] for _, lot in shared_out.told("lot_released")] == [180]


def test_what_is_declined_leaves_the_board(shared_out: Production, sragen: Visitor) -> None:
    work_order = offered(shared_out)
    assert sragen.submit(work_order, "decline", reason="Mesin rusak").status_code == 303
    assert work_order["number"] not in sragen.open()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"pieces": "99999", "worked_on": today()}, "melebihi sisa"),
        ({"pieces": "banyak", "worked_on": today()}, "Isi jumlah buah dalam angka bulat."),
        ({"pieces": "-5", "worked_on": today()}, "Isi jumlah buah dalam angka bulat."),
        ({"pieces": "10", "worked_on": in_days(1)}, "Isi hari antara"),
        ({"pieces": "10", "worked_on": "besok"}, "Isi hari."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refused_report_keeps_what_was_typed_and_says_why_in_indonesian(
    shared_out: Production, sragen: Visitor, typed: dict[str, Any], said: str
) -> None:
    answer = sragen.submit(shared_out.sragen.started(), "report", kind="made", **typed)
    assert answer.status_code == 422
    assert said in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert shared_out.reports() == []


def test_a_refused_reason_stays_in_its_form_and_is_not_taken_for_html(
    shared_out: Production, sragen: Visitor
) -> None:
    written = "<b>" + "x" * 500
    answer = sragen.submit(shared_out.sragen.started(), "pause", reason=written)
    assert answer.status_code == 422
    assert "Isi alasan 3 sampai 500 huruf." in answer.text
    assert "&lt;b&gt;xxx" in answer.text
    assert "<b>xxx" not in answer.text


def test_a_refusal_is_said_in_english_to_who_reads_english(shared_out: Production, sragen: Visitor) -> None:
    work_order = shared_out.sragen.started()
    sragen.client.get(f"{BOARD}?lang=en")
    assert "remain" in sragen.submit(work_order, "report", pieces="99999", worked_on=today()).text


def test_a_thousand_may_be_written_with_its_point(shared_out: Production, sragen: Visitor) -> None:
    work_order = shared_out.sragen.started()
    assert sragen.submit(work_order, "report", pieces="0.200", worked_on=today()).status_code == 303
    assert shared_out.reports() == [("made", 200)]


def test_the_address_of_a_refused_form_can_be_opened_again(shared_out: Production, sragen: Visitor) -> None:
    work_order = shared_out.sragen.started()
    assert sragen.submit(work_order, "report", pieces="99999", worked_on=today()).status_code == 422
    again = sragen.client.get(_path(work_order, "report"))
    token = CSRF_TOKEN.search(again.text)
    assert token is not None
    assert CSRF_TOKEN.sub(token[0], sragen.open()) == again.text


def test_who_signs_in_again_after_sending_a_form_comes_to_its_page(
    shared_out: Production, sragen: Visitor
) -> None:
    work_order = shared_out.sragen.started()
    form = shared_out.client.post(_path(work_order, "report")).headers["Location"]
    target = re.search(r'name="next" value="([^"]+)"', shared_out.client.get(form).text)
    assert target is not None
    assert sragen.client.get(target[1]).status_code == 200


def test_another_facilitys_work_order_can_not_be_told_from_none(
    shared_out: Production, sragen: Visitor
) -> None:
    theirs = shared_out.klaten.work_orders()[0]
    tried = sragen.submit(theirs, "accept")
    none = sragen.submit({"id": "00000000-0000-0000-0000-000000000000"}, "accept")
    assert (tried.status_code, none.status_code, tried.data) == (404, 404, none.data)
    assert shared_out.klaten.work_orders()[0]["state"] == "offered"


def test_there_is_no_other_action(shared_out: Production, sragen: Visitor) -> None:
    assert sragen.submit(offered(shared_out), "erase").status_code == 404


def test_the_regional_office_sees_all_and_has_no_forms(shared_out: Production) -> None:
    office = Visitor(shared_out, KANWIL, None)
    page = office.open()
    for work_order in shared_out.office.work_orders():
        assert work_order["number"] in page
    assert "/production/work-orders/" not in page
    assert office.submit(offered(shared_out), "accept").status_code == 403
    assert offered(shared_out)["state"] == "offered"
