"""The operators' page of a service, its readiness and its figures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from services.production.handlers import REACTIONS
from shared.database import Database
from shared.events.orders import OrderClosed
from shared.messaging.inbox import apply_due
from shared.messaging.tables import Inbox, inbox, operator_action
from shared.web.access import KANWIL, OPERATOR, add_person
from tests.conftest import database_beside
from tests.hearing import Hearing

PASSWORD = "a password of the tests"
PAGE = "/production/operations/"
REASON = "Sudah dibicarakan dengan pembeli."
ORDER = UUID(int=7)


@dataclass
class Desk:
    """The production service, into which an operator and a regional officer may sign in."""

    client: FlaskClient
    database: Database
    hearing: Hearing

    def enter(self, role: str) -> None:
        form = {"email": f"{role}@kendi.example", "password": PASSWORD}
        assert self.client.post("/production/sign-in", data=form).status_code == 303

    def read(self, path: str = PAGE, language: str = "en") -> str:
        answer = self.client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, **form: str) -> TestResponse:
        """A form of the page, in Indonesian, with the page's own token."""
        (token,) = {*re.findall(r'name="csrf_token" value="([^"]+)"', self.read())}
        return self.client.post(f"{PAGE}{path}", data={"csrf_token": token, **form})

    def park(self, *, error: str = "ValueError('poison')", fingerprint: str = "abc") -> UUID:
        """The next event of the order, as if it had failed until it was parked."""
        self.hearing.hears(OrderClosed(order_id=ORDER))
        values = {"error": error, "fingerprint": fingerprint}
        statement = text("""
            UPDATE inbox SET state = 3, attempts = 8, last_error = :error, error_fingerprint = :fingerprint
            WHERE sequence = (SELECT max(sequence) FROM inbox) RETURNING event_id""")
        back = text("UPDATE position SET last_sequence = 0")
        with self.database.transaction() as session:
            session.execute(back)
            id: UUID = session.execute(statement, values).scalar_one()
        return id

    def go_on(self) -> None:
        apply_due(self.database, REACTIONS)

    def one(self, query: Any) -> Any:
        with self.database.transaction() as session:
            return session.execute(query).scalar_one()

    def actions(self) -> list[tuple[str, str, str, str, str | None]]:
        did = operator_action.c
        with self.database.transaction() as session:
            rows = session.execute(select(did.actor, did.actor_role, did.action, did.what, did.reason))
            return [(*row,) for row in rows]


@pytest.fixture
def desk(client_of: Callable[[str], FlaskClient]) -> Desk:
    client = client_of("production")
    database: Database = database_beside(client)
    with database.transaction() as session:
        for role, name in ((OPERATOR, "Wulan"), (KANWIL, "Kanwil")):
            add_person(
                session, email=f"{role}@kendi.example", name=name, role=role, account=None, password=PASSWORD
            )
    return Desk(client, database, Hearing(database, {}))


# Who may


def test_the_page_is_for_operators_only(desk: Desk) -> None:
    assert desk.client.get(PAGE).status_code == 302
    desk.enter(KANWIL)
    assert desk.client.get(PAGE).status_code == 403
    assert PAGE not in desk.read("/production/")


def test_an_operators_first_page_is_the_operations(desk: Desk) -> None:
    desk.enter(OPERATOR)
    answer = desk.client.get("/production/")
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert desk.client.get("/production/work-orders/nothing").status_code == 404


@pytest.mark.parametrize("form", [{}, {"csrf_token": "forged"}])
def test_a_form_without_the_sessions_token_does_nothing(desk: Desk, form: dict[str, str]) -> None:
    id = desk.park()
    desk.enter(OPERATOR)
    for path in (f"events/{id}/retry", f"events/{id}/discard", "alike/abc/retry", "messages/1/dismiss"):
        assert desk.client.post(f"{PAGE}{path}", data={**form, "reason": REASON}).status_code == 403
    assert desk.one(select(inbox.c.state)) == Inbox.PARKED
    assert desk.actions() == []


# What it shows


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_quiet_service_says_so(desk: Desk, language: str) -> None:
    desk.enter(OPERATOR)
    said = {"en": "everything took effect", "id": "semua sudah diterapkan"}
    assert said[language] in desk.read(language=language)


def test_a_parked_event_stands_with_its_error_and_what_waits_behind_it(desk: Desk) -> None:
    desk.park(error="ValueError('<script>')")
    desk.hearing.hears(OrderClosed(order_id=ORDER))
    desk.enter(OPERATOR)
    page = desk.read()
    assert f"number 1 of order/{ORDER}" in page
    assert "ValueError(&#39;&lt;script&gt;&#39;)" in page
    assert "what comes before it" in page
    assert 'data-live="/production/events"' in page


