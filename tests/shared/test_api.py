"""What holds for every route of every API: the key, the kind of body, and what OpenAPI says of it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from shared.card import all_cards
from shared.web.access import KANWIL, create_key
from shared.web.serving import TRACEPARENT
from tests.conftest import database_beside

SERVICES = sorted(all_cards())
PROBLEM = "application/problem+json"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass
class Api:
    """A service's API, as its own document tells it, with a key that may call it."""

    client: FlaskClient
    spec: dict[str, Any]
    headers: dict[str, str]

    def operations(self, *methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The method, an address of nothing that exists, and what is said of the operation."""
        for path, item in self.spec["paths"].items():
            for method in methods:
                if method in item:
                    parameters = item.get("parameters", []) + item[method].get("parameters", [])
                    yield method, filled(path, parameters), item[method]

    def with_json(self, *methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Those that take JSON; a few take rows of text instead."""
        for method, path, operation in self.operations(*methods):
            if "application/json" in operation.get("requestBody", {}).get(
                "content", {"application/json": {}}
            ):
                yield method, path, operation

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = self.headers | options.pop("headers", {"Idempotency-Key": path})
        return self.client.open(path, method=method, headers=headers, **options)


def filled(path: str, parameters: list[dict[str, Any]]) -> str:
    for parameter in parameters:
        if parameter["in"] == "path":
            kind = parameter["schema"]
            value = {"uuid": "00000000-0000-0000-0000-000000000000"}.get(kind.get("format", ""), "1")
            path = path.replace(f"{{{parameter['name']}}}", kind.get("enum", [value])[0])
    return path


@pytest.fixture(params=SERVICES)
def api(request: pytest.FixtureRequest, client_of: Callable[[str], FlaskClient]) -> Api:
    client = client_of(request.param)
    with database_beside(client).transaction() as session:
        key = create_key(session, name="tests", role=KANWIL, account=None)
    spec = client.get(f"/{request.param}/openapi.json").json
    return Api(client, spec, {"Authorization": f"Bearer {key}"})


def test_the_document_is_valid(api: Api) -> None:
    validate(api.spec)
    assert api.spec["openapi"].startswith("3.1")
    assert r"\\Z" not in json.dumps(api.spec), "ECMA-262 has no \\Z"
    assert api.spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert api.spec["security"] == [{"key": []}]


def test_the_page_of_the_document_can_be_read(api: Api) -> None:
    page = api.client.get(api.spec["info"]["title"].replace("Kendi ", "/") + "/docs").text
    assert "Idempotency-Key" in page
    assert PROBLEM in page


def test_every_way_to_fail_is_said_to_be_a_problem(api: Api) -> None:
    for method, path, operation in api.operations(*METHODS):
        failures = {status: told for status, told in operation["responses"].items() if status >= "4"}
        assert {"401", "403", "503"} <= set(failures), (method, path)
        for told in failures.values():
            (name,) = (told["$ref"].rsplit("/", 1)[1],)
            assert list(api.spec["components"]["responses"][name]["content"]) == [PROBLEM]
    assert api.spec["components"]["schemas"]["Problem"]["properties"]["errors"]["type"] == "array"


def test_every_post_needs_an_idempotency_key_and_says_so(api: Api) -> None:
    posts = list(api.operations("post"))
    assert posts
    for method, path, operation in posts:
        (told,) = (one for one in operation["parameters"] if one["in"] == "header")
        assert (told["name"], told["required"]) == ("Idempotency-Key", True)
        assert {"400", "409", "422"} <= set(operation["responses"])
        for key in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 201}):
            answer = api.send(method, path, json={}, headers=key)
            assert (answer.status_code, answer.mimetype) == (400, PROBLEM), path
            assert "Idempotency-Key" in answer.json["detail"]


@pytest.mark.parametrize(
    "sent",
    [
        {"data": '{"a": 1}', "content_type": "text/plain"},
        {"data": {"a": "1"}},
        {"data": {"a": "1"}, "content_type": "multipart/form-data"},
        {"data": '{"a": 1}'},
        {"data": "<a/>", "content_type": "application/xml"},
    ],
    ids=["text", "form", "multipart", "none", "xml"],
)
def test_a_body_that_is_not_json_is_of_an_unsupported_type(api: Api, sent: dict[str, Any]) -> None:
    for method, path, operation in api.with_json("post", "put", "patch"):
        if sent.get("content_type") in operation["requestBody"]["content"]:
            continue
        answer = api.send(method, path, **sent)
        assert (answer.status_code, answer.mimetype) == (415, PROBLEM), (path, answer.text)
        assert "application/json" in answer.json["detail"]
        assert {"413", "415"} <= set(operation["responses"])


@pytest.mark.parametrize("kind", ["application/json", "text/plain", None])
def test_an_empty_body_is_asked_for_an_object(api: Api, kind: str | None) -> None:
    for method, path, operation in api.with_json("post", "put", "patch"):
        answer = api.send(method, path, data=b"", content_type=kind)
        if has_fields(api, operation):
            assert answer.status_code == 400, (path, answer.text)
            assert "JSON object" in answer.json["detail"]
        else:  # nothing has to be said, so nothing need be sent
            assert answer.status_code in (403, 404)


def has_fields(api: Api, operation: dict[str, Any]) -> bool:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return bool(api.spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]].get("properties"))


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null", "{", "{'a': 1}", " "])
def test_json_that_is_no_object_is_refused(api: Api, body: str) -> None:
    for method, path, _ in api.with_json("post", "put", "patch"):
        answer = api.send(method, path, data=body, content_type="application/json")
        assert answer.status_code in (400, 422), (path, answer.text)
        assert answer.mimetype == PROBLEM


def test_without_a_key_nothing_is_answered_but_that(api: Api) -> None:
    for method, path, _ in api.operations(*METHODS):
        answer = api.client.open(path, method=method, json={})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("told", "goes_on"),
    [
        (f"00-{TRACE}-{PARENT}-01", True),
        (f"cc-{TRACE}-{PARENT}-00", True),
        (f"ff-{TRACE}-{PARENT}-01", False),
        (f"00-{TRACE.upper()}-{PARENT}-01", False),
        (f"00-{'g' * 32}-{PARENT}-01", False),
        (f"00-{'0' * 32}-{PARENT}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-{PARENT}", False),
        (f"00-{'é' * 32}-{PARENT}-01", False),
        ("", False),
    ],
)
def test_only_a_trace_of_w3c_is_continued(
    client_of: Callable[[str], FlaskClient], told: str, goes_on: bool
) -> None:
    app = client_of("orders").application
    with app.test_request_context("/orders/livez", headers={"traceparent": told}):
        app.preprocess_request()
        found = TRACEPARENT.fullmatch(g.traceparent)
    assert found is not None
    assert (found[1] == TRACE) == goes_on
