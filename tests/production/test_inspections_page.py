"""The inspector's page: what to draw, what was found, and the verdict."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.web.access import INSPECTOR, KANWIL, TOOL_KEEPER
from tests.production.conftest import KLATEN, SRAGEN, Production
from tests.production.test_board import CSRF_TOKEN, Visitor
from tests.production.test_reports import pieces


@pytest.fixture
def work(shared_out: Production) -> dict[str, Any]:
    work = shared_out.sragen.started()
    assert shared_out.sragen.do(work, "report", **pieces(200)).status_code == 200
    return work


def page_of(visitor: Visitor, work: dict[str, Any]) -> TestResponse:
    return visitor.client.get(f"/production/work-orders/{work['id']}/inspections")


def decided(visitor: Visitor, work: dict[str, Any], **typed: Any) -> TestResponse:
    token = CSRF_TOKEN.search(page_of(visitor, work).text)
    assert token is not None
    form = {"csrf_token": token[1], "lot": "200", **typed}
    return visitor.client.post(f"/production/work-orders/{work['id']}/inspections", data=form)


def test_an_inspector_reads_what_to_draw_and_enters_what_was_found(
    shared_out: Production, work: dict[str, Any]
) -> None:
    inspector = Visitor(shared_out, INSPECTOR, SRAGEN)
    page = page_of(inspector, work).text
    for said in ("diambil dari 200", "dari 32 buah terima sampai 2, tolak mulai 3", "terima sampai 3, tolak"):
        assert said in page
    answer = decided(inspector, work, **{"weak_knot-rework": "2", "stain-scrap": "1"})
    assert answer.status_code == 303
    page = page_of(inspector, work).text
    assert "diterima" in page
    assert "ikatan lemah: 2" in page
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["good"] == 197


def test_a_refused_inspection_keeps_what_was_typed(shared_out: Production, work: dict[str, Any]) -> None:
    answer = decided(Visitor(shared_out, INSPECTOR, SRAGEN), work, **{"stain-rework": "33"})
    assert answer.status_code == 422
    assert "melebihi 32 yang diambil" in answer.text
    assert 'value="33"' in answer.text
    assert shared_out.sragen.get(f"/work-orders/{work['id']}").json["awaiting"] == 200


def test_others_read_what_was_decided_and_decide_nothing(
    shared_out: Production, work: dict[str, Any]
) -> None:
    for role, account in ((TOOL_KEEPER, SRAGEN), (KANWIL, None)):
        visitor = Visitor(shared_out, role, account)
        assert page_of(visitor, work).status_code == 200
        assert decided(visitor, work).status_code == 403
    assert page_of(Visitor(shared_out, INSPECTOR, KLATEN), work).status_code == 404
