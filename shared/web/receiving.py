"""Requests come in whole before they take a thread, so that who sends slowly, or never ends, keeps nobody waiting."""

import asyncio
from collections.abc import Awaitable, Callable
from string import printable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from flask import Flask
from werkzeug.exceptions import HTTPException

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NEXT_SECONDS = 10
"""How long the next part of a body may take to come."""
WHOLE_SECONDS = 300
"""How long a whole body may take to come: 10 MB at 35 kB/s."""
IN_MEMORY = 1024 * 1024
"""Bytes of a body beyond which it is kept in a file."""
AT_ONCE = 64 * 1024
FRAMING = (b"content-length", b"transfer-encoding")


class Receiving:
    """The ASGI application around a Flask application whose views run in so many threads."""

    def __init__(self, app: Flask, *, threads: int) -> None:
        self._app = app
        self._views: Any = WSGIMiddleware(cast(Any, app), workers=threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._views(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                async with asyncio.timeout(WHOLE_SECONDS):
                    length = await _receive(receive, body, most=self._most_bytes(scope), told=_told(scope))
            except TimeoutError:
                await _time_out(send)
                return
            if length is not None:
                await self._views(_whole(scope, length), _again(body), send)

    def _most_bytes(self, scope: Scope) -> int:
        """What the view takes that is asked for."""
        most = self._app.config["MAX_CONTENT_LENGTH"]
        routes = self._app.url_map.bind("")
        try:
            endpoint, _ = routes.match(scope["path"], scope["method"])
        except HTTPException:
            return int(most)
        return int(getattr(self._app.view_functions[endpoint], "most_bytes", most))


def _whole(scope: Scope, length: int) -> Scope:
    """The request with the length that its body has, and with an address in ASCII."""
    headers = [header for header in scope["headers"] if header[0] not in FRAMING]
    query = quote_from_bytes(scope["query_string"], safe=printable).encode()
    return {**scope, "headers": [*headers, (b"content-length", b"%d" % length)], "query_string": query}


def _told(scope: Scope) -> int:
    """The length that the client tells, zero if it tells none."""
    told = dict(scope["headers"]).get(b"content-length", b"0")
    return int(told) if told.isdigit() else 0


async def _receive(receive: Receive, body: IO[bytes], *, most: int, told: int) -> int | None:
    """Keep a body, and give its length; none if the client left.

    Of one that is longer than it may be nothing more is read: the length alone makes the view refuse it.
    """
    length = told if told > most else 0
    while length <= most:
        async with asyncio.timeout(NEXT_SECONDS):
            message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        length += len(part)
        body.write(part)
        if not message.get("more_body", False):
            break
    body.seek(0)
    return length


def _again(body: IO[bytes]) -> Receive:
    """What the server would say, were the whole body there at once."""

    async def receive() -> Message:
        part = body.read(AT_ONCE)
        return {"type": "http.request", "body": part, "more_body": len(part) == AT_ONCE}

    return receive


async def _time_out(send: Send) -> None:
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    said = b'{"type":"about:blank","title":"Request Timeout","status":408,"detail":"Send the body faster."}'
    await send({"type": "http.response.start", "status": 408, "headers": headers})
    await send({"type": "http.response.body", "body": said})
