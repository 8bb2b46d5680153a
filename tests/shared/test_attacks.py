"""What every service answers to those who mean harm, whatever it is about."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.card import all_cards
from shared.database import Database
from shared.web.access import OPERATOR, add_person, create_key
from tests.conftest import database_beside, signed_in
from tests.hostile import check_forms

PROBLEM = "application/problem+json"
POSTS = {
    "orders": "/orders/v1/orders",
    "production": "/production/v1/agreements",
    "logistics": "/logistics/v1/pallets",
}
LISTS = {**POSTS, "production": "/production/v1/work-orders", "logistics": "/logistics/v1/cartons"}
NONE = "00000000-0000-4000-8000-000000000000"
FOREIGN = {
    "orders": f"/orders/v1/orders/{NONE}",
    "production": f"/production/v1/work-orders/{NONE}",
    "logistics": f"/logistics/v1/shipments/{NONE}",
}
NOT_FOR_OPERATORS = {
    "orders": "/orders/new",
    "production": "/production/replan",
    "logistics": "/logistics/scanning",
}
ENTERED = {"email": "operator@kendi.example", "password": "a password of the tests"}
ROLES = {"orders": "buyer", "production": "kanwil", "logistics": "logistics"}


@dataclass
class Target:
    """One service, somebody's key to it, and a browser in which an operator has signed in."""

    service: str
    client: FlaskClient
    database: Database
    key: str
    browser: FlaskClient

    def ask(self, path: str, method: str = "GET", **headers: str) -> TestResponse:
        return self.client.open(path, method=method, headers=self.with_key(**headers))

    def post(self, body: str | bytes, **headers: str) -> TestResponse:
        sent = body.encode(errors="surrogatepass") if isinstance(body, str) else body
        told = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8), **headers}
        return self.client.post(POSTS[self.service], data=sent, headers=self.with_key(**told))

    def with_key(self, **headers: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", **headers}

    def sign_in(self, **typed: str) -> TestResponse:
        return self.client.post(f"/{self.service}/sign-in", data={**ENTERED, **typed})


@pytest.fixture(params=sorted(all_cards()))
def target(request: pytest.FixtureRequest, client_of: Callable[[str], FlaskClient]) -> Target:
    service: str = request.param
    client = client_of(service)
    database = database_beside(client)
    with database.transaction() as session:
        key = create_key(session, name="tests", role=ROLES[service], account="CHEWY-LOUIS")
    return Target(service, client, database, key, signed_in(client, OPERATOR))


@pytest.fixture
def door(target: Target) -> Target:
    """The same with a password, by which the operator signs in anew."""
    who = {"email": ENTERED["email"], "name": "Operator", "role": OPERATOR, "account": None}
    with target.database.transaction() as session:
        add_person(session, **who, password=ENTERED["password"])
    return target


def refused(answer: TestResponse, *statuses: int) -> bool:
    return answer.status_code in statuses and answer.mimetype == PROBLEM


# Signing in


def test_an_address_too_long_for_a_mailbox_signs_nobody_in_and_breaks_nothing(door: Target) -> None:
    assert door.sign_in(email=secrets.token_hex(8_000)).status_code == 422
    assert door.sign_in(password="x" * 400_000).status_code == 422
    assert door.sign_in().status_code == 303


HIDING = (
    "\r\nSet-Cookie: evil=1",
    "\n/evil.example",
    "\t/evil.example",
    "\u2028",
    "\x7f",
    "../\\evil",
    "x//evil",
)


def test_a_page_to_go_to_that_hides_something_is_not_gone_to(door: Target) -> None:
    for rest in HIDING:
        answer = door.sign_in(next=f"/{door.service}/{rest}")
        assert (answer.status_code, answer.headers.get("Location")) == (303, f"/{door.service}/"), ascii(rest)
        assert "evil" not in str(answer.headers)


def test_no_form_of_any_page_is_taken_without_its_token_or_from_another_site(target: Target) -> None:
    assert check_forms(target.browser, target.database, target.service) > 1


def test_no_page_runs_what_is_not_ours_or_stands_in_anothers_frame(target: Target) -> None:
    for client, path in ((target.client, "sign-in"), (target.browser, "")):
        answer = client.get(f"/{target.service}/{path}", follow_redirects=True)
        assert (answer.status_code, answer.mimetype) == (200, "text/html"), path
        assert answer.request.path.endswith("/sign-in") == (path == "sign-in")
        policy = answer.headers["Content-Security-Policy"]
        rules = {rule.strip() for rule in policy.split(";")}
        assert rules >= {"default-src 'self'", "frame-ancestors 'none'"}, path
        assert "unsafe" not in policy, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path


# Addresses, methods, hosts


def test_no_redirect_names_the_host_that_the_client_named(target: Target) -> None:
    paths = (f"/{target.service}", f"/{target.service}//", f"//evil.example/{target.service}//x/")
    for path, host in product(paths, ("evil.example", "evil.example:80:80", "a b", "[::1", "evil.example/@")):
        answer = target.client.get(path, headers={"Host": host})
        assert answer.status_code in (302, 308, 404), path
        assert answer.headers.get("Location", "/x").startswith("/"), answer.headers
        assert not answer.headers.get("Location", "/x").startswith("//"), answer.headers


OUTSIDE = (
    "static/../../settings.py",
    "static/%2e%2e/%2e%2e/settings.py",
    "static/..%2f..%2fsettings.py",
    "static/..%5c..%5csettings.py",
    "static/%2fetc/passwd",
    "static/style.css%00.js",
    "v1/..%2f..%2f..%2fetc%2fpasswd",
    "%00",
    "v1/%f0%28%8c",
)


def test_no_path_leads_out_of_the_service(target: Target) -> None:
    for path in OUTSIDE:
        answer = target.client.get(f"/{target.service}/{path}", follow_redirects=True)
        assert answer.status_code == 404, path


def test_a_method_that_a_path_does_not_have_is_refused(target: Target) -> None:
    for method in ("TRACE", "CONNECT", "PROPFIND", "PATCH", "made-up"):
        assert refused(target.ask(LISTS[target.service], method), 405), method
        assert target.browser.open(f"/{target.service}/", method=method).status_code == 405, method


def test_no_header_makes_another_method_of_a_get(target: Target) -> None:
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = target.ask(LISTS[target.service], **{header: "POST"})
        assert (answer.status_code, answer.json) == (200, []), header


def test_heads_and_options_need_a_key_as_the_rest_does(target: Target) -> None:
    for method in ("HEAD", "OPTIONS"):
        assert target.client.open(LISTS[target.service], method=method).status_code == 401
        assert target.ask(LISTS[target.service], method).status_code == 200


QUERIES = (
    "sort=price;drop",
    "order=1%20desc",
    "buyer_id=RIVAL",
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=1e9",
    "limit=NaN",
    "limit=99999999999999999999",
    "after=%00",
    "after=%27%20OR%201%3D1%20--",
    "after=%ed%a0%80",
    "after=" + "A" * 5_000,
    "%00=1",
    "a%5b%5d=1",
)


def test_a_query_that_no_list_has_is_refused(target: Target) -> None:
    for query in QUERIES:
        assert refused(target.ask(f"{LISTS[target.service]}?{query}"), 400, 422), query


NO_KEYS = (
    "Bearer \xff\xfe",
    "Bearer pk_" + "a" * 60_000,
    "Bearer pk_'; DROP TABLE api_key; --_x",
    "Basic cGtfOng=",
    "Bearer",
    "",
)


def test_a_header_that_is_no_key_opens_nothing(target: Target) -> None:
    for value in NO_KEYS:
        assert refused(target.ask(LISTS[target.service], Authorization=value), 401), value


def test_headers_that_nobody_should_send_change_nothing(target: Target) -> None:
    odd = {
        "Accept": "*/*;q=x,,;",
        "Accept-Language": f"x;q={'9' * 400}, ../../etc",
        "Cookie": f'kendi-language="\\377"; kendi-{target.service}=\xff; __Host-kendi-{target.service}=x',
        "If-Match": "\xff",
        "If-None-Match": "*",
        "Range": "bytes=0-1,5-,-9",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "'; --",
        "traceparent": "00-" + "0" * 32,
    }
    answer = target.ask(LISTS[target.service], **odd)
    assert (answer.status_code, answer.json) == (200, [])
    assert target.client.get(f"/{target.service}/?lang=../../../etc/passwd", headers=odd).status_code == 302


# Bodies


TWO_WAYS: tuple[tuple[str | bytes, str], ...] = (
    ('{"hub": "A", "hub": "B"}', "twice"),
    ('{"a": {"b": 1, "c": 2, "b": 3}}', "twice"),
    ('{"hub": NaN}', "no number"),
    ('{"hub": -Infinity}', "no number"),
    ("[" * 100_000, "nested"),
    ('{"a":' * 100_000, "nested"),
    ('{"hub": ' + "9" * 5_000 + "}", "digits"),
    (b'{"hub": "\xff"}', "UTF-8"),
    ('\ufeff{"hub": "A"}', "no JSON"),
    ('{"hub": "A"}'.encode("utf-16"), "UTF-8"),
    ('{"hub": "A"} {}', "no JSON"),
)


def test_json_that_can_be_read_in_two_ways_or_none_is_refused(target: Target) -> None:
    for body, said in TWO_WAYS:
        answer = target.post(body)
        assert refused(answer, 400), (body[:20], answer.text)
        assert said in answer.json["detail"], (body[:20], answer.text)


def test_a_name_that_stands_twice_is_found_as_fast_among_many(target: Target) -> None:
    many = ", ".join(f'"{n}": 0' for n in range(60_000))
    assert refused(target.post(f'{{{many}, "59999": 1}}'), 400)


NO_SCHEMA = (
    '{"\\ud800": 1}',
    '{"hub": "\\ud800"}',
    '{"hub": "\\u0000"}',
    '{"hub": "\\u202eA"}',
    '{"hub": 1e309}',
    '{"__proto__": {"admin": true}}',
    '{"status": "PAID", "price": 1, "buyer_id": "RIVAL", "id": 1, "state": "released"}',
    '{"hub": ' + "[" * 300 + "]" * 300 + "}",
    "null",
    '"x"',
    "[]",
)


def test_a_body_with_what_no_schema_has_is_refused(target: Target) -> None:
    for body in NO_SCHEMA:
        assert refused(target.post(body), 422), body


def test_a_post_without_an_idempotency_key_does_nothing(target: Target) -> None:
    for key in ("", "x" * 201):
        assert refused(target.post("{}", **{"Idempotency-Key": key}), 400)


def test_a_form_of_thousands_of_parts_is_refused(target: Target) -> None:
    parts = {f"part{n}": "x" for n in range(3_000)}
    answer = target.client.post(f"/{target.service}/sign-in", data=parts, content_type="multipart/form-data")
    assert answer.status_code == 413


# What is noted


def test_who_asks_for_what_is_not_theirs_is_named_in_the_log(
    target: Target, caplog: pytest.LogCaptureFixture
) -> None:
    id = target.key.split("_")[1]
    with caplog.at_level(logging.WARNING, "shared.web.refusals"):
        target.client.get(LISTS[target.service])
        target.ask(FOREIGN[target.service])
        target.browser.get(f"/{target.service}/?secret=1", follow_redirects=True)
        target.browser.get(NOT_FOR_OPERATORS[target.service])
    nobody, key, person = (record.getMessage() for record in caplog.records)
    assert "401 to nobody known" in nobody
    assert f"404 to key:{id}" in key
    assert FOREIGN[target.service] in key
    assert "403 to person:" in person
    assert target.key not in caplog.text
    assert "secret" not in caplog.text


def test_keys_that_open_nothing_are_counted(target: Target) -> None:
    def counted() -> float:
        figures = target.client.get(f"/{target.service}/metrics").text.splitlines()
        refused = [line for line in figures if 'status="401"' in line and "_total" in line]
        return sum(float(line.rpartition(" ")[2]) for line in refused)

    before = counted()
    for _ in range(3):
        target.client.get(LISTS[target.service], headers={"Authorization": "Bearer pk_made_up"})
    assert counted() == before + 3
