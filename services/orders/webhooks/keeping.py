"""How long the log of webhooks is kept: thirty days after a delivery ended."""

from threading import Event

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.database import Database
from shared.messaging.jobs import Job
from shared.settings import Settings

KEPT = "30 days"
CHUNK = 1000
"""Rows in one transaction, so that none holds locks for long."""

OLD = "delivered_at < now() - interval '{age}' OR given_up_at < now() - interval '{age}'"
DUE = text(f"SELECT EXISTS (SELECT 1 FROM webhook_delivery WHERE {OLD.format(age=KEPT + ' 1 hour')})")  # noqa: S608  # our own text
FORGET = text(f"""
    DELETE FROM webhook_delivery WHERE id IN (
        SELECT id FROM webhook_delivery WHERE {OLD.format(age=KEPT)} LIMIT {CHUNK} FOR UPDATE SKIP LOCKED)
    RETURNING 1""")  # noqa: S608  # our own text


def is_due(session: Session) -> bool:
    """Whether something is an hour too old: what is deleted then keeps this from being due for an hour."""
    return bool(session.execute(DUE).scalar_one())


def forget(database: Database, settings: Settings, stop: Event) -> None:
    """Delete the deliveries that ended long ago, with their attempts; the steps themselves stay."""
    while not stop.is_set():
        with database.transaction() as session:
            gone = len(session.execute(FORGET).all())
        if gone < CHUNK:
            return


JOB = Job("webhook-log", is_due, forget, every_seconds=60)
