"""Who may come in: people by their password and a session, systems by a key."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask.testing import FlaskClient
from sqlalchemy import QueuePool, delete, select, text, update
from werkzeug.test import TestResponse

from shared.clock import real_now
from shared.database import Database
from shared.web import access, passwords
from shared.web.access import KANWIL, add_person, create_key
from shared.web.tables import api_key, person, sign_in_attempt, web_session
from tests.conftest import database_beside

EMAIL, PASSWORD = "kanwil@kendi.example", "a password of the tests"
SIGN_IN, SIGN_OUT, HOME = "/production/sign-in", "/production/sign-out", "/production/"
API = "/production/v1/work-orders"


@dataclass
class Door:
    """The production service, with one person who may sign in."""

    client: FlaskClient
    database: Database

    def enter(
        self, *, headers: dict[str, str] | None = None, address: str = "127.0.0.1", **changes: Any
    ) -> TestResponse:
        form = {"email": EMAIL, "password": PASSWORD, **changes}
        return self.client.post(
            SIGN_IN, data=form, headers=headers, environ_overrides={"REMOTE_ADDR": address}
        )

    def anew(self) -> "Door":
        """The same door for somebody else, who has cookies of their own."""
        return replace(self, client=self.client.application.test_client())

    def is_open(self) -> bool:
        return self.client.get(HOME).status_code == 200

    def change(self, statement: Any) -> None:
        with self.database.transaction() as session:
            session.execute(statement)

    def count(self, table: Any) -> int:
        with self.database.transaction() as session:
            return len(session.execute(select(table)).all())

    def by_key(self, key: str) -> TestResponse:
        return self.client.get(API, headers={"Authorization": f"Bearer {key}"})


@pytest.fixture
def door(client_of: Callable[[str], FlaskClient]) -> Door:
    client = client_of("production")
    database: Database = database_beside(client)
    with database.transaction() as session:
        add_person(session, email=EMAIL, name="Kanwil", role=KANWIL, account=None, password=PASSWORD)
    return Door(client, database)


# Signing in


def test_who_signs_in_is_in(door: Door) -> None:
    assert not door.is_open()
    assert (door.enter().status_code, door.is_open()) == (303, True)


def test_an_email_address_is_the_same_in_capitals(door: Door) -> None:
    assert door.enter(email=f"  {EMAIL.upper()} ").status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [{"password": "another"}, {"password": ""}, {"email": "nobody@kendi.example"}, {"email": ""}],
    ids=str,
)
def test_what_does_not_fit_is_answered_the_same_whatever_was_wrong(door: Door, wrong: dict[str, Any]) -> None:
    answer = door.enter(**wrong)
    assert answer.status_code == 422
    assert "Set-Cookie" not in answer.headers
    assert "tidak cocok" in answer.text
    assert PASSWORD not in answer.text
    assert (door.count(web_session), door.is_open()) == (0, False)


def test_a_person_who_was_disabled_does_not_come_in_nor_stay(door: Door) -> None:
    door.enter()
    door.change(update(person).values(disabled_at=real_now()))
    assert not door.is_open()
    assert door.enter().status_code == 422


def test_a_changed_password_replaces_the_old_one(door: Door) -> None:
    with door.database.transaction() as session:
        add_person(session, email=EMAIL, name="Kanwil", role=KANWIL, account=None, password="a new password")
    assert door.enter().status_code == 422
    assert door.enter(password="a new password").status_code == 303


def test_after_ten_tries_even_the_right_password_waits_a_quarter_of_an_hour(door: Door) -> None:
    for _ in range(access.SIGN_INS_PER_QUARTER_HOUR):
        assert door.enter(password="wrong").status_code == 422
    assert door.enter().status_code == 429
    assert door.enter(email="another@kendi.example").status_code == 422
    door.change(text("UPDATE sign_in_attempt SET at = at - interval '16 minutes'"))
    assert door.enter().status_code == 303


def test_many_tries_at_once_are_counted_one_after_the_other(door: Door) -> None:
    with ThreadPoolExecutor(passwords.AT_ONCE) as pool:
        tried = pool.map(lambda _: door.anew().enter(password="wrong").status_code, range(16))
    assert Counter(tried) == {422: access.SIGN_INS_PER_QUARTER_HOUR, 429: 6}


def test_who_guesses_from_elsewhere_locks_nobody_out_and_is_not_forgotten(door: Door) -> None:
    for _ in range(access.SIGN_INS_PER_QUARTER_HOUR):
        door.enter(password="wrong", address="192.0.2.9")
    assert door.enter().status_code == 303
    refused = door.enter(address="192.0.2.9")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")


def test_an_address_that_tries_one_password_on_many_people_is_stopped_and_no_other(door: Door) -> None:
    door.change(
        text(
            "INSERT INTO sign_in_attempt SELECT n || '@kendi.example', '192.0.2.9' FROM generate_series(1, :n) n"
        ).bindparams(n=access.SIGN_INS_OF_AN_ADDRESS - 1)
    )
    assert door.enter(email="last@kendi.example", address="192.0.2.9").status_code == 422
    refused = door.enter(address="192.0.2.9")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert door.enter(address="192.0.2.10").status_code == 303


def test_more_sign_ins_than_there_is_memory_for_are_asked_to_come_again(door: Door) -> None:
    with ExitStack() as busy:
        for _ in range(passwords.AT_ONCE):
            busy.enter_context(passwords.room())
        refused = door.enter(headers={"Accept": "text/html"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
        assert "Terlalu banyak" in refused.text
    assert door.count(sign_in_attempt) == 0
    assert door.enter().status_code == 303


@pytest.fixture
def slowly(door: Door) -> Iterator[Future[TestResponse]]:
    """Somebody whose password takes seconds to verify, and is being verified."""
    door.change(update(person).values(password_hash=PasswordHasher(time_cost=30).hash(PASSWORD)))
    with ThreadPoolExecutor(1) as pool:
        entering = pool.submit(door.enter)
        while not door.count(sign_in_attempt):
            assert not entering.done()
        yield entering


def test_no_connection_waits_while_a_password_is_verified(door: Door, slowly: Future[TestResponse]) -> None:
    assert cast(QueuePool, door.database.engine.pool).checkedout() == 0
    assert not slowly.done()
    assert slowly.result().status_code == 303


def test_who_is_disabled_while_the_password_is_verified_does_not_come_in(
    door: Door, slowly: Future[TestResponse]
) -> None:
    door.change(update(person).values(disabled_at=real_now()))
    assert not slowly.done()
    assert slowly.result().status_code == 422


def test_an_unknown_address_takes_as_long_as_a_known_one() -> None:
    known = extract_parameters(passwords.hashed(PASSWORD))
    assert extract_parameters(passwords.NOBODYS) == known
    assert not passwords.fits(passwords.NOBODYS, "")


def test_coming_in_forgets_the_tries_before(door: Door) -> None:
    for _ in range(2):
        for _ in range(6):
            assert door.enter(password="wrong").status_code == 422
        assert door.enter().status_code == 303


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_another_site_can_not_sign_anybody_in(door: Door, origin: str) -> None:
    assert door.enter(headers={"Origin": origin}).status_code == 403
    assert not door.is_open()


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "https://elsewhere.example/production/",
        "//elsewhere.example/production/",
        "/\\elsewhere.example",
        "/production/\\elsewhere.example",
        "/production//elsewhere.example",
        "/productionelsewhere",
        "/orders/",
        "javascript:alert(1)",
        "",
    ],
)
def test_nobody_is_sent_to_another_site_after_signing_in(door: Door, target: str) -> None:
    assert door.enter(next=target).headers["Location"] == HOME
    shown = door.client.get(SIGN_IN, query_string={"next": target}).text
    assert f'name="next" value="{HOME}"' in shown


def test_who_wanted_a_page_comes_to_it(door: Door) -> None:
    asked = door.client.get(f"{HOME}?lang=en")
    assert asked.status_code == 302
    form = door.client.get(asked.headers["Location"]).text
    assert f'name="next" value="{HOME}?lang=en"' in form
    assert door.enter(next=f"{HOME}?lang=en").headers["Location"] == f"{HOME}?lang=en"


# The session


def cookie_of(answer: TestResponse) -> dict[str, str]:
    """The session cookie's parts by name, those without a value as empty."""
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if "language" not in one]
    name, *attributes = cookie.split("; ")
    parts = {"name": name.partition("=")[0], "value": name.partition("=")[2]}
    return parts | {a.partition("=")[0]: a.partition("=")[2] for a in attributes}


def test_the_cookie_is_hidden_from_scripts_and_other_sites(door: Door) -> None:
    cookie = cookie_of(door.enter())
    assert (cookie["name"], cookie["SameSite"], cookie["Path"]) == ("kendi-production", "Lax", "/")
    assert "HttpOnly" in cookie
    assert not {"Domain", "Expires", "Max-Age"} & set(cookie)
    with door.database.transaction() as session:
        (row,) = session.execute(select(web_session)).all()
    assert cookie["value"].encode() not in (row.id_sha256, row.csrf_token.encode())


def test_the_cookie_is_bound_to_https_outside_of_a_demonstration(door: Door) -> None:
    app = door.client.application
    serving = app.extensions["kendi"]
    app.extensions["kendi"] = replace(serving, settings=replace(serving.settings, demo=False))
    cookie = cookie_of(door.enter())
    assert cookie["name"] == "__Host-kendi-production"
    assert "Secure" in cookie


def test_each_sign_in_is_a_session_of_its_own(door: Door) -> None:
    assert cookie_of(door.enter())["value"] != cookie_of(door.enter())["value"]


def test_a_cookie_that_was_there_before_signing_in_is_replaced_and_opens_nothing(door: Door) -> None:
    door.client.set_cookie("kendi-production", "chosen-by-somebody-else")
    cookie = cookie_of(door.enter())
    assert cookie["value"] != "chosen-by-somebody-else"
    stranger = door.anew()
    stranger.client.set_cookie("kendi-production", "chosen-by-somebody-else")
    assert not stranger.is_open()


