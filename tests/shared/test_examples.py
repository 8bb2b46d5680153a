"""The OpenAPI documents say of each operation and each error what it looks like, and the examples are valid."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker

from shared.card import all_cards
from tests.examples import described


@pytest.fixture(params=sorted(all_cards()))
def document(request: pytest.FixtureRequest, client_of: Callable[[str], FlaskClient]) -> dict[str, Any]:
    read: dict[str, Any] = client_of(request.param).get(f"/{request.param}/openapi.json").json
    return read


def test_each_operation_has_a_name_a_summary_and_a_description(document: dict[str, Any]) -> None:
    operations = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    for path, method, operation in operations:
        assert operation["operationId"].isidentifier(), (path, method)
        assert operation["summary"], (path, method)
        takers = "For people who signed in, of:" if "security" in operation else "For keys of:"
        assert takers in operation["description"], (path, method)
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))


def test_each_request_and_answer_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    for name, place, schema, example in described(document):
        assert example is not None, f"{name} has no example of its {place}: see tests/examples.py"
        assert wrong(document, schema, example) == [], (name, place)


def test_each_error_has_an_example_that_fits_its_schema(document: dict[str, Any]) -> None:
    said = {
        answer["$ref"].rsplit("/", 1)[1]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
        for answer in operation["responses"].values()
        if "$ref" in answer
    }
    for name in said:
        (content,) = document["components"]["responses"][name]["content"].values()
        assert wrong(document, content["schema"], content["example"]) == [], name


def wrong(document: dict[str, Any], schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(example)]
