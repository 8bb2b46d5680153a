"""The operators' page of a service, its readiness and its figures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from werkzeug.test import TestResponse

from services.production.handlers import REACTIONS
from shared.database import Database
from shared.events import contract_of
from shared.events.orders import OrderClosed
from shared.events.production import FacilityUnlocked
from shared.messaging import resending
from shared.messaging.inbox import apply_due
from shared.messaging.outbox import record
from shared.messaging.parking import park
from shared.messaging.receipts import acknowledge
from shared.messaging.tables import Inbox, inbox, messaging_state, operator_action, outbox_delivery
from shared.messaging.wire import Receipt
from shared.web import parked_events
from shared.web.access import KANWIL, OPERATOR
from tests.conftest import database_beside, signed_in
from tests.hearing import Hearing

NAMES = {OPERATOR: "Wulan", KANWIL: "Kanwil"}
PAGE = "/production/operations/"
REASON = "Sudah dibicarakan dengan pembeli."
ORDER = UUID(int=7)
DAY = date(2026, 10, 1)
INDONESIAN = {"Accept": "text/html", "Accept-Language": "id"}


@dataclass
class Desk:
    """The production service, into which an operator and a regional officer may sign in."""

    client: FlaskClient
    database: Database
    hearing: Hearing

    def enter(self, role: str) -> None:
        self.client = signed_in(self.client, role, name=NAMES[role])

    def read(self, path: str = PAGE, language: str = "en") -> str:
        answer = self.client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, path: str, **form: str) -> TestResponse:
        """A form of the page, in Indonesian, with the page's own token."""
        (token,) = {*re.findall(r'name="csrf_token" value="([^"]+)"', self.read())}
        return self.client.post(f"{PAGE}{path}", data={"csrf_token": token, **form}, headers=INDONESIAN)

    def refused(self, path: str) -> TestResponse:
        """The answer to whoever asks for a page that there is not, in Indonesian."""
        return self.client.get(path, headers=INDONESIAN)

    def confirm(self, path: str, **form: str) -> TestResponse:
        """The form of a page that says what would be done, sent as it stands there."""
        page = self.read(f"{PAGE}{path}")
        (shown,) = re.findall(r'<form method="post" action="([^"]*)" class="stack">(.*?)</form>', page, re.S)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', shown[1]))
        return self.client.post(shown[0], data={**hidden, **form}, headers=INDONESIAN)

    def park(self, order: UUID = ORDER, *, error: str = "ValueError('poison')") -> UUID:
        """The next event of the order, as if it had failed until it was parked."""
        self.hearing.hears(OrderClosed(order_id=order))
        values = {"error": error, "fingerprint": "abc"}
        statement = text("""
            UPDATE inbox SET state = 3, attempts = 8, last_error = :error, error_fingerprint = :fingerprint
            WHERE event_id = (SELECT event_id FROM inbox ORDER BY event_id DESC LIMIT 1) RETURNING event_id""")
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
    for path in (
        *(f"events/{id}/{action}" for action in ("retry", "discard", "resend")),
        *("events/resend", "events/retry", "events/discard", "messages/1/dismiss"),
    ):
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
    desk.park(UUID(int=8))
    desk.enter(OPERATOR)
    page = desk.read()
    assert "Try all 2 again that failed alike" in page
    (fitting,) = {*re.findall(rf'href="{PAGE}(events/retry[^"]*)"', page)}
    assert desk.confirm(fitting).headers["Location"] == PAGE
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
        for _ in range(1_200):
            park(session, "a forged one", {"sender": "", "payload": ""})
    desk.enter(OPERATOR)
    assert "it came 1,200 times" in desk.read()
    assert desk.send("messages/1/dismiss", reason="short").status_code == 422
    assert desk.send("messages/1/dismiss", reason=REASON).status_code == 303
    assert "a forged one" not in desk.read()
    with desk.database.transaction() as session:
        park(session, "a forged one", {"sender": "", "payload": ""})
    page = desk.read()
    assert "a forged one" in page, "what comes after it was seen to is new"
    assert "it came" not in page


