"""Sending what is due: to many endpoints at once, to each of them one at a time."""

from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.orders import feed
from services.orders.domain.webhook import GIVE_UP_AFTER, REPLAY_GIVES_UP_AFTER, Endpoint, pause_after
from services.orders.storage import NOT_ENDED, webhook_attempt, webhook_delivery
from services.orders.webhooks.message import message_of, webhook_id, written
from services.orders.webhooks.sending import Letter, Outcome, secrets_of, send
from shared.clock import real_now
from shared.database import Database
from shared.failpoints import reach
from shared.settings import Settings

AT_ONCE = 8
"""Endpoints that are told at the same time; a slow one holds one of these and no more."""
MOST = 1000
"""Deliveries begun in one run, so that it ends; what is left is due and wakes the next one."""
LOOK_AGAIN = 0.25
"""Seconds after which others that became due are begun while slow ones are still being told."""
LEASE = timedelta(seconds=60)
"""For one attempt; if it is not written down by then, its worker has died."""

READY = "e.removed_at IS NULL AND e.off_since IS NULL AND (e.probe_at IS NULL OR e.probe_at <= now())"

CAN_BE_SENT = """
    d.endpoint_id = e.id AND d.delivered_at IS NULL AND d.given_up_at IS NULL AND d.next_at <= now()
    AND d.timeline_id = (
        SELECT min(first.timeline_id) FROM webhook_delivery first
        WHERE first.endpoint_id = d.endpoint_id AND first.order_id = d.order_id
          AND first.delivered_at IS NULL AND first.given_up_at IS NULL)"""
"""Due, and the first of its order that has not ended. As a NOT EXISTS it would be planned as a join with all
that waits for the endpoint: 70 ms for each of 100,000, in place of one."""

DUE = text(f"""
    SELECT EXISTS (SELECT 1 FROM webhook_endpoint e
        WHERE {READY} AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE {CAN_BE_SENT}))""")  # noqa: S608  # our own text

CLAIM = text(f"""
    WITH due AS (
        SELECT first.id, e.id AS endpoint_id FROM webhook_endpoint e CROSS JOIN LATERAL (
            SELECT d.id, d.next_at FROM webhook_delivery d WHERE {CAN_BE_SENT}
            ORDER BY d.next_at, d.timeline_id LIMIT 1 FOR UPDATE OF d SKIP LOCKED) first
        WHERE {READY} AND e.id <> ALL(CAST(:busy AS uuid[]))
        ORDER BY first.next_at LIMIT :most FOR NO KEY UPDATE OF e SKIP LOCKED),
    probed AS (
        UPDATE webhook_endpoint e SET probe_at = now() + :lease
        FROM due WHERE e.id = due.endpoint_id AND e.probe_at IS NOT NULL)
    UPDATE webhook_delivery w SET attempts = w.attempts + 1, next_at = now() + :lease
    FROM due, webhook_endpoint e, timeline t, feed f
    WHERE w.id = due.id AND e.id = w.endpoint_id AND t.id = w.timeline_id AND f.timeline_id = w.timeline_id
    RETURNING w.id, w.attempts, w.tried_before, w.replays, w.endpoint_id, w.order_id,
        e.url, e.secret, e.previous_secret, e.previous_secret_until,
        t.event_id, t.type, t.occurred_at, t.data, f.sequence""")  # noqa: S608  # our own text


def is_due(session: Session) -> bool:
    return feed.has_waiting(session) or bool(session.execute(DUE).scalar_one())


def deliver_due(database: Database, settings: Settings, stop: Event) -> None:
    """Send what is due until nothing is, or until told to stop; each is claimed before it is sent.

    Only this thread uses the database; those of the pool only send.
    """
    sending: dict[Future[Outcome], Row[Any]] = {}
    begun = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            if begun < MOST and not stop.is_set():
                for row in _claim(database, {row.endpoint_id for row in sending.values()}):
                    sending[pool.submit(send, _letter(row), demo=settings.demo)] = row
                    begun += 1
            if not sending:
                return
            answered, _ = wait(sending, timeout=LOOK_AGAIN, return_when=FIRST_COMPLETED)
            for future in answered:
                reach("webhook.posted")
                with database.transaction() as session:
                    _write_down(session, sending.pop(future), future.result())


def _claim(database: Database, busy: Iterable[UUID]) -> list[Row[Any]]:
    """The longest due of each endpoint that nobody is telling anything now."""
    busy = list(busy)
    if len(busy) == AT_ONCE:
        return []
    with database.transaction() as session:
        feed.number(session)
        wanted = {"busy": busy, "most": AT_ONCE - len(busy), "lease": LEASE}
        return list(session.execute(CLAIM, wanted))


def _letter(row: Row[Any]) -> Letter:
    id, body = webhook_id(row.event_id, row.order_id), written(message_of(row))
    return Letter(row.url, id, body, secrets_of(row, real_now()), replay=row.replays > 0)


def _write_down(session: Session, row: Row[Any], outcome: Outcome) -> None:
    """The attempt in the log, what it means for its endpoint, and for the delivery if it is still ours."""
    session.execute(insert(webhook_attempt).values(**_logged(row, outcome)))
    endpoint = session.get_one(Endpoint, row.endpoint_id, with_for_update={"key_share": True})
    if outcome.accepted:
        if endpoint.answered():
            try_soon(session, endpoint)
    elif outcome.gone:
        endpoint.gone(outcome.started_at)
    else:
        endpoint.failed(outcome.started_at)
    ours = (webhook_delivery.c.id == row.id, webhook_delivery.c.attempts == row.attempts, NOT_ENDED)
    session.execute(update(webhook_delivery).where(*ours).values(_meaning(row, outcome)))


def try_soon(session: Session, endpoint: Endpoint, *which: ColumnElement[bool]) -> None:
    """Have what waits out a pause for this endpoint tried now; what is being sent is left alone."""
    session.execute(
        update(webhook_delivery)
        .where(
            webhook_delivery.c.endpoint_id == endpoint.id,
            NOT_ENDED,
            webhook_delivery.c.next_at > func.now() + LEASE,
            *which,
        )
        .values(next_at=func.now())
    )


def _logged(row: Row[Any], outcome: Outcome) -> dict[str, Any]:
    return {
        "delivery_id": row.id,
        "started_at": outcome.started_at,
        "milliseconds": outcome.milliseconds,
        "replay": row.replays > 0,
        "status": outcome.status,
        "response": outcome.response,
        "error": outcome.error,
    }


def _meaning(row: Row[Any], outcome: Outcome) -> dict[str, Any]:
    """What to write into the row of the delivery."""
    told = {"response_status": outcome.status, "last_error": outcome.error}
    if outcome.accepted:
        return {**told, "delivered_at": func.now()}
    pause = pause_after(
        row.attempts - row.tried_before, most=REPLAY_GIVES_UP_AFTER if row.replays else GIVE_UP_AFTER
    )
    return {**told, "given_up_at": func.now()} if pause is None else {**told, "next_at": func.now() + pause}
