"""Reports that a device kept: late, repeated, from a wrong clock, or beside those of another device."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from services.production.storage import work_order
from shared.clock import WIB, advance, real_now
from shared.web.access import FACILITY, HEAD, INSPECTOR
from tests.clock import AHEAD, in_days, now, today
from tests.production.conftest import SRAGEN, Production
from tests.production.test_board import Visitor


class Phone:
    """A signed-in device, sending what it kept."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.device = str(uuid4())

    def send(
        self, work: dict[str, Any], action: str, *, key: str | None = None, **fields: Any
    ) -> TestResponse:
        token = self.client.get("/production/kept").json["csrf_token"]
        form = {"csrf_token": token, "device": self.device, "device_at": real_now().isoformat(), **fields}
        headers = {"Idempotency-Key": key or str(uuid4()), "Accept": "application/json"}
        return self.client.post(f"/production/kept/{work['id']}/{action}", data=form, headers=headers)


@pytest.fixture
def phone(shared_out: Production) -> Phone:
    return Phone(Visitor(shared_out, FACILITY, SRAGEN).client)


@pytest.fixture
def work(shared_out: Production) -> dict[str, Any]:
    """Begun five days ago."""
    begun = shared_out.sragen.started()
    with shared_out.database.transaction() as session:
        session.execute(update(work_order).values(started_on=in_days(-5)))
    return begun


def entries(production: Production, work: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = production.sragen.get(f"/work-orders/{work['id']}/reports").json
    return found


def test_what_was_kept_is_done_in_order_and_a_repetition_gets_the_first_answer(
    shared_out: Production, phone: Phone
) -> None:
    (work,) = shared_out.sragen.work_orders()
    keys = {action: str(uuid4()) for action in ("accept", "start", "report")}
    kept = {"pieces": "20", "device_at": real_now().isoformat()}
    first = [phone.send(work, action, key=key, **kept).json for action, key in keys.items()]
    assert [answer["state"] for answer in first] == ["accepted", "in_progress", "in_progress"]
    again = Phone(
        Visitor(shared_out, FACILITY, SRAGEN).client
    )  # another session of the same person, another token
    again.device = phone.device
    assert [again.send(work, action, key=key, **kept).json for action, key in keys.items()] == first
    assert shared_out.reports() == [("made", 20)]


def test_a_late_report_stands_on_the_day_of_its_device(
    shared_out: Production, phone: Phone, work: dict[str, Any]
) -> None:
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=3))  # the business clock may be ahead of the device's
    at = real_now() - timedelta(days=2)
    answer = phone.send(work, "report", pieces="20", device_at=at.astimezone(WIB).isoformat())
    assert (answer.status_code, answer.json["doubts"]) == (200, [])
    (entry,) = entries(shared_out, work)
    placed = at + AHEAD + timedelta(days=3)
    assert (entry["worked_on"], entry["clock_wrong"]) == (placed.astimezone(WIB).date().isoformat(), False)
    assert entry["device_at"][:10] == at.date().isoformat()


def test_what_was_accepted_begun_and_reported_before_midnight_stands_on_that_day(
    shared_out: Production, phone: Phone
) -> None:
    (work,) = shared_out.sragen.work_orders()
    with shared_out.database.transaction() as session:
        advance(session, timedelta(days=2))
    at = (real_now() - timedelta(days=1)).isoformat()
    answers = [
        phone.send(work, action, pieces="20", device_at=at) for action in ("accept", "start", "report")
    ]
    assert [(answer.status_code, answer.json["doubts"]) for answer in answers] == [(200, [])] * 3
    with shared_out.database.transaction() as session:
        (begun,) = session.execute(select(work_order).where(work_order.c.id == UUID(work["id"])))
    assert (begun.accepted_on, begun.started_on) == (in_days(1), in_days(1))
    assert [(entry["worked_on"], entry["clock_wrong"]) for entry in entries(shared_out, work)] == [
        (in_days(1).isoformat(), False)
    ]


def test_a_page_that_sends_at_once_is_known_as_the_same_device(
    shared_out: Production, phone: Phone, work: dict[str, Any]
) -> None:
    token = phone.client.get("/production/kept").json["csrf_token"]
    form = {"csrf_token": token, "pieces": "30", "worked_on": today(), "device": phone.device}
    address = f"/production/work-orders/{work['id']}/report"
    assert phone.client.post(address, data=form).status_code == 303
    assert phone.send(work, "report", pieces="10").json["doubts"] == []


