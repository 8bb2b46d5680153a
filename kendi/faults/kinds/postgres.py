"""Faults of PostgreSQL and of the way to it."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

import psycopg
from psycopg import sql

from kendi.faults.ground import SERVICES
from kendi.faults.kinds.kind import Scene, kind
from kendi.faults.kinds.room import children_of, no_room
from kendi.faults.proxy import Spoil

HOT_TABLES = ("outbox_delivery", "outbox_event", "inbox", "position", "subject_counter")


@kind("PostgreSQL stopped immediately")
def stopped(scene: Scene) -> Iterator[float]:
    os.kill(scene.ground.servers.postgres.pid, signal.SIGQUIT)
    yield scene.chance.uniform(0, 1)


@kind("database sessions terminated")
def terminated(scene: Scene) -> Iterator[float]:
    for _ in range(5):
        _terminate(scene, scene.chance.choice(SERVICES))
        yield 0.2


@kind("commits whose outcome is unknown")
def commits_unknown(scene: Scene) -> Iterator[float]:
    yield from _spoiled(scene, Spoil(lost_commits=0.3))


@kind("database connections reset")
def reset(scene: Scene) -> Iterator[float]:
    yield from _spoiled(scene, Spoil(cut=True))


if sys.platform == "linux":

    @kind("database connections half-open")
    def half_open(scene: Scene) -> Iterator[float]:
        """Only signs of life that nobody answers tell it to who waits for an answer, some half a minute later."""
        yield from _spoiled(scene, Spoil(half_open=True))


@kind("database slow")
def slow(scene: Scene) -> Iterator[float]:
    yield from _spoiled(scene, Spoil(delay_s=0.02))


@kind("a table locked")
def locked(scene: Scene) -> Iterator[float]:
    service, table = scene.chance.choice(SERVICES), scene.chance.choice(HOT_TABLES)
    statement = sql.SQL("SET lock_timeout = '10 s'; BEGIN; LOCK TABLE {} IN ACCESS EXCLUSIVE MODE")
    with scene.ground.database(service) as connection:
        with contextlib.suppress(psycopg.Error):
            connection.execute(statement.format(sql.Identifier(table)))
        yield scene.chance.uniform(1, 7)


@kind("deadlocks")
def deadlocks(scene: Scene) -> Iterator[float]:
    """Takes locks in the opposite order of the workers', until one of both is sent away."""
    service = scene.chance.choice(SERVICES)
    for _ in range(5):
        with scene.ground.database(service) as connection, contextlib.suppress(psycopg.Error):
            connection.execute("SET lock_timeout = '3 s'; BEGIN")
            for table in ("inbox", "position", "subject_counter", "outbox_delivery"):
                newest = sql.SQL("SELECT 1 FROM {} ORDER BY ctid DESC LIMIT 20 FOR UPDATE")
                connection.execute(newest.format(sql.Identifier(table)))
            connection.execute("ROLLBACK")
        yield 0.1


@kind("no connection to be had")
def no_connection(scene: Scene) -> Iterator[float]:
    service = scene.chance.choice(SERVICES)
    limit = sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}")
    role = sql.Identifier(f"{service}_app")
    with scene.ground.database(service) as connection:
        connection.execute(limit.format(role, sql.Literal(1)))
        _terminate(scene, service)
        try:
            yield scene.chance.uniform(1, 4)
        finally:
            connection.execute(limit.format(role, sql.Literal(-1)))


if sys.platform == "linux":

    @kind("no room on PostgreSQL's disk")
    def disk_full(scene: Scene) -> Iterator[float]:
        """Its processes of this moment; what it starts anew, as after a panic, must be able to recover."""
        yield from no_room(scene, children_of(scene.ground.servers.postgres.pid))


def _terminate(scene: Scene, service: str) -> None:
    with scene.ground.database(service) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (f"{service}_app",)
        )


def _spoiled(scene: Scene, spoil: Spoil) -> Iterator[float]:
    scene.ground.proxies["postgres"].spoil(spoil)
    yield scene.chance.uniform(0.5, 2)
    scene.ground.proxies["postgres"].spoil(Spoil())
