"""Waiting for a condition, and until nothing of an earlier measurement runs beside the next."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from sqlalchemy import text

from kendi.system import System
from shared.database import Database
from shared.sight import SERVICE

QUIET_SECONDS, QUIET = 0.5, 0.04
"""How long the processes take how little of a core once nothing is left to do."""
UNCONFIRMED = text("SELECT EXISTS (SELECT FROM outbox_delivery WHERE state < 2)")


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return once it holds; ``TimeoutError`` if it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come in time")
        time.sleep(0.01)


def until_quiet(system: System) -> None:
    """Return once every event of every service has been confirmed by all who hear it, and nobody works any more."""
    urls = system.addresses.app_urls.values()
    with ExitStack() as opened:
        databases = [opened.enter_context(closing(Database(url, sees=SERVICE, pool_size=1))) for url in urls]
        until(lambda: not any(map(_has_unconfirmed, databases)), seconds=120)
    until(lambda: share_of_a_core(system, QUIET_SECONDS) <= QUIET)


def _has_unconfirmed(database: Database) -> bool:
    with database.transaction() as session:
        return bool(session.execute(UNCONFIRMED).scalar_one())


def share_of_a_core(system: System, seconds: float) -> float:
    """What all processes of ours take within that time."""
    pids = [child.process.pid for child in system.children if child.process]
    began, before = time.monotonic(), cpu_seconds(pids)
    time.sleep(seconds)
    return (cpu_seconds(pids) - before) / (time.monotonic() - began)


def cpu_seconds(pids: Iterable[int | None]) -> float:
    """Processor time of these processes and of their own children, from Linux's scheduler.

    Its clock is exact; the usual one counts ticks, and a process that wakes for a tenth of one is counted whole.
    """
    groups = {os.getpgid(pid) for pid in pids if pid}
    nanoseconds = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.getpgid(int(process.name)) in groups:
                threads = process.glob("task/*/schedstat")
                nanoseconds += sum(int(thread.read_text().split()[0]) for thread in threads)
    return nanoseconds / 1e9
