"""Too many requests are sent away with what is left and when; one flood leaves the others alone."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.web.access import KANWIL, create_key
from shared.web.limiting import Limiter
from tests.conftest import database_beside

API, SIGN_IN = "/production/v1/facilities", "/production/sign-in"


@pytest.fixture
def client(client_of: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setenv("KENDI_REQUESTS_PER_KEY", "3")
    monkeypatch.setenv("KENDI_REQUESTS_PER_ADDRESS", "6")
    monkeypatch.setenv("KENDI_PROXIES", "1")
    return client_of("production")


def key(client: FlaskClient) -> str:
    with database_beside(client).transaction() as session:
        return create_key(session, name="office", role=KANWIL, account=None)


def ask(client: FlaskClient, key: str, address: str = "192.0.2.1") -> TestResponse:
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": address}
    return client.get(API, headers=headers)


def test_each_answer_tells_the_limits_and_what_is_left(client: FlaskClient) -> None:
    answer = ask(client, key(client))
    assert answer.headers["RateLimit-Policy"] == '"address";q=6;w=10, "key";q=3;w=10'
    left = re.fullmatch(r'"address";r=5;t=(\d+), "key";r=2;t=(\d+)', answer.headers["RateLimit"])
    assert left is not None
    assert all(1 <= int(seconds) <= 10 for seconds in left.groups())


def test_a_flood_of_one_key_is_sent_away_and_leaves_the_others_alone(client: FlaskClient) -> None:
    flood, other = key(client), key(client)
    answers = [ask(client, flood, address=f"192.0.2.{n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 3
    refused = answers[-1]
    assert refused.content_type == "application/problem+json"
    assert refused.json["violated-policies"] == ["key"]
    assert 1 <= int(refused.headers["Retry-After"]) <= 10
    assert '"key";r=0' in refused.headers["RateLimit"]
    assert ask(client, other).status_code == 200


def test_a_flood_of_one_address_is_sent_away_whatever_key_it_tries(client: FlaskClient) -> None:
    right = key(client)
    tried = Counter(ask(client, f"pk_{n}_x").status_code for n in range(9))
    assert tried == {401: 6, 429: 3}
    assert ask(client, right).status_code == 429
    assert ask(client, right, address="192.0.2.2").status_code == 200


def test_who_guesses_with_the_public_part_of_a_key_uses_up_nothing_of_it(client: FlaskClient) -> None:
    right = key(client)
    for n in range(5):
        assert ask(client, right[:-1], address=f"198.51.100.{n}").status_code in (401, 429)
    assert ask(client, right).status_code == 200


def test_a_page_for_a_person_says_it_too(client: FlaskClient) -> None:
    headers = {"Accept": "text/html", "X-Forwarded-For": "192.0.2.1"}
    answers = [client.get(SIGN_IN, headers=headers) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert answers[-1].mimetype == "text/html"
    assert "Retry-After" in answers[-1].headers


def test_what_watches_the_process_is_never_sent_away(client: FlaskClient) -> None:
    for path in ("livez", "readyz", "metrics"):
        assert {client.get(f"/production/{path}").status_code for _ in range(8)} == {200}


def test_a_limiter_that_can_not_count_lets_everybody_through(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = key(client)
    limiter: Limiter = client.application.extensions["limiter"]
    monkeypatch.setattr(limiter.storage, "incr", None)  # broken on purpose
    answers = [ask(client, right) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


def test_without_a_proxy_in_the_settings_nobody_chooses_their_address(
    client_of: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENDI_REQUESTS_PER_ADDRESS", "2")
    client = client_of("production")
    right = key(client)
    answers = [ask(client, right, address=f"192.0.2.{n}").status_code for n in range(3)]
    assert answers == [200, 200, 429]


def test_a_limit_of_none_tells_nothing(
    client_of: Callable[[str], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("KEY", "ADDRESS"):
        monkeypatch.setenv(f"KENDI_REQUESTS_PER_{kind}", "0")
    client = client_of("production")
    answer = ask(client, key(client))
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers
