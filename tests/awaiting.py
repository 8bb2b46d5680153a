"""Waiting for a condition, and no longer."""

import time
from collections.abc import Callable

from sqlalchemy import text

from shared.database import Database

WAITING_FOR_A_LOCK = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def until(
    condition: Callable[[], object], *, seconds: float = 30, meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Return as soon as the condition holds; ``meanwhile`` is done between two looks at it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        meanwhile()
        time.sleep(0.02)


def until_somebody_waits_for_a_lock(database: Database) -> None:
    until(lambda: somebody_waits_for_a_lock(database))


def somebody_waits_for_a_lock(database: Database) -> bool:
    with database.transaction() as session:
        return bool(session.execute(WAITING_FOR_A_LOCK).scalar_one())