@pytest.mark.parametrize("before", ["x", "1' OR '1'='1"])
@pytest.mark.parametrize(
    ("name", "what"), [("before", "id sebuah peristiwa"), ("messages_before", "nomor sebuah pesan")]
)
def test_a_page_begins_at_an_event_or_a_message(desk: Desk, name: str, what: str, before: str) -> None:
    desk.enter(OPERATOR)
    answer = desk.refused(f"{PAGE}?{urlencode({name: before})}")
    assert answer.status_code == 400
    assert f"{name}: Berikan {what}." in answer.text


def test_a_retry_of_what_took_effect_meanwhile_is_refused_in_the_readers_language(desk: Desk) -> None:
    desk.enter(OPERATOR)
    desk.client.get(f"{PAGE}?lang=id")
    desk.park()
    unknown = uuid4()
    answer = desk.send(f"events/{unknown}/retry")
    assert answer.status_code == 422
    assert f"tidak menunggu dan tidak diparkir: {unknown}" in answer.text
    assert desk.actions() == []


def test_a_forms_address_shows_the_page_where_the_form_stands(desk: Desk) -> None:
    id = desk.park()
    with desk.database.transaction() as session:
        session.execute(text("INSERT INTO parked_message (reason, message) VALUES ('forged', '{}')"))
    desk.enter(OPERATOR)
    for path in (f"events/{id}/retry", f"events/{id}/discard", "messages/1/dismiss"):
        page = desk.read(f"{PAGE}{path}")
        assert f'id="ask-{id}"' in page
        assert 'id="ask-1"' in page


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_that_no_message_can_have_is_not_found(desk: Desk, number: int) -> None:
    desk.enter(OPERATOR)
    assert desk.client.get(f"{PAGE}messages/{number}/dismiss").status_code == 404
    assert desk.send(f"messages/{number}/dismiss", reason=REASON).status_code == 404


def test_a_number_that_no_message_has_is_refused(desk: Desk) -> None:
    desk.enter(OPERATOR)
    desk.park()
    answer = desk.send(f"messages/{2**63 - 1}/dismiss", reason=REASON)
    assert answer.status_code == 422
    assert str(2**63 - 1) in answer.text


def test_a_reason_that_nobody_would_read_is_refused_with_the_limit(desk: Desk) -> None:
    id = desk.park()
    desk.enter(OPERATOR)
    answer = desk.send(f"events/{id}/discard", reason="so " * 300_000)
    assert answer.status_code == 422
    assert "paling banyak 2.000" in answer.text
    assert len(answer.data) < 150_000
    assert desk.one(select(inbox.c.state)) == Inbox.PARKED


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_waits_for_long_stands_with_what_it_waits_for(desk: Desk, language: str) -> None:
    desk.hearing.hears(OrderClosed(order_id=ORDER))
    with desk.database.transaction() as session:
        session.execute(text("UPDATE position SET last_sequence = 0"))
        session.execute(
            text("""
            UPDATE inbox SET state = 0, waits = 9, waits_for = 'orders item/X',
                received_at = now() - interval '2 hours'""")
        )
    desk.enter(OPERATOR)
    page = desk.read(language=language)
    said = {"en": "waiting for more than an hour: 1", "id": "menunggu lebih dari satu jam: 1"}
    assert said[language] in page
    assert "<code>orders item/X</code>: 1" in page
    assert figures(desk)["kendi_inbox_long_waiting"] == 1
    assert desk.client.get("/production/readyz").json["warnings"] == [
        "events that wait for orders to tell of item/X: 1, the oldest for 120 min"
    ]


# When much was parked

MANY = 5_000


