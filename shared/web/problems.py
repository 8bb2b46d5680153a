"""Errors as problem details (RFC 9457): each names the field and says what would be right."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from shared.database import is_its_own_trouble
from shared.refusal import Refused

log = logging.getLogger(__name__)

JSON_PROBLEM = "application/problem+json"

AWAY = "The database can't be reached."
WRITTEN_DOWN = "It was written down for the operator."
ONLY_READ = "Nothing was to be changed, and nothing was."
PERHAPS_DONE = (
    "Whether it was done is not known. Repeat it as it was, with the same Idempotency-Key or If-Match if it takes"
    " one, and it is done once (404 or 412 may then mean that it was); or look first whether it was."
)
DONE_AGAIN = ("signing_in",)
"""Forms that are simply sent again: whoever signed in or out unawares does it once more."""


class Problem(Exception):
    """What was asked can't be done; the answer says why and what would be right."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        retry_after: int | None = None,
        perhaps_done: bool = False,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail
        self.members = members
        self.headers = headers or {}
        self.retry_after = retry_after
        """Seconds after which it may be asked again, if it may."""
        self.perhaps_done = perhaps_done
        """Whether it changes something, and nobody knows whether it did."""


def not_found(what: str) -> Problem:
    """The same answer for what does not exist and what is somebody else's."""
    return Problem(404, "Not found", f"There is no such {what}, or it is not yours.")


def field_errors(messages: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Marshmallow's nested messages as a flat list of field and message."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else str(key)
            yield from field_errors(inner, path if key == "_schema" else path + step)
    elif isinstance(messages, list):
        for message in messages:
            yield from field_errors(message, path)
    else:
        yield {"field": path, "message": messages if isinstance(messages, str) else str(messages)}


def answer(problem: Problem) -> Response:
    """The problem as JSON to a system, as a page to a person."""
    response = _page(problem) if wants_page() else _json(problem)
    response.headers.update(problem.headers)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _page(problem: Problem) -> Response:
    page = render_template("problem.html", problem=problem)
    return Response(page, problem.status, mimetype="text/html")


def _json(problem: Problem) -> Response:
    response = jsonify(
        type="about:blank",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        **problem.members,
    )
    response.status_code = problem.status
    response.mimetype = JSON_PROBLEM
    return response


def wants_page() -> bool:
    """Whether a person is looking: pages live beside the API."""
    return not is_api(request.path) and request.accept_mimetypes.accept_html


def is_api(path: str) -> bool:
    """Whether an address is for systems: these have a version in their paths, ours or that of a standard."""
    return "/v1/" in path or "/epcis/v2/" in path


def install(app: Flask) -> None:
    """Answer every failure of this application with a problem."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return answer(error)

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        told = Problem(422, "Not possible", error.sentence)
        if error.field:
            told.members["errors"] = [{"field": error.field, "message": error.sentence}]
        return answer(told)

    @app.errorhandler(MethodNotAllowed)
    def other_methods(error: MethodNotAllowed) -> Response:
        """Werkzeug names methods even where none of them is served, such as of a number that is too large."""
        adapter = app.create_url_adapter(request)
        served = adapter and any(adapter.test(method=method) for method in error.valid_methods or ())
        return answer(_from_http(error if served else NotFound()))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return answer(_from_http(error))

    @app.errorhandler(DBAPIError)
    @app.errorhandler(PoolTimeout)
    def database_away(error: Exception) -> Response:
        if not (isinstance(error, OperationalError) or is_its_own_trouble(error)):
            return unexpected(error)
        log.warning("the database is away: %s", error)
        return answer(_interrupted(503, "Try again shortly", AWAY, retry_after=2))

    @app.errorhandler(RecursionError)
    def too_deep(error: RecursionError) -> Response:
        return answer(Problem(400, "Not readable", "The JSON is nested too deeply."))

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        if "integer string conversion" in str(error):
            return answer(Problem(400, "Not readable", "The JSON has a number of thousands of digits."))
        log.exception("unexpected failure of %s %s", request.method, request.path)
        return answer(_interrupted(500, "Something went wrong", WRITTEN_DOWN))


def _interrupted(status: int, title: str, said: str, *, retry_after: int | None = None) -> Problem:
    """A COMMIT may have happened though its answer got lost, and what failed may have failed after it."""
    reads = request.method in ("GET", "HEAD", "OPTIONS")
    became = ONLY_READ if reads else PERHAPS_DONE
    perhaps_done = not reads and request.blueprint not in DONE_AGAIN
    return Problem(status, title, f"{said} {became}", retry_after=retry_after, perhaps_done=perhaps_done)


def _from_http(error: HTTPException) -> Problem:
    """A werkzeug or flask-smorest error; the latter carries the schema's messages."""
    data: dict[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("messages")
    title = error.name
    if messages is None:
        return Problem(error.code or 500, title, data.get("message") or error.description or "")
    errors = [e for inner in messages.values() for e in field_errors(inner)]
    if not errors[0]["field"]:
        return Problem(error.code or 400, "Not readable", errors[0]["message"])
    said = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:5])
    return Problem(error.code or 422, "Not valid", said, errors=errors)
