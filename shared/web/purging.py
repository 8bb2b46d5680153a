"""Deleting what has run out: idempotency keys, sessions, tries to sign in."""

from threading import Event

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.database import Database
from shared.messaging.jobs import Job
from shared.settings import Settings
from shared.web.tables import KEY_KEPT, SESSION_AGE, TRIES_KEPT

OLD = {
    "idempotency_key": f"created_at < now() - interval '{KEY_KEPT}'",
    "web_session": f"created_at < now() - interval '{SESSION_AGE}'",
    "sign_in_attempt": f"at < now() - interval '{TRIES_KEPT}'",
}
CHUNK = 1000
"""Rows in one transaction, so that none holds locks for long."""

RAN_OUT_AN_HOUR_AGO = [
    f"EXISTS (SELECT 1 FROM {table} WHERE {old} - interval '1 hour')"  # noqa: S608  # the names above
    for table, old in OLD.items()
]
DUE = text(f"SELECT {' OR '.join(RAN_OUT_AN_HOUR_AGO)}")


def is_due(session: Session) -> bool:
    """Whether something ran out an hour ago: what is deleted then keeps this from being due for an hour."""
    return bool(session.execute(DUE).scalar_one())


def purge(database: Database, settings: Settings, stop: Event) -> None:
    """Delete all that has run out."""
    for table, old in OLD.items():
        while not stop.is_set() and _delete_some(database, table, old) == CHUNK:
            pass


def _delete_some(database: Database, table: str, old: str) -> int:
    some = f"SELECT ctid FROM {table} WHERE {old} LIMIT {CHUNK} FOR UPDATE SKIP LOCKED"  # noqa: S608
    with database.transaction() as session:
        gone = session.execute(text(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({some})) RETURNING 1"))  # noqa: S608
        return len(gone.all())


JOB = Job("purge", is_due, purge, every_seconds=60)