@pytest.fixture
def crowded(desk: Desk) -> Desk:
    """As many parked events and messages, with the longest errors that are kept, as a day of trouble brings."""
    error = "ValueError('<&" + "x" * 1900 + ">')"
    with desk.database.transaction() as session:
        session.execute(
            text("""
            INSERT INTO inbox (source, event_id, subject, sequence, type, occurred_at, actor_role, data,
                state, attempts, last_error, error_fingerprint)
            SELECT 'orders', CAST(lpad(to_hex(n), 32, '0') AS uuid), 'order/' || n, 1, 'kendi.orders.order_closed.v1',
                now(), 'system', jsonb_build_object('order_id', CAST(lpad(to_hex(n), 32, '0') AS uuid)),
                3, 8, :error, 'abc'
            FROM generate_series(1, :many) n"""),
            {"error": error, "many": MANY},
        )
        session.execute(
            text("""
            INSERT INTO parked_message (reason, message)
            SELECT :error, jsonb_build_object('payload', n) FROM generate_series(1, :many) n"""),
            {"error": error, "many": MANY},
        )
        session.execute(
            text("""
            INSERT INTO operator_action (actor, actor_role, action, what, reason)
            SELECT 'Wulan', 'operator', 'discard', 'x', :error FROM generate_series(1, :many)"""),
            {"error": error, "many": MANY},
        )
    desk.enter(OPERATOR)
    return desk


def test_a_crowded_page_stays_small_and_is_read_on_by_key(crowded: Desk) -> None:
    page, seen, messages = crowded.read(), [], []
    for _ in range(3):
        assert len(page.encode()) < 150_000
        seen += re.findall(r"number 1 of order/(\d+)", page)
        (further,) = re.findall(r'href="([^"]+\?before=[^"]+)"', page)
        page = crowded.read(further)
    assert seen == [str(MANY - n) for n in range(60)]
    page = crowded.read()
    for _ in range(3):
        messages += re.findall(r"<h3>Message ([\d,]+)</h3>", page)
        (further,) = re.findall(r'href="([^"]+\?messages_before=[^"]+)"', page)
        page = crowded.read(further)
    assert messages == [f"{MANY - n:,}" for n in range(60)]


def test_a_form_of_a_later_page_that_is_refused_stands_there(crowded: Desk) -> None:
    refused = crowded.send(f"events/{UUID(int=1000)}/discard", reason="so")
    assert refused.status_code == 422
    assert f'<details class="ask" id="ask-{UUID(int=1000)}" open>' in refused.text
    refused = crowded.send("messages/1000/dismiss", reason="so")
    assert refused.status_code == 422
    assert '<details class="ask" id="ask-1000" open>' in refused.text


def test_what_a_later_page_shows_can_be_seen_to(crowded: Desk) -> None:
    assert crowded.send(f"events/{UUID(int=1000)}/discard", reason=REASON).status_code == 303
    assert crowded.send("messages/1000/dismiss", reason=REASON).status_code == 303
    assert "Try all 4,999 again that failed alike" in crowded.read()
    page = crowded.read(f"{EVENTS}retry?fingerprint=abc")
    assert len(page.encode()) < 150_000
    assert "4,999 parked events fit." in page
    assert "and 4,979 more" in page
    assert crowded.confirm("events/retry?fingerprint=abc").status_code == 303
    assert crowded.one(text("SELECT count(*) FROM inbox WHERE state = 0")) == MANY - 1
    page = crowded.read()
    assert "Nothing is parked" in page
    assert f'<a href="{EVENTS}?state=waiting">4,979 more wait</a>' in page


def test_the_end_of_what_was_parked_is_said(crowded: Desk) -> None:
    assert "Nothing older is parked." in crowded.read(f"{PAGE}?before={UUID(int=1)}")
    assert "No older message is parked." in crowded.read(f"{PAGE}?messages_before=1")


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


def test_what_comes_again_and_what_is_confirmed_twice_is_counted(desk: Desk) -> None:
    desk.hearing.comes(
        desk.hearing.batch("orders", *(OrderClosed(order_id=UUID(int=n)) for n in (1, 2))), times=3
    )
    with desk.database.transaction() as session:
        (row,) = record(session, FacilityUnlocked(code="LPS-SRG", unlocked_on=DAY, reason=SAID))
        incarnation = session.execute(select(messaging_state.c.incarnation)).scalar_one()
    for _ in range(3):
        with desk.database.transaction() as session:
            acknowledge(session, Receipt("orders", "production", incarnation, (row.event_id,)))
    now = figures(desk)
    assert (now["kendi_absorbed_events"], now["kendi_absorbed_receipts"]) == (4, 2)


