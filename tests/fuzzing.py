"""Requests made up from a service's own OpenAPI document, and what every answer to them must keep to."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, CheckFunction, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = {
    GenerationMode.POSITIVE: CHECKS,
    GenerationMode.NEGATIVE: [*CHECKS, negative_data_rejection],
}
METHODS = {"get", "post", "put", "patch", "delete"}
Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Any]
Known = Mapping[str, Sequence[Any]]
"""Values that exist, by the name of a field or of a part of a path, so that not every request ends at nothing."""


def fuzz(
    app: Flask,
    key: str,
    *,
    known: Known,
    examples: int,
    cookies: Mapping[str, str] | None = None,
    fitting: Mapping[str, Known] = MappingProxyType({}),
    only: str | None = None,
) -> set[str]:
    """Send right and wrong requests for each operation, or ``only`` one; gives those that did what was asked.

    ``fitting`` are values for one operation alone, where those that are ``known`` to all would contradict each other.
    """
    service = app.name.rsplit(".", 1)[1]
    schema = schemathesis.openapi.from_dict(_told(app.test_client().get(f"/{service}/openapi.json").json))
    schema.app = app
    operations = sorted(
        (found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)), key=_deletes
    )
    done, failures = set(), []
    for operation in operations:
        if only not in (None, operation.label):
            continue
        for mode, checks in MODES.items():
            try:
                there = {**known, **fitting.get(operation.label, {})}
                met = _send(operation, mode, key, there, checks, examples, cookies)
            except (FailureGroup, Failure) as failure:
                failures.append(f"{operation.label}: {failure}")
            else:
                done |= {operation.label for status in met if status < 400}
    assert not failures, "\n\n".join(failures)
    return done


def operations_of(app: Flask) -> set[str]:
    service = app.name.rsplit(".", 1)[1]
    paths = app.test_client().get(f"/{service}/openapi.json").json["paths"]
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in METHODS & set(item)}


def _told(document: dict[str, Any]) -> dict[str, Any]:
    """The document without "any other failure": each status that is answered must be named."""
    for item in document["paths"].values():
        for method in METHODS & set(item):
            item[method]["responses"].pop("default")
    return document


def _deletes(operation: Operation) -> bool:
    """What is deleted comes last, so that the others have something to be about."""
    return operation.method.lower() == "delete"


def _send(
    operation: Operation,
    mode: GenerationMode,
    key: str,
    known: Known,
    checks: list[CheckFunction],
    examples: int,
    cookies: Mapping[str, str] | None,
) -> set[int]:
    met: set[int] = set()

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.data())
    def send(case: Request, data: st.DataObject) -> None:
        place(case, data)
        sent = {"Authorization": f"Bearer {key}"}
        answer = case.call_and_validate(headers=sent, cookies=dict(cookies or {}), checks=checks)
        met.add(answer.status_code)

    def place(case: Request, data: st.DataObject) -> None:
        """Let the request be about something that exists."""
        if mode == GenerationMode.POSITIVE:
            for fields in (case.path_parameters, case.headers, *objects_in(case.body)):
                for name in set(fields) & set(known):
                    fields[name] = data.draw(st.sampled_from(known[name]))

    send()
    return met


def objects_in(body: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON body, the inner ones too."""
    if isinstance(body, dict):
        yield body
    for inner in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from objects_in(inner)
