"""A POST that creates happens once for each Idempotency-Key, whatever the network did to its answers."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Request, Response, g, json, request
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem
from shared.web.tables import KEY_KEPT, idempotency_key

Answer = tuple[Any, int, dict[str, str]]
"""The JSON-ready body, the status and further headers."""

KEPT = text(f"now() - interval '{KEY_KEPT}'")
LONGEST_KEY = 200


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
    key, principal = g.idempotency_key, current().id
    with transaction() as session:
        if not session.execute(
            select(func.pg_try_advisory_xact_lock(_lock_number(principal, key)))
        ).scalar_one():
            raise Problem(
                409, "Still running", "The first request with this Idempotency-Key has not ended yet."
            )
        earlier = session.execute(
            select(idempotency_key).where(
                idempotency_key.c.principal == principal,
                idempotency_key.c.key == key,
                idempotency_key.c.created_at > KEPT,
            )
        ).one_or_none()
        if earlier is None:
            return _first(session, principal, key, asked, command, shown_once)
    if earlier.request_sha256 != asked:
        raise Problem(
            422, "Idempotency-Key was used", "This Idempotency-Key came with another request before."
        )
    return Response(earlier.body, earlier.status, headers=earlier.headers, mimetype="application/json")


def _first(
    session: Session,
    principal: str,
    key: str,
    asked: bytes,
    command: Callable[[Session], Answer],
    shown_once: frozenset[str],
) -> Response:
    value, status, headers = command(session)
    body = json.dumps(value)
    kept = json.dumps({**value, **dict.fromkeys(shown_once)}) if shown_once else body
    note = {"request_sha256": asked, "status": status, "headers": headers, "body": kept}
    session.execute(
        upsert(idempotency_key)
        .values(principal=principal, key=key, **note)
        .on_conflict_do_update(  # a note that is no longer kept
            index_elements=["principal", "key"], set_={**note, "created_at": func.now()}
        )
    )
    return Response(body, status, headers=headers, mimetype="application/json")


def _lock_number(principal: str, key: str) -> int:
    digest = hashlib.sha256(f"{principal}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