# Any event: found, shown, sent again


EVENTS = f"{PAGE}events/"
TYPE = contract_of(OrderClosed).type
SAID = "what only the facility needs to know"


def rows(page: str) -> list[list[str]]:
    """The list of the page: what stands in each cell."""
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.S) for row in body.split("<tr>")[1:]]
    return [[" ".join(re.sub("<[^>]*>", "", cell).split()) for cell in row] for row in cells]


@pytest.fixture
def told(desk: Desk) -> UUID:
    """Production parked an event of one order, applied another's, and told of a third, which was confirmed."""
    desk.park()
    desk.hearing.hears(OrderClosed(order_id=UUID(int=8)))
    with desk.database.transaction() as session:
        (row,) = record(session, FacilityUnlocked(code="LPS-SRG", unlocked_on=DAY, reason=SAID))
        session.execute(text("UPDATE outbox_delivery SET state = 2, attempts = 1"))
    desk.enter(OPERATOR)
    id: UUID = row.event_id
    return id


def test_events_are_found_by_order_type_fingerprint_state_and_age(desk: Desk, told: UUID) -> None:
    subjects = {"": 3, f"order={ORDER}": 1, f"type={TYPE}": 2, "fingerprint=abc": 1, "state=confirmed": 1}
    for asked, count in subjects.items():
        found = rows(desk.read(f"{EVENTS}?{asked}"))
        assert len({row[0] for row in found}) == count, asked
    assert rows(desk.read(f"{EVENTS}?older_than=1h")) == []
    assert rows(desk.read(f"{EVENTS}?fingerprint=abc"))[0][1:4] == ["orders", "production", "parked"]
    assert rows(desk.read(f"{EVENTS}?state=parked", "id"))[0][3] == "diparkir"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("order=7", "order: Berikan id sebuah pesanan."),
        ("state=gone", "state: Berikan salah satu dari due, sent, confirmed, waiting,"),
        ("older_than=long", "older_than: Berikan misalnya 90s, 10min, 2h, atau 3d."),
        ("type=%07", "type: Berikan teks biasa."),
        ("fingerprint=%07", "fingerprint: Berikan teks biasa."),
        ("before=x", "before: Berikan id sebuah peristiwa."),
    ],
)
def test_a_filter_that_can_not_be_read_is_refused_by_its_name(
    desk: Desk, told: UUID, wrong: str, right: str
) -> None:
    answer = desk.refused(f"{EVENTS}?{wrong}")
    assert answer.status_code == 400
    assert f'<p class="lead">{right}' in answer.text


def test_a_long_list_is_read_on_page_by_page(desk: Desk) -> None:
    desk.hearing.hears(*(OrderClosed(order_id=UUID(int=n)) for n in range(1, 61)))
    desk.enter(OPERATOR)
    first = desk.read(f"{EVENTS}?type={TYPE}")
    (older,) = re.findall(r'href="([^"]*before=[^"]*)"', first)
    second = desk.read(unescape(older))
    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert not {row[0] for row in rows(first)} & {row[0] for row in rows(second)}


def test_an_event_is_shown_with_where_it_stands_and_what_it_says_is_not(desk: Desk, told: UUID) -> None:
    parked = desk.one(select(inbox.c.event_id).where(inbox.c.state == Inbox.PARKED))
    page = desk.read(f"{EVENTS}{parked}")
    assert "ValueError(&#39;poison&#39;)" in page
    assert f"{EVENTS}{parked}/discard" in page
    assert SAID not in desk.read(f"{EVENTS}{told}")
    assert "Send again to orders" in desk.read(f"{EVENTS}{told}")
    assert desk.client.get(f"{EVENTS}{UUID(int=99)}").status_code == 404


