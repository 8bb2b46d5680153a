"""A request takes a thread once all of it is there: then the view reads exactly what was sent."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, request

from shared.web import receiving
from shared.web.api import allow_body, takes
from shared.web.receiving import Message, Receiving

MOST = 100_000
NEVER: Message = {"type": "never"}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST
    app.before_request(allow_body)

    @app.post("/length")
    def length() -> dict[str, Any]:
        return {"length": len(request.get_data()), "told": request.content_length}

    @app.post("/large")
    @takes(5 * MOST)
    def large() -> dict[str, Any]:
        return {"length": sum(len(line) for line in request.stream), "told": request.content_length}

    @app.get("/text")
    def text() -> dict[str, Any]:
        return {"text": request.args["text"]}

    return app


def ask(
    app: Flask,
    path: str,
    parts: Sequence[bytes | Message] = (b"",),
    *,
    method: str = "POST",
    query: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> tuple[int | None, Any]:
    """What is answered to a body that comes in these parts; nothing if nobody is there to be answered."""
    coming, answered = list(parts), list[Message]()

    async def receive() -> Message:
        part = coming.pop(0)
        if part is NEVER:
            await asyncio.Event().wait()
        if not isinstance(part, bytes):
            return part
        return {"type": "http.request", "body": part, "more_body": bool(coming)}

    async def send(message: Message) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": list(headers),
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }
    with ThreadPoolExecutor(1) as beside:  # whatever loop runs in this thread already
        beside.submit(lambda: asyncio.run(Receiving(app, threads=1)(scope, receive, send))).result()
    if not answered:
        return None, None
    body = b"".join(message.get("body", b"") for message in answered[1:])
    return answered[0]["status"], json.loads(body) if body.startswith(b"{") else body


def test_a_body_in_parts_and_without_a_length_is_read_whole(app: Flask) -> None:
    told = [(b"transfer-encoding", b"chunked")]
    assert ask(app, "/length", [b"a" * 10, b"", b"b" * 90_000], headers=told) == (
        200,
        {"length": 90_010, "told": 90_010},
    )


def test_a_view_that_takes_more_is_given_more(app: Flask) -> None:
    parts = [b"line\n" * 13_000] * 5
    assert ask(app, "/large", parts) == (200, {"length": 325_000, "told": 325_000})
    assert ask(app, "/length", parts)[0] == 413


def test_what_is_too_long_is_refused_before_it_has_come(app: Flask) -> None:
    assert ask(app, "/length", [NEVER], headers=[(b"content-length", b"100001")])[0] == 413
    assert ask(app, "/length", [b"a" * 60_000, b"a" * 60_000, NEVER])[0] == 413
    assert ask(app, "/nothing", [b"a" * 120_000, NEVER])[0] == 404


@pytest.mark.parametrize("limit", ["NEXT_SECONDS", "WHOLE_SECONDS"])
def test_who_does_not_go_on_is_told_so(app: Flask, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(receiving, limit, 0.05)
    status, said = ask(app, "/length", [b"a", NEVER], headers=[(b"content-length", b"2")])
    assert (status, said["status"]) == (408, 408)


def test_who_leaves_in_the_middle_is_not_served(app: Flask) -> None:
    assert ask(app, "/length", [b"a", {"type": "http.disconnect"}]) == (None, None)


def test_an_address_that_is_not_ascii_is_read_as_utf_8(app: Flask) -> None:
    assert ask(app, "/text", method="GET", query="text=é".encode()) == (200, {"text": "é"})
    assert ask(app, "/text", method="GET", query=b"text=\xff") == (200, {"text": "%FF"})
