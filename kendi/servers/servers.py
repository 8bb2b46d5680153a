"""Both servers as one thing to start, watch and stop, and the addresses that services get."""

import fcntl
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
import redis

from kendi.servers.broker import Broker
from kendi.servers.error import ServersError
from kendi.servers.kept import Kept
from kendi.servers.postgres import ADMIN, Postgres

SERVICE_NAME = re.compile(r"(?!admin$|default$)[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Addresses:
    """Where the servers are: for each service its database as owner and as the service, and its broker."""

    owner_urls: dict[str, str]
    app_urls: dict[str, str]
    broker_urls: dict[str, str]
    admin_database_url: str
    admin_broker_url: str


class Servers:
    """Both servers over one data folder. A second start finds the data, the passwords and the ports."""

    def __init__(
        self,
        data: Path,
        services: Sequence[str],
        *,
        fsync: bool = True,
        postgres_port: int | None = None,
        broker_port: int | None = None,
    ) -> None:
        for service in services:
            if not SERVICE_NAME.fullmatch(service):
                raise ServersError(f"{service!r} can't name a service: a small letter, then a-z, 0-9 or _")
        self.data = data.resolve()
        self.services = tuple(services)
        kept = Kept(self.data / "servers.json")
        self.postgres = Postgres(self.data, kept, self.services, port=postgres_port, fsync=fsync)
        self.broker = Broker(self.data, kept, self.services, port=broker_port)
        self._kept = kept
        self._lock: IO[str] | None = None

    def start(self) -> Addresses:
        """Start both, side by side, and return when both answer.

        On Linux they end with the process that called this from its main thread, however it ends.
        """
        try:
            self._take_data()
            self._kept.make_passwords(self.services)
            self.broker.launch()
            self.postgres.launch()
            self.broker.await_ready()
            self.postgres.await_ready()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError | psycopg.Error | redis.RedisError):
                raise ServersError(f"the servers could not be started: {_one_line(error)}") from error
            raise
        return self.addresses

    def stop(self) -> None:
        """Stop both: PostgreSQL sends its clients away, the broker writes what it holds."""
        for server in (self.postgres, self.broker):
            server.ask_to_end()
        for server in (self.postgres, self.broker):
            server.await_end()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def check(self) -> list[str]:
        """The names of those that were started and have died since."""
        return [server.name for server in (self.postgres, self.broker) if server.died]

    def restart_dead(self) -> list[str]:
        """Start again what has died, with the same address; returns the names."""
        dead = self.check()
        for server in (self.postgres, self.broker):
            if server.name in dead:
                server.restart()
        return dead

    def __enter__(self) -> "Servers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def addresses(self) -> Addresses:
        """The addresses of the last start, also for a process that did not start the servers itself."""
        kept, postgres, broker = self._kept, self.postgres, self.broker
        return Addresses(
            owner_urls={
                s: postgres.url(f"{s}_owner", kept[f"{s}_owner"], f"kendi_{s}") for s in self.services
            },
            app_urls={s: postgres.url(f"{s}_app", kept[f"{s}_app"], f"kendi_{s}") for s in self.services},
            broker_urls={s: broker.url(s, kept[f"{s}_broker"]) for s in self.services},
            admin_database_url=postgres.url(ADMIN, kept["admin"], "postgres"),
            admin_broker_url=broker.url("admin", kept["admin"]),
        )

    def _take_data(self) -> None:
        """Hold the data folder while the servers run: a second start would end the servers of the first."""
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        lock = (self.data / "lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise ServersError(
                f"{self.data} is in use; stop what runs there or choose another folder"
            ) from None
        self._lock = lock


def in_use(data: Path) -> bool:
    """Whether servers run over this data folder."""
    try:
        with (data / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
