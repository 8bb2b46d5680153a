"""What runs by itself runs beside the messages, never in their way."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from kendi.servers import Addresses
from shared.card import all_cards
from shared.database import Database
from shared.messaging.jobs import Job, Jobs
from shared.messaging.wire import celery_app
from shared.messaging.worker import add_tasks
from shared.settings import Settings
from tests.shared.test_relay import settings_of, wire_of

SECONDS = 10


class Work:
    """A job whose runs wait to be let go on."""

    def __init__(self) -> None:
        self.begun, self.go_on, self.ended = Event(), Event(), Event()
        self.runs = 0
        self.stopped = False

    def run(self, database: Database, settings: Settings, stop: Event) -> None:
        self.runs += 1
        self.begun.set()
        while not self.go_on.wait(0.01) and not stop.is_set():
            pass
        self.stopped = stop.is_set()
        self.ended.set()

    def job(self, name: str = "slow") -> Job:
        return Job(name, lambda _: True, self.run)


@pytest.fixture
def parts(database_of: Callable[[str], Database], addresses: Addresses) -> tuple[Database, Settings]:
    return database_of("orders"), settings_of("orders", addresses)


def test_a_wake_returns_while_its_job_still_runs_and_another_job_begins(
    parts: tuple[Database, Settings],
) -> None:
    database, settings = parts
    app, slow, other = celery_app(settings, all_cards()), Work(), Work()
    jobs = add_tasks(app, settings, database, wire_of(settings), {}, (slow.job(), other.job("other")))
    app.tasks["kendi.wake"]("slow")
    assert slow.begun.wait(SECONDS)
    app.tasks["kendi.wake"]("other")
    assert other.begun.wait(SECONDS)
    app.tasks["kendi.wake"]("unknown")
    assert (slow.ended.is_set(), other.ended.is_set()) == (False, False)
    jobs.close()
    assert (slow.stopped, other.stopped) == (True, True)
    assert (slow.runs, other.runs) == (1, 1)


def test_wakes_during_a_run_cause_one_more(parts: tuple[Database, Settings]) -> None:
    work = Work()
    jobs = Jobs([work.job()], *parts)
    jobs.nudge("slow")
    assert work.begun.wait(SECONDS)
    work.begun.clear()
    for _ in range(5):
        jobs.nudge("slow")
    work.go_on.set()
    assert work.begun.wait(SECONDS)
    jobs.close()
    assert work.runs == 2


def test_a_job_that_fails_runs_again_when_it_is_woken_again(parts: tuple[Database, Settings]) -> None:
    tried = Event()

    def fail(*_: Any) -> None:
        tried.set()
        raise RuntimeError("no luck")

    jobs = Jobs([Job("unlucky", lambda _: True, fail)], *parts)
    for _ in range(2):
        jobs.nudge("unlucky")
        assert tried.wait(SECONDS)
        tried.clear()
    jobs.close()
