"""Which workers and relays make progress: each writes the time into its own row while it does."""

import logging
import os
import socket
import time

import psycopg
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from shared.database import Database, connect

log = logging.getLogger(__name__)

EVERY_SECONDS = 5

BEAT = text("""
    INSERT INTO heartbeat (process, host, pid, started_at, progressed_at)
    VALUES (:process, :host, :pid, now(), now())
    ON CONFLICT (process, host, pid) DO UPDATE SET progressed_at = now()""")

FORGET = text("""
    DELETE FROM heartbeat WHERE process = :process AND host = :host AND pid = :pid
        OR progressed_at < now() - interval '1 day'""")


SILENT_SECONDS = 60

PROGRESSES = """
    SELECT EXISTS (SELECT 1 FROM heartbeat WHERE process = %s AND host = %s
                   AND progressed_at > now() - make_interval(secs => %s))"""


def progresses(database_url: str, process: str) -> bool:
    """Whether a process of this host has written of late. A database that is away says nothing: true."""
    try:
        with connect(database_url) as connection:
            row = connection.execute(PROGRESSES, (process, socket.gethostname(), SILENT_SECONDS)).fetchone()
            return row == (True,)
    except psycopg.OperationalError:
        return True  # the process can do nothing about it, and must not be ended for it


class Heartbeat:
    """Called by the loop that does the work, so that a process that hangs falls silent."""

    def __init__(self, database: Database, process: str) -> None:
        self._database = database
        self._who = {"process": process, "host": socket.gethostname(), "pid": os.getpid()}
        self._next = 0.0

    def beat(self) -> None:
        """Note that the loop turned; written every few seconds. A database that is away does not matter."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_SECONDS
        self._write(BEAT)

    def end(self) -> None:
        """Take the row away when the process ends in order."""
        self._write(FORGET)

    def _write(self, statement: TextClause) -> None:
        try:
            with self._database.transaction() as session:
                session.execute(statement, self._who)
        except (DBAPIError, PoolTimeout) as error:
            log.warning("no heartbeat: %s", error)
