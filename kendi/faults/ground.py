"""The system that the campaign torments: two workers and two relays of each service, behind proxies."""

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, cast

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kendi.faults import children, effects
from kendi.faults.proxy import Proxy
from kendi.servers import Addresses
from kendi.system import Child, System

SERVICES = ("orders", "production", "logistics")
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")


@dataclass
class Ground(System):
    """A system of its own, with doors for whoever wants to break it."""

    kinds: Sequence[str] = ("web", "worker", "worker", "relay", "relay")
    mutant: str | None = None
    seed: int = 0
    proxies: dict[str, Proxy] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)
    """Subjects of which planted poison keeps everything waiting, until it is mended."""
    _asked: dict[str, psycopg.Connection[Any]] = field(default_factory=dict)

    become: ClassVar[Callable[..., None]] = staticmethod(children.become)
    longest_pause: ClassVar[float] = 2.0

    def _prepare(self, services: Sequence[str]) -> None:
        super()._prepare(services)
        for service in services:
            self.execute(service, effects.TABLE)

    def _environment(self, addresses: Addresses, ports: Mapping[str, int]) -> dict[str, str]:
        self.failpoints = self.data / "failpoints"
        self.failpoints.mkdir(exist_ok=True)
        self.fixed = self.data / "fixed"
        self.fixed.mkdir(exist_ok=True)
        self.proxies = {
            "postgres": Proxy(self.servers.postgres.port, self.seed),
            "broker": Proxy(self.servers.broker.port, self.seed),
        }
        environment = super()._environment(self._through_proxies(addresses), ports)
        return {
            **environment,
            "KENDI_FAILPOINTS": str(self.failpoints),
            "KENDI_FAULTS_FIXED": str(self.fixed),
            "KENDI_REQUESTS_PER_KEY": "0",
            "KENDI_REQUESTS_PER_ADDRESS": "0",
            "KENDI_FAULTS_MUTANT": self.mutant or "",
        }

    def _through_proxies(self, addresses: Addresses) -> Addresses:
        def by_way_of(name: str, urls: Mapping[str, str]) -> dict[str, str]:
            port = str(self.proxies[name].port)
            return {service: PORT.sub(port, url) for service, url in urls.items()}

        return replace(
            addresses,
            app_urls=by_way_of("postgres", addresses.app_urls),
            broker_urls=by_way_of("broker", addresses.broker_urls),
        )

    def stop(self) -> None:
        """Nobody waits for an orderly end: everything has been looked at."""
        for child in self.children:
            self.send(child, signal.SIGKILL)
        for connection in self._asked.values():
            connection.close()
        super().stop()
        for proxy in self.proxies.values():
            proxy.close()

    def alive(self, kind: str, service: str | None = None) -> list[Child]:
        """The living processes of a kind."""
        return [
            child
            for child in self.children
            if child.kind == kind
            and service in (None, child.service)
            and child.process is not None
            and child.process.is_alive()
        ]

    def send(self, child: Child, number: signal.Signals) -> None:
        """Send a signal to a process and to its own children."""
        if child.process is not None and child.process.pid is not None:
            with suppress(ProcessLookupError):  # it has died meanwhile
                os.killpg(child.process.pid, number)

    def arm(self, place: str, action: str) -> None:
        """Have the first process that reaches a failpoint do this."""
        making = self.data / "arming"
        making.write_text(action)
        making.rename(self.failpoints / place)

    def disarm(self) -> None:
        for file in self.failpoints.iterdir():
            file.unlink(missing_ok=True)

    @contextmanager
    def broker(self) -> Iterator["redis.Redis"]:
        """The broker, past the proxy, as its administrator."""
        url = self.addresses.admin_broker_url
        with redis.Redis.from_url(url, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as client:
            yield client

    def connect(self, service: str) -> psycopg.Connection[Any]:
        """A service's database, past the proxy, as the cluster's administrator."""
        url = self.addresses.admin_database_url.replace("postgresql+psycopg://", "postgresql://")
        url = url.rsplit("/", 1)[0] + f"/kendi_{service}"
        limits = "-c statement_timeout=5s -c lock_timeout=2s"
        return psycopg.connect(url, autocommit=True, connect_timeout=5, options=limits)

    @contextmanager
    def database(self, service: str) -> Iterator[psycopg.Connection[Any]]:
        """The same for the length of a block."""
        with self.connect(service) as connection:
            yield connection

    def one(self, service: str, query: str, *parameters: Any) -> Any:
        """The single value that a query gives in a service's database."""
        return next(iter(self.column(service, query, *parameters)), None)

    def column(self, service: str, query: str, *parameters: Any) -> list[Any]:
        """The first column of what a query gives."""
        return [row[0] for row in self.rows(service, query, *parameters)]

    def rows(self, service: str, query: str, *parameters: Any) -> list[Any]:
        return self._ask(service).execute(cast(Any, query), parameters or None).fetchall()

    def execute(self, service: str, statement: str, *parameters: Any) -> None:
        self._ask(service).execute(cast(Any, statement), parameters)

    def _ask(self, service: str) -> psycopg.Connection[Any]:
        """A connection that is kept: to open one takes longer than most answers. One that a fault ended is replaced."""
        with suppress(KeyError, psycopg.OperationalError):
            self._asked[service].execute("")
            return self._asked[service]
        self._asked[service] = self.connect(service)
        return self._asked[service]

    def queues(self) -> list[str]:
        return [f"{service}.{task}" for service in SERVICES for task in ("receive", "receipt")]
