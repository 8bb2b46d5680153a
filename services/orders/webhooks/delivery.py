"""Sending what is due: to many endpoints at once, to each of them one at a time."""

import base64
import json
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from services.orders.storage import webhook_delivery
from services.orders.webhooks.address import check_form
from services.orders.webhooks.connection import Deadline, post
from shared.clock import real_now
from shared.database import Database
from shared.settings import Settings

AT_ONCE = 8
"""Endpoints that are told at the same time; a slow one holds one of these and no more."""
MOST = 1000
"""Deliveries begun in one run, so that it ends; what is left is due and wakes the next one."""
SECONDS_FOR_ALL = 8
"""For one delivery from connecting to the answer, looking the name up aside: that the resolver limits.
Shorter than the ten seconds that a process has to end."""
LOOK_AGAIN = 0.25
"""Seconds after which others that became due are begun while slow ones are still being told."""
GIVE_UP_AFTER = 15
"""Attempts with pauses of 5 s, 20 s, 80 s … up to six hours: about three days."""

CAN_BE_SENT = """
    d.delivered_at IS NULL AND d.given_up_at IS NULL AND d.next_at <= now() AND NOT EXISTS (
        SELECT 1 FROM webhook_delivery earlier
        WHERE earlier.endpoint_id = d.endpoint_id AND earlier.order_id = d.order_id AND earlier.id < d.id
          AND earlier.delivered_at IS NULL AND earlier.given_up_at IS NULL)"""

DUE = text(f"SELECT EXISTS (SELECT 1 FROM webhook_delivery d WHERE {CAN_BE_SENT})")  # noqa: S608  # our own text

CLAIM = text(f"""
    WITH due AS (
        SELECT first.id FROM webhook_endpoint e CROSS JOIN LATERAL (
            SELECT d.id FROM webhook_delivery d WHERE d.endpoint_id = e.id AND {CAN_BE_SENT}
            ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED) first
        WHERE e.id <> ALL(CAST(:busy AS uuid[])) ORDER BY first.id LIMIT :most)
    UPDATE webhook_delivery w SET attempts = w.attempts + 1, next_at = now() + interval '60 s'
    FROM due, webhook_endpoint e, timeline t
    WHERE w.id = due.id AND e.id = w.endpoint_id AND t.id = w.timeline_id
    RETURNING w.id, w.attempts, w.endpoint_id, e.url, e.secret, e.removed_at,
        t.event_id, t.type, t.occurred_at, t.data,
        (SELECT count(*) FROM timeline step WHERE step.order_id = t.order_id AND step.id <= t.id) AS sequence""")  # noqa: S608  # our own text


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def is_due(session: Session) -> bool:
    return bool(session.execute(DUE).scalar_one())


def deliver_due(database: Database, settings: Settings, stop: Event) -> None:
    """Send what is due until nothing is, or until told to stop; each is claimed before it is sent.

    Only this thread uses the database; those of the pool only send.
    """
    sending: dict[Future[dict[str, Any]], Row[Any]] = {}
    begun = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            if begun < MOST and not stop.is_set():
                for row in _claim(database, {row.endpoint_id for row in sending.values()}):
                    sending[pool.submit(_send, row, demo=settings.demo)] = row
                    begun += 1
            if not sending:
                return
            answered, _ = wait(sending, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            _write_down(database, [(sending.pop(future), future.result()) for future in answered])


def _claim(database: Database, busy: Iterable[UUID]) -> list[Row[Any]]:
    """The oldest of each endpoint that nobody is telling anything now."""
    busy = list(busy)
    if len(busy) == AT_ONCE:
        return []
    with database.transaction() as session:
        return list(session.execute(CLAIM, {"busy": busy, "most": AT_ONCE - len(busy)}))


def _write_down(database: Database, outcomes: Sequence[tuple[Row[Any], dict[str, Any]]]) -> None:
    """What became of each; nothing if another worker has taken it over meanwhile."""
    if not outcomes:
        return
    with database.transaction() as session:
        for row, outcome in outcomes:
            ours = (webhook_delivery.c.id == row.id, webhook_delivery.c.attempts == row.attempts)
            session.execute(update(webhook_delivery).where(*ours).values(outcome))


def _send(row: Row[Any], *, demo: bool) -> dict[str, Any]:
    """Post one delivery; what to write into its row afterwards."""
    if row.removed_at:
        return {"given_up_at": real_now(), "last_error": "the endpoint was removed"}
    body = json.dumps(
        {
            "type": row.type,
            "timestamp": row.occurred_at.isoformat(),
            "sequence": row.sequence,
            "data": row.data,
        }
    )
    deadline = Deadline.after(SECONDS_FOR_ALL)
    try:
        check_form(row.url, demo=demo)
        status = post(row.url, body=body, headers=_signed(row, body), deadline=deadline, demo=demo)
    except Exception as error:  # whatever it was, it is recorded and harms no other endpoint
        said = str(error)[:200] or type(error).__name__
        return {"last_error": said, "response_status": None, **_pause(row)}
    if 200 <= status < 300:
        return {"delivered_at": real_now(), "response_status": status, "last_error": None}
    return {"last_error": f"answered {status}", "response_status": status, **_pause(row)}


def _signed(row: Row[Any], body: str) -> dict[str, str]:
    sent_at = real_now()
    return {
        "content-type": "application/json",
        "webhook-id": str(row.event_id),
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(row.secret).sign(str(row.event_id), sent_at, body),
    }


def _pause(row: Row[Any]) -> dict[str, Any]:
    if row.attempts >= GIVE_UP_AFTER:
        return {"given_up_at": real_now()}
    return {
        "next_at": text(f"now() + least(interval '6 h', interval '5 s' * 4 ^ {min(row.attempts - 1, 8)})")
    }