def test_signing_in_again_ends_the_session_that_the_browser_had(door: Door) -> None:
    before = cookie_of(door.enter())["value"]
    after = cookie_of(door.enter())["value"]
    for value, opens in ((before, False), (after, True)):
        browser = door.anew()
        browser.client.set_cookie("kendi-production", value)
        assert browser.is_open() == opens


def test_a_cookie_opens_no_api_and_a_key_no_page(door: Door, key: str) -> None:
    door.enter()
    assert door.client.get(API).status_code == 401
    assert door.anew().client.get(HOME, headers={"Authorization": f"Bearer {key}"}).status_code == 302


def test_signing_out_ends_the_session_for_everybody_who_kept_its_cookie(door: Door) -> None:
    cookie = cookie_of(door.enter())
    with door.database.transaction() as session:
        token = session.execute(select(web_session.c.csrf_token)).scalar_one()
    left = door.client.post(SIGN_OUT, data={"csrf_token": token})
    assert (left.status_code, left.headers["Location"]) == (303, SIGN_IN)
    assert cookie_of(left)["value"] == ""
    assert not door.is_open()
    door.client.set_cookie(cookie["name"], cookie["value"])
    assert not door.is_open()
    assert door.count(web_session) == 0


def test_another_site_can_not_sign_anybody_out(door: Door) -> None:
    door.enter()
    assert door.client.post(SIGN_OUT).status_code == 403
    assert door.is_open()


@pytest.mark.parametrize(("column", "age"), [("seen_at", "31 minutes"), ("created_at", "13 hours")])
def test_a_session_ends_when_it_is_idle_or_old(door: Door, column: str, age: str) -> None:
    door.enter()
    door.change(text(f"UPDATE web_session SET {column} = now() - interval '{age}'"))
    assert not door.is_open()


def test_a_made_up_cookie_opens_nothing(door: Door) -> None:
    door.enter()
    door.client.set_cookie("kendi-production", "made-up")
    assert not door.is_open()


# Keys


@pytest.fixture
def key(door: Door) -> str:
    with door.database.transaction() as session:
        return create_key(session, name="office", role=KANWIL, account=None)


def test_a_key_opens_the_api_and_is_not_kept(door: Door, key: str) -> None:
    assert door.by_key(key).status_code == 200
    secret = key.split("_", 2)[2]
    with door.database.transaction() as session:
        row = session.execute(select(api_key)).one()
    assert secret not in str(tuple(row))
    assert row.last_used_at is not None


def test_a_revoked_key_opens_nothing(door: Door, key: str) -> None:
    assert door.by_key(key).status_code == 200
    door.change(update(api_key).values(revoked_at=real_now()))
    answer = door.by_key(key)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    door.change(delete(api_key))
    assert door.by_key(key).data == answer.data


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: key + "x", lambda _: "pk__"])
def test_a_key_that_is_nearly_right_opens_nothing(door: Door, key: str, change: Callable[[str], str]) -> None:
    assert door.by_key(change(key)).status_code == 401