@pytest.mark.parametrize("off", [timedelta(hours=2), timedelta(days=-40)], ids=["to come", "before it began"])
def test_a_wrong_clock_is_told_and_ours_is_taken(
    shared_out: Production, phone: Phone, work: dict[str, Any], off: timedelta
) -> None:
    answer = phone.send(work, "report", pieces="20", device_at=(real_now() + off).isoformat())
    assert (answer.status_code, len(answer.json["doubts"])) == (200, 1)
    (entry,) = entries(shared_out, work)
    assert (entry["worked_on"], entry["clock_wrong"]) == (today().isoformat(), True)
    assert timedelta() <= now() - datetime.fromisoformat(entry["worked_at"]) < timedelta(minutes=1)


def test_what_two_devices_tell_of_an_hour_counts_as_far_as_it_fits_and_the_head_is_asked(
    shared_out: Production, phone: Phone, work: dict[str, Any]
) -> None:
    other = Phone(phone.client)
    left = work["quantity"]
    assert phone.send(work, "report", pieces="30").json["doubts"] == []
    assert phone.send(work, "report", pieces="10").json["doubts"] == []
    assert len(other.send(work, "report", pieces="30").json["doubts"]) == 1
    refused = other.send(work, "report", pieces=str(left))
    assert refused.status_code == 422
    assert f"melebihi sisa {left - 70}" in refused.json["detail"].replace(".", "", 1).rstrip(".")
    assert [entry["same_hour"] for entry in entries(shared_out, work)] == [False, False, True]
    board = Visitor(shared_out, HEAD, SRAGEN)
    assert "dua perangkat melaporkan satu jam" in board.open()
    third = entries(shared_out, work)[2]["id"]
    assert board.submit(work, "acknowledge", report=third).status_code == 303
    assert "dua perangkat melaporkan satu jam" not in board.open()


def test_what_was_made_before_a_pause_counts_though_it_is_told_after_it(
    shared_out: Production, phone: Phone, work: dict[str, Any]
) -> None:
    paused = shared_out.sragen.do(work, "pause", reason="Listrik padam")
    assert paused.status_code == 200, paused.text
    made = phone.send(work, "report", pieces="20", device_at=(real_now() - timedelta(hours=1)).isoformat())
    assert (made.status_code, made.json["state"]) == (200, "paused")
    for at in (real_now(), real_now() + timedelta(hours=2), real_now() - timedelta(days=40)):
        refused = phone.send(work, "report", pieces="20", device_at=at.isoformat())
        assert (refused.status_code, "berhenti sementara" in refused.json["detail"]) == (422, True)
    assert shared_out.reports() == [("made", 20)]


def test_an_hour_later_another_device_is_not_doubted(
    shared_out: Production, phone: Phone, work: dict[str, Any]
) -> None:
    phone.send(work, "report", pieces="30", worked_on=today())
    with shared_out.database.transaction() as session:
        session.execute(text("UPDATE report SET worked_at = worked_at - interval '61 minutes'"))
    other = Phone(phone.client)
    assert other.send(work, "report", pieces="30", worked_on=today()).json["doubts"] == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"key": "no uuid"}, 400),
        ({"device": "a phone"}, 400),
        ({"device_at": "2025-03-22T14:30:00"}, 422),
        ({"device_at": ""}, 422),
        ({"pieces": "many"}, 422),
        ({"worked_on": "yesterday"}, 422),
        ({"csrf_token": "another"}, 403),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_can_not_be_read_is_refused_whole(
    shared_out: Production, phone: Phone, work: dict[str, Any], wrong: dict[str, str], status: int
) -> None:
    answer = phone.send(work, "report", **{"pieces": "20", **wrong})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert shared_out.reports() == []


def test_an_inspector_sends_no_reports(shared_out: Production, work: dict[str, Any]) -> None:
    inspector = Phone(Visitor(shared_out, INSPECTOR, SRAGEN).client)
    assert inspector.send(work, "report", pieces="20").status_code == 403


def test_a_report_by_the_api_needs_a_day_or_the_devices_time(
    shared_out: Production, work: dict[str, Any]
) -> None:
    answer = shared_out.sragen.do(work, "report", pieces=5)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "worked_on")
    assert shared_out.sragen.do(work, "report", pieces=5, device_at=real_now().isoformat()).status_code == 200
    assert shared_out.reports() == [("made", 5)]


def test_the_browser_asks_for_the_service_worker_anew_and_may_let_it_serve_the_board(
    production: Production,
) -> None:
    with production.client.get("/production/service-worker.js") as answer:
        assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
        assert answer.headers["Content-Security-Policy"] == "default-src 'self'; frame-ancestors 'none'"
    for file in ("board", "queue", "keypad"):
        with production.client.get(f"/production/board/{file}.js") as answer:
            assert answer.status_code == 200
