"""A POST happens once for each Idempotency-Key, and a form once for each page it stood on, whatever the network did."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Request, Response, current_app, g, json, request
from psycopg.errors import LockNotAvailable
from sqlalchemy import BigInteger, Row, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.web.access import current
from shared.web.context import all_in_one, transaction
from shared.web.problems import Problem
from shared.web.tables import KEY_KEPT, idempotency_key

Answer = tuple[Any, int, dict[str, str]]
"""The JSON-ready body, the status and further headers."""

KEPT = text(f"now() - interval '{KEY_KEPT}'")
ALONE = select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)))
NOTED = select(idempotency_key).where(
    idempotency_key.c.principal == bindparam("by"),
    idempotency_key.c.key == bindparam("under"),
    idempotency_key.c.created_at > KEPT,
)
LONGEST_KEY = 200
DONE = (201, 303)
"""How a page answers a form that did something: what it made, or another page to go to."""


def key_of(request: Request) -> str:
    """The request's Idempotency-Key; without one nothing is read or done."""
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Problem(
            400,
            "Idempotency-Key is missing",
            f"Send a header Idempotency-Key of 1 to {LONGEST_KEY} characters, new for each thing you create, the same when you repeat.",
        )
    return key


def once(command: Callable[[Session], Answer], *, shown_once: frozenset[str] = frozenset()) -> Response:
    """Run the command in one transaction with the note of its answer; a repetition gets that answer again.

    Members of the answer that are ``shown_once`` are kept nowhere: a repetition has null for them. With
    another body the key is refused (422); while the first request still runs a second one is
    told so (409).
    """
    asked = hashlib.sha256(request.path.encode() + request.get_data()).digest()
    return once_for(asked, command, shown_once=shown_once)


def once_for(
    asked: bytes, command: Callable[[Session], Answer], *, shown_once: frozenset[str] = frozenset()
) -> Response:
    """The same for a request that was read as a stream: ``asked`` is a digest of its path and its body."""
    key = g.idempotency_key
    with transaction() as session:
        if not session.execute(ALONE, {"number": _lock_number(key)}).scalar_one():
            raise Problem(
                409, "Still running", "The first request with this Idempotency-Key has not ended yet."
            )
        earlier = _noted(session, key)
        if earlier is None:
            return _first(session, key, asked, command, shown_once)
    if earlier.request_sha256 != asked:
        raise Problem(
            422, "Idempotency-Key was used", "This Idempotency-Key came with another request before."
        )
    return Response(earlier.body, earlier.status, headers=earlier.headers, mimetype="application/json")


def once_sent(page: str, view: Callable[[], Any]) -> Response:
    """What a form asks for, once for the page it stood on: sent again as it was, it is answered as before.

    What the view refuses changes nothing and may be sent again. Sent twice at once, the second form
    waits for the first.
    """
    asked = _form_as_sent()
    key = hashlib.sha256(page.encode() + asked).hexdigest()
    with all_in_one() as session:
        _wait_for_the_first(session, key)
        earlier = _noted(session, key)
        if earlier is None:
            answer = current_app.make_response(view())
            if answer.status_code in DONE:
                place = {name: answer.headers[name] for name in ("Location",) if name in answer.headers}
                _note(session, key, request_sha256=asked, status=answer.status_code, headers=place, body="")
            return answer
    if "Location" not in earlier.headers:
        raise Problem(409, "Sent twice", "What this form asked for was done when it came first.")
    return Response(status=earlier.status, headers=earlier.headers)


def _wait_for_the_first(session: Session, key: str) -> None:
    """For a few seconds: a form that takes longer is told of, and sent again when it is done."""
    try:
        session.execute(select(func.pg_advisory_xact_lock(_lock_number(key))))
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            detail = "This form was sent before, and what it asks for is still being done."
            raise Problem(409, "Still running", detail) from error
        raise


def _form_as_sent() -> bytes:
    """A digest of the form's address, fields and files; its token is none of them."""
    asked = hashlib.sha256(request.full_path.encode())
    for name, values in sorted(request.form.lists()):
        if name != "csrf_token":
            asked.update(repr((name, values)).encode())
    for name, files in sorted(request.files.lists()):
        for file in files:
            asked.update(repr((name, file.filename)).encode())
            asked.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]  # it is one
            file.stream.seek(0)
    return asked.digest()


def _noted(session: Session, key: str) -> Row[Any] | None:
    """What was answered under the key, unless that is too long ago."""
    return session.execute(NOTED, {"by": current().holder, "under": key}).one_or_none()


def _note(session: Session, key: str, **note: Any) -> None:
    session.execute(
        upsert(idempotency_key)
        .values(principal=current().holder, key=key, **note)
        .on_conflict_do_update(  # a note that is no longer kept
            index_elements=["principal", "key"], set_={**note, "created_at": func.now()}
        )
    )


def _first(
    session: Session,
    key: str,
    asked: bytes,
    command: Callable[[Session], Answer],
    shown_once: frozenset[str],
) -> Response:
    value, status, headers = command(session)
    body = json.dumps(value)
    kept = json.dumps({**value, **dict.fromkeys(shown_once)}) if shown_once else body
    _note(session, key, request_sha256=asked, status=status, headers=headers, body=kept)
    return Response(body, status, headers=headers, mimetype="application/json")


def _lock_number(key: str) -> int:
    digest = hashlib.sha256(f"{current().holder}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
