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
    return how_many_wait_for_a_lock(database) > 0


def until_two_wait_for_a_lock(database: Database) -> None:
    until(lambda: how_many_wait_for_a_lock(database) == 2)


def how_many_wait_for_a_lock(database: Database) -> int:
    with database.transaction() as session:
        waiting: int = session.execute(WAITING_FOR_A_LOCK).scalar_one()
        return waiting