def test_processes_are_shown_by_their_progress(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.execute(
            text("""
            INSERT INTO heartbeat VALUES ('production worker', 'a', 1, now(), now()),
                ('production relay', 'a', 2, now(), now() - interval '3 min')""")
        )
    desk.enter(OPERATOR)
    page = desk.read()
    assert re.search(r'class="state ok">worker: 1</span> <span class="hint">progress \d+ s ago', page)
    assert re.search(r'class="state bad">relay: 0</span> <span class="hint">progress 3 min ago', page)


# What an operator does


def test_a_retried_event_takes_effect_and_the_operator_is_named(desk: Desk) -> None:
    id = desk.park()
    desk.enter(OPERATOR)
    assert desk.send(f"events/{id}/retry").headers["Location"] == PAGE
    desk.go_on()
    assert desk.one(select(inbox.c.state)) in (Inbox.DONE, Inbox.SKIPPED)
    assert desk.actions() == [("Wulan", "operator", "retry", str(id), None)]
    assert "Wulan (operator)" in desk.read()


def test_what_failed_alike_is_retried_together(desk: Desk) -> None:
    desk.park()
    desk.park()
    desk.enter(OPERATOR)
    assert "Try all again that failed alike" in desk.read()
    desk.send("alike/abc/retry")
    desk.go_on()
    assert desk.one(text("SELECT count(*) FROM inbox WHERE state IN (2, 4)")) == 2


def test_a_discard_asks_for_a_reason_and_keeps_what_was_typed(desk: Desk) -> None:
    id = desk.park()
    desk.enter(OPERATOR)
    refused = desk.send(f"events/{id}/discard", reason="so")
    assert refused.status_code == 422
    assert "10 huruf" in refused.text
    assert f'<details class="ask" id="ask-{id}" open>' in refused.text
    assert ">so</textarea>" in refused.text
    assert "papan kerja" not in refused.text.lower().partition("</nav>")[0].partition("<nav")[2]
    assert desk.client.get(f"/production/operations/events/{id}/discard").status_code == 200
    assert desk.one(select(inbox.c.state)) == Inbox.PARKED
    assert desk.send(f"events/{id}/discard", reason=REASON).status_code == 303
    assert desk.one(select(inbox.c.state)) == Inbox.DISCARDED
    assert desk.actions() == [("Wulan", "operator", "discard", str(id), REASON)]


def test_what_can_not_be_discarded_is_said_in_the_readers_language(desk: Desk) -> None:
    desk.enter(OPERATOR)
    desk.client.get(f"{PAGE}?lang=id")
    id = desk.park()
    answer = desk.send(f"events/{uuid4()}/discard", reason=REASON)
    assert answer.status_code == 422
    assert "Layanan ini belum menerima peristiwa" in answer.text
    assert str(id) in answer.text


def test_a_parked_message_is_taken_off_the_list(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.execute(text("INSERT INTO parked_message (reason, message) VALUES ('a forged one', '{}')"))
    desk.enter(OPERATOR)
    assert "a forged one" in desk.read()
    assert desk.send("messages/1/dismiss", reason="short").status_code == 422
    assert desk.send("messages/1/dismiss", reason=REASON).status_code == 303
    assert "a forged one" not in desk.read()


@pytest.mark.parametrize("before", ["x", "1' OR '1'='1"])
def test_a_page_of_parked_events_begins_at_an_event(desk: Desk, before: str) -> None:
    desk.enter(OPERATOR)
    assert desk.client.get(PAGE, query_string={"before": before}).status_code == 400


# Readiness and figures


def test_readiness_tells_of_parked_events_and_an_old_outbox_without_failing(desk: Desk) -> None:
    quiet = desk.client.get("/production/readyz")
    assert quiet.json == {"status": "ok", "parked": 0, "outbox_oldest_s": 0.0, "warnings": []}
    desk.park()
    with desk.database.transaction() as session:
        session.execute(OLD_EVENT)
        session.execute(text("INSERT INTO outbox_delivery (subscriber, event_pk) VALUES ('orders', 1)"))
    answer = desk.client.get("/production/readyz")
    assert answer.status_code == 200
    assert (answer.json["status"], answer.json["parked"]) == ("ok", 1)
    assert 300 <= answer.json["outbox_oldest_s"] < 360
    assert answer.json["warnings"] == [
        "parked events: 1",
        "orders has not confirmed 1 events, the oldest for 300 s",
    ]


OLD_EVENT = text("""
    INSERT INTO outbox_event (event_id, subject_kind, subject, sequence, type, occurred_at, recorded_at, actor_role, data)
    VALUES (gen_random_uuid(), 'lot', 'lot/L', 1, 'x', now(), now() - interval '5 min', 'system', '{}')""")


def figures(desk: Desk) -> dict[str, float]:
    lines = desk.client.get("/production/metrics").text.splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def test_the_figures_tell_how_the_messaging_stands(desk: Desk) -> None:
    desk.park()
    desk.hearing.hears(OrderClosed(order_id=ORDER))
    with desk.database.transaction() as session:
        session.execute(OLD_EVENT)
        session.execute(text("INSERT INTO outbox_delivery (subscriber, event_pk) VALUES ('orders', 1)"))
        session.execute(
            text("""
            INSERT INTO parked_message (reason, message)
            VALUES ('forged', '{"payload": ""}'), ('conflict', '{"specversion": "1.0"}')""")
        )
        session.execute(
            text("INSERT INTO heartbeat VALUES ('production relay', 'a', 2, now(), now() - interval '9 s')")
        )
    now = figures(desk)
    assert now["kendi_outbox_unacknowledged"] == 1
    assert 300 <= now["kendi_outbox_oldest_seconds"] < 360
    assert (now["kendi_inbox_pending"], now["kendi_inbox_not_yet"], now["kendi_inbox_parked"]) == (1, 0, 1)
    assert (now["kendi_messages_parked"], now["kendi_messages_untrusted"]) == (2, 1)
    assert 9 <= now['kendi_progress_age_seconds{process="production relay"}'] < 60
