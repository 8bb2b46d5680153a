"""The examples in the OpenAPI documents: taken from real answers, and held to them.

``make examples`` takes them anew.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, request_finished, request_started

from shared.web.problems import is_api

SECRETS = {"secret": "whsec_" + "QUJD" * 8, "key": "pk_0123456789abcdef_" + "QUJD" * 10}
"""In place of real ones."""
FILES = ("application/pdf", "application/zip", "*/*")
SOME = 2
"""How many of a list are shown."""


class Answers:
    """What a service is asked and answers by its API, by operation, while a test plays."""

    def __init__(self, app: Flask) -> None:
        self._file = Path(app.root_path) / "examples.json"
        self.kept: dict[str, Any] = json.loads(self._file.read_text())
        self.seen: dict[str, Any] = {}
        request_started.connect(self._hear, app)
        request_finished.connect(self._see, app)

    def _hear(self, app: Flask) -> None:
        """Keep a body that is read as a stream, too."""
        request.stream = BytesIO(request.get_data())

    def _see(self, app: Flask, response: Response) -> None:
        if is_api(request.path) and response.status_code < 300 and request.endpoint:
            name = request.endpoint.rsplit(".", 1)[1]
            operation = self.seen.setdefault(name, {"requests": {}, "answers": {}})
            if request.files:
                names = {name: file.filename for name, file in request.files.items()}
                operation["requests"].setdefault(request.mimetype, {**request.form, **names})
            elif asked := request.get_data(as_text=True):
                body = request.json if request.is_json else asked
                if not _is_file(request.mimetype):
                    operation["requests"].setdefault(request.mimetype, body)
            operation["answers"].setdefault(str(response.status_code), _body_of(response))

    def keep(self) -> None:
        """Write what was seen as the examples."""
        self.kept = self.seen
        self._file.write_text(json.dumps(self.kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def _body_of(answer: Response) -> Any:
    if _is_file(answer.mimetype):
        return None
    body = answer.get_json() if answer.is_json else answer.get_data(as_text=True) or None
    if isinstance(body, dict):
        body |= {name: shown for name, shown in SECRETS.items() if name in body}
    return body[:SOME] if isinstance(body, list) else body


def _is_file(media_type: str) -> bool:
    """A file for people, of which no example can be shown."""
    return media_type in FILES or media_type.startswith("image/")


def shape_of(value: Any) -> Any:
    """The names of the fields, without their values."""
    if isinstance(value, dict):
        return {name: shape_of(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return None


def described(document: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    """Each place of the document that can have an example: the operation, which, its schema, the example."""
    for item in document["paths"].values():
        for method, operation in item.items():
            if method in {"get", "post", "put", "patch", "delete"}:
                yield from _of_operation(operation)


def _of_operation(operation: dict[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    name = operation["operationId"]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if not _is_file(kind):
            yield name, f"request as {kind}", content["schema"], content.get("example")
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            if not _is_file(kind):
                yield name, f"{status} as {kind}", content["schema"], content.get("example")
