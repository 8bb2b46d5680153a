"""Sending one message once, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Row

from services.orders.domain.webhook import Endpoint
from services.orders.webhooks import message
from services.orders.webhooks.address import check_form
from services.orders.webhooks.connection import Deadline, post
from services.orders.webhooks.excerpt import excerpt
from shared.clock import real_now

SECONDS_FOR_ALL = 5
"""For one message from looking the name up to the answer.
Shorter than the ten seconds that a process has to end."""
REPLAYED = {"kendi-replay": "true"}


@dataclass(frozen=True)
class Outcome:
    """One attempt: what the endpoint answered, or why it could not be told."""

    started_at: datetime
    milliseconds: int
    status: int | None
    response: str
    error: str | None

    @property
    def accepted(self) -> bool:
        return self.error is None

    @property
    def gone(self) -> bool:
        return self.status == 410


@dataclass(frozen=True)
class Letter:
    """A message and where it goes."""

    url: str
    id: str
    body: str
    secrets: Sequence[str]
    replay: bool = False


def ping(endpoint: Endpoint, *, demo: bool) -> Outcome:
    """Try an endpoint out with a signed message that is about no order."""
    at = real_now()
    secrets = secrets_of(endpoint, at)
    return send(
        Letter(endpoint.url, f"ping_{uuid4()}", message.written(message.ping(at)), secrets), demo=demo
    )


def secrets_of(endpoint: Endpoint | Row[Any], at: datetime) -> list[str]:
    """The secrets that sign: the newest, and the one before it until that ends."""
    previous, until = endpoint.previous_secret, endpoint.previous_secret_until
    return [endpoint.secret, previous] if previous and until and at < until else [endpoint.secret]


def send(letter: Letter, *, demo: bool) -> Outcome:
    """Send it, and never raise: whatever went wrong is told, and harms no other endpoint."""
    began, deadline = real_now(), Deadline.after(SECONDS_FOR_ALL)
    headers = message.headers(letter.id, letter.body, secrets=letter.secrets, at=began)
    if letter.replay:
        headers |= REPLAYED
    status, said, error = None, "", None
    try:
        check_form(letter.url, demo=demo)
        answer = post(letter.url, body=letter.body, headers=headers, deadline=deadline, demo=demo)
        status, said = answer.status, excerpt(answer.start, letter.secrets)
        error = None if 200 <= status < 300 else f"answered {status}"
    except Exception as failure:
        error = str(failure)[:200] or type(failure).__name__
    milliseconds = int((real_now() - began).total_seconds() * 1000)
    return Outcome(began, milliseconds, status, said, error)