@pytest.mark.parametrize("which", ["one", "what fits"])
def test_an_event_is_sent_again_and_the_operator_is_named(desk: Desk, told: UUID, which: str) -> None:
    type = contract_of(FacilityUnlocked).type
    if which == "one":
        answer = desk.send(f"events/{told}/resend", to="orders")
    else:
        answer = desk.send("events/resend", to="orders", type=type)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(EVENTS)
    due = select(outbox_delivery.c.subscriber).where(outbox_delivery.c.state == 0)
    assert desk.one(due) == "orders"
    what = str(told) if which == "one" else f"type={type}"
    assert desk.actions() == [("Wulan", OPERATOR, "resend to orders", what, None)]


@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("events/resend", {"to": "orders"}, "berikan pesanan, jenis, atau umur"),
        ("events/resend", {"to": "nobody", "older_than": "1h"}, "nobody tidak mendengarkan layanan ini"),
        ("events/{told}/resend", {"to": "nobody"}, "nobody tidak mendengarkan layanan ini"),
    ],
)
def test_what_can_not_be_sent_again_is_refused(
    desk: Desk, told: UUID, path: str, form: dict[str, str], said: str
) -> None:
    answer = desk.send(path.format(told=told), **form)
    assert answer.status_code == 422
    assert said in answer.text
    assert desk.actions() == []


