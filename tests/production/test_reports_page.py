"""The page of a work order's reports: what was reported, and putting it right."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.web.access import FACILITY, HEAD, INSPECTOR, KANWIL, TOOL_KEEPER
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor, offered
from tests.production.test_reports import pieces


@pytest.fixture
def reported(shared_out: Production) -> dict[str, Any]:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(40)).status_code == 200
    return work


def corrected(visitor: Visitor, work: dict[str, Any], **typed: Any) -> TestResponse:
    address = f"/production/work-orders/{work['id']}/reports"
    page = visitor.client.get(address)
    report = page.text.split('name="report" value="')[1].split('"')[0]
    form = {"csrf_token": CSRF_TOKEN.search(page.text)[1], "report": report, **typed}
    return visitor.client.post(address, data=form)


def test_an_officer_puts_a_report_right_and_both_entries_stand_there(
    shared_out: Production, reported: dict[str, Any]
) -> None:
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    answer = corrected(officer, reported, pieces="38", reason="dua buah milik pesanan lain")
    assert answer.status_code == 303
    page = officer.client.get(answer.headers["Location"]).text
    assert "40 dibuat" in page
    assert "diperbaiki -2 buah: dua buah milik pesanan lain" in page


def test_a_refused_correction_keeps_what_was_typed(shared_out: Production, reported: dict[str, Any]) -> None:
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    answer = corrected(officer, reported, pieces="99999", reason="salah hitung")
    assert answer.status_code == 422
    for said in ("melebihi sisa", 'value="99999"', 'value="salah hitung"'):
        assert said in answer.text
    assert shared_out.reports() == [("made", 40)]


def test_others_read_and_only_of_their_own_facility(shared_out: Production, reported: dict[str, Any]) -> None:
    address = f"/production/work-orders/{reported['id']}/reports"
    for role, account in ((INSPECTOR, SRAGEN), (TOOL_KEEPER, SRAGEN), (KANWIL, None)):
        reader = Visitor(shared_out, role, account).client.get(address)
        assert (reader.status_code, "<form method" in reader.text.split("<main")[1]) == (200, False), role
    assert Visitor(shared_out, FACILITY, KLATEN).client.get(address).status_code == 404


def test_each_role_finds_its_own_forms_on_the_board(shared_out: Production, reported: dict[str, Any]) -> None:
    forms = {
        FACILITY: {"report", "inspect", "pause"},
        HEAD: {"report", "inspect", "pause"},
        INSPECTOR: {"inspect"},
        TOOL_KEEPER: set[str](),
    }
    for role, actions in forms.items():
        page = Visitor(shared_out, role, SRAGEN).open()
        assert reported["number"] in page
        found = page.split(f'action="/production/work-orders/{reported["id"]}/')[1:]
        assert {part.split('"')[0] for part in found} == actions, role


def test_who_may_not_is_refused_by_the_server_too(shared_out: Production) -> None:
    work = offered(shared_out)
    assert Visitor(shared_out, INSPECTOR, SRAGEN).submit(work, "accept").status_code == 403
    assert offered(shared_out)["state"] == "offered"


def test_the_head_ends_a_work_order_early_on_the_board(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    head = Visitor(shared_out, HEAD, SRAGEN)
    assert "Akhiri lebih awal" in head.open()
    assert head.submit(work, "short_close", reason="Bahan habis").status_code == 303
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["state"] == "short_closed"


def test_two_taps_on_one_form_are_one_report(shared_out: Production) -> None:
    work = shared_out.sragen.started()
    officer = Visitor(shared_out, FACILITY, SRAGEN)
    client_id = officer.open().split('name="client_id" value="')[1].split('"')[0]
    for _ in range(2):
        typed = {"kind": "made", "client_id": client_id, **pieces(40)}
        assert officer.submit(work, "report", **typed).status_code == 303
    assert shared_out.reports() == [("made", 40)]
