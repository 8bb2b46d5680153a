"""Work that is a row first and runs by itself when the row is due, such as a webhook."""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.database import Database
from shared.settings import Settings

log = logging.getLogger(__name__)

SECONDS_TO_END = 9
"""For a run that is under way when the process is told to end; what it does not finish is due again later."""


@dataclass(frozen=True)
class Job:
    """The relay asks ``is_due`` and wakes the worker, which calls ``run``; it returns soon after ``stop`` is set."""

    name: str
    is_due: Callable[[Session], bool]
    run: Callable[[Database, Settings, threading.Event], None]
    every_seconds: float = 1
    """Between two looks whether it is due: what may wait costs a quiet system next to nothing."""


class Jobs:
    """The jobs of one worker process, each in a thread of its own, so that nothing they wait for keeps
    messages waiting.

    Nothing is lost with a nudge: the rows stay due, and the relay asks again.
    """

    def __init__(self, jobs: Iterable[Job], database: Database, settings: Settings) -> None:
        self._stop = threading.Event()
        self._threads = {job.name: _JobThread(job, database, settings, self._stop) for job in jobs}

    def nudge(self, name: str) -> None:
        """Have the job of this name run soon; a run that is under way is followed by one more."""
        if name in self._threads:  # the wake may come from another release, with other jobs
            self._threads[name].nudge()

    def close(self) -> None:
        """End the threads; runs that are under way are asked to return."""
        self._stop.set()
        for thread in self._threads.values():
            thread.end()


class _JobThread:
    def __init__(self, job: Job, database: Database, settings: Settings, stop: threading.Event) -> None:
        self._job = job
        self._database = database
        self._settings = settings
        self._stop = stop
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"job-{job.name}", daemon=True)

    def nudge(self) -> None:
        self._wanted.set()
        if self._thread.ident is None:  # started in the process that works: threads do not survive a fork
            self._thread.start()

    def end(self) -> None:
        self._wanted.set()
        if self._thread.ident is not None:
            self._thread.join(SECONDS_TO_END)

    def _work(self) -> None:
        while self._wanted.wait() and not self._stop.is_set():
            self._wanted.clear()
            try:
                self._job.run(self._database, self._settings, self._stop)
            except Exception:  # its rows are still due, and the relay wakes it again
                log.exception("the job %s failed", self._job.name)