def test_more_than_one_step_is_refused_after_a_look_at_two(
    desk: Desk, told: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many fit: counting them all would keep the page waiting for minutes."""
    monkeypatch.setattr(resending, "STEP", 1)
    with desk.database.transaction() as session:
        record(session, *(FacilityUnlocked(code=f"LPS-{n}", unlocked_on=DAY, reason=SAID) for n in range(5)))
    asked: list[str] = []
    listener = "before_cursor_execute", lambda *given: asked.append(given[2])
    engine = desk.client.application.extensions["kendi"].database.engine
    event.listen(engine, *listener)
    answer = desk.send("events/resend", to="orders", type=contract_of(FacilityUnlocked).type)
    event.remove(engine, *listener)
    assert (answer.status_code, "gunakan kendi events resend" in answer.text) == (422, True)
    steps = [
        query for query in asked if query.startswith("SELECT outbox_event.event_id") and "LIMIT" in query
    ]
    assert len(steps) == 2
    assert desk.actions() == []


def test_each_address_of_a_form_shows_a_page(desk: Desk, told: UUID) -> None:
    for path in ("events/resend", f"events/{told}/resend"):
        assert "<h1>" in desk.read(f"{PAGE}{path}")


# All that is parked and fits


FITTING = {
    "order": {"order": str(ORDER)},
    "type": {"type": TYPE, "order": str(ORDER)},
    "fingerprint": {"fingerprint": "other"},
    "age": {"older_than": "1h"},
}


@pytest.fixture
def two(desk: Desk) -> tuple[UUID, UUID]:
    """Two parked events, of which each of the filters above finds the first."""
    first, second = desk.park(), desk.park(UUID(int=8))
    change = text("""
        UPDATE inbox SET error_fingerprint = 'other', received_at = now() - interval '2 h' WHERE event_id = :id""")
    with desk.database.transaction() as session:
        session.execute(change, {"id": first})
    desk.enter(OPERATOR)
    return first, second


def states(desk: Desk) -> dict[UUID, int]:
    with desk.database.transaction() as session:
        return {row.event_id: row.state for row in session.execute(select(inbox))}


@pytest.mark.parametrize("by", FITTING)
@pytest.mark.parametrize("action", ["retry", "discard"])
def test_what_is_parked_and_fits_is_done_after_it_was_seen_how_many(
    desk: Desk, two: tuple[UUID, UUID], action: str, by: str
) -> None:
    first, second = two
    found = desk.read(f"{EVENTS}?{urlencode(FITTING[by])}", "id")
    (path,) = re.findall(rf'href="{PAGE}(events/{action}\?[^"]*)"', found)
    page = desk.read(f"{PAGE}{unescape(path)}", "id")
    assert "1 peristiwa yang diparkir cocok." in page
    assert (f"order/{ORDER}" in page, "order/00000000-0000-0000-0000-000000000008" in page) == (True, False)
    assert states(desk) == {first: Inbox.PARKED, second: Inbox.PARKED}
    form = {"reason": REASON} if action == "discard" else {}
    assert desk.confirm(unescape(path), **form).headers["Location"] == PAGE
    done = Inbox.PENDING if action == "retry" else Inbox.DISCARDED
    assert states(desk) == {first: done, second: Inbox.PARKED}
    assert desk.actions() == [("Wulan", OPERATOR, action, str(first), form.get("reason"))]


def test_what_was_parked_after_the_look_is_not_discarded_unseen(desk: Desk, two: tuple[UUID, UUID]) -> None:
    first, second = two
    fitting = f"{EVENTS}discard?type={TYPE}"
    seen = re.findall(r'name="seen" value="([^"]*)"', desk.read(fitting))[0]
    third = desk.park(UUID(int=9))
    answer = desk.send("events/discard", type=TYPE, seen=seen, reason=REASON)
    assert answer.status_code == 422
    assert "Kini yang cocok sudah lain" in answer.text
    assert "3 peristiwa yang diparkir cocok." in answer.text
    assert REASON in answer.text
    assert states(desk) == dict.fromkeys((first, second, third), Inbox.PARKED)
    assert desk.actions() == []


def test_a_discard_of_what_fits_asks_for_a_reason_and_keeps_what_was_typed(
    desk: Desk, two: tuple[UUID, UUID]
) -> None:
    answer = desk.confirm(f"events/discard?type={TYPE}", reason="so")
    assert answer.status_code == 422
    assert 'id="field-reason-error"' in answer.text
    assert ">so</textarea>" in answer.text
    assert set(states(desk).values()) == {Inbox.PARKED}
    assert desk.actions() == []


@pytest.mark.parametrize("action", ["retry", "discard"])
def test_everything_at_once_is_neither_tried_again_nor_discarded(
    desk: Desk, two: tuple[UUID, UUID], action: str
) -> None:
    for answer in (
        desk.refused(f"{EVENTS}{action}?state=parked"),
        desk.send(f"events/{action}", reason=REASON),
    ):
        assert answer.status_code == 422
        assert "berikan pesanan, jenis, sidik jari, atau umur" in answer.text
    assert set(states(desk).values()) == {Inbox.PARKED}


def test_where_nothing_parked_fits_it_is_said(desk: Desk, two: tuple[UUID, UUID]) -> None:
    page = desk.read(f"{EVENTS}retry?order={UUID(int=99)}")
    assert "No parked event fits." in page
    assert '<form method="post" action="/production/operations/events/retry"' not in page


def test_more_than_one_transaction_takes_is_left_to_the_command(
    crowded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked_events, "MOST", MANY - 1)
    answer = crowded.refused(f"{EVENTS}retry?fingerprint=abc")
    assert answer.status_code == 422
    assert "Lebih dari 4.999 cocok" in answer.text
    assert crowded.send("events/retry", fingerprint="abc").status_code == 422
    assert crowded.actions()[0][2] == "discard"


@pytest.mark.parametrize("language", ["en", "id"])
def test_what_operators_did_is_told_in_the_readers_language(desk: Desk, told: UUID, language: str) -> None:
    desk.send(f"events/{told}/resend", to="orders")
    page = desk.read(language=language)
    assert {"en": "sent again to orders", "id": "dikirim ulang ke pesanan"}[language] in page


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ('{"payload": ""}', "Yang datang tidak dapat dipercaya, atau bukan pesan kita."),
        ('{"event": "{}"}', "Peristiwa yang tidak terbaca oleh versi ini."),
        ('{"specversion": "1.0"}', "Nomornya sudah dipakai peristiwa lain."),
    ],
)
def test_what_kind_of_message_was_parked_is_told_in_the_readers_language(
    desk: Desk, message: str, said: str
) -> None:
    with desk.database.transaction() as session:
        parking = text("INSERT INTO parked_message (reason, message) VALUES ('as the log says', :message)")
        session.execute(parking, {"message": message})
    desk.enter(OPERATOR)
    page = desk.read(language="id")
    assert said in page
    assert "<code>as the log says</code>" in page
