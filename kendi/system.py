"""The whole system on this machine: servers, schemas, reference data, and nine processes kept alive."""

import contextlib
import json
import os
import secrets
import signal
import socket
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import ClassVar, Self

from kendi import accounts, forks
from kendi.processes import run_child
from kendi.servers import Addresses, Servers, ServersError
from kendi.tls import Authority
from kendi.tls.authority import own_addresses
from shared.card import all_cards
from shared.clock import real_now
from shared.failure import Failure
from shared.settings import PORTS

KINDS = ("web", "worker", "relay")


class NotUp(Failure):
    """The system could not be started; the message says which part and where its log lies."""


@dataclass
class Child:
    """One process of one service, and when it may be started again."""

    service: str
    kind: str
    process: BaseProcess | None = None
    deaths: int = 0
    started: float = 0.0
    not_before: float = 0.0

    @property
    def name(self) -> str:
        return f"{self.service} {self.kind}"


@dataclass
class System:
    """Start it, watch it, stop it. All it keeps lies in one folder."""

    data: Path
    ports: Sequence[int] | None = None
    say: Callable[[str], None] = print
    fsync: bool = True
    free_ports: bool = False
    kinds: Sequence[str] = KINDS
    settings: Mapping[str, str] = field(default_factory=dict)
    tls: Authority | None = None
    """Whose certificate the services show, on all addresses of this machine; else they speak http on the loopback."""
    children: list[Child] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)

    become: ClassVar[Callable[..., None]] = staticmethod(run_child)
    longest_pause: ClassVar[float] = 30.0

    def start(self) -> None:
        """Bring everything up and return when each service answers."""
        taken = [port for port in self.ports or () if not _is_free(port)]
        if taken:
            raise NotUp(f"port {taken[0]} is taken by another program; give others with --ports")
        services = sorted(all_cards(), key=lambda name: PORTS.get(name, 8004))
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        forks.begin()
        self.servers = Servers(self.data, services, fsync=self.fsync)
        self.addresses = self.servers.start()
        try:
            self._prepare(services)
            self.children = [Child(service, kind) for service in services for kind in self.kinds]
            for child in self.children:
                self._launch(child)
            self._wait_until_ready(services)
        except BaseException:
            self.stop()
            raise

    def _prepare(self, services: Sequence[str]) -> None:
        from kendi.preparing import load_reference, migrate_all

        migrate_all(self.addresses.owner_urls)
        load_reference(self.addresses.app_urls)
        self.accounts = accounts.ensure(self.addresses.app_urls, self.data / "accounts.json")
        ports = dict(zip(services, self.ports or self._ports(services), strict=True))
        self.environment = self._environment(self.addresses, ports)
        scheme = "https" if self.tls else "http"
        self.urls = {service: f"{scheme}://127.0.0.1:{port}" for service, port in ports.items()}

    def _ports(self, services: Sequence[str]) -> list[int]:
        """The usual ports where they are free, else others, remembered in the data folder."""
        if self.free_ports:
            return [_free_port() for _ in services]
        remembered = self.data / "ports.json"
        wanted = [PORTS.get(service, 8004) for service in services]
        if remembered.exists():
            wanted = json.loads(remembered.read_text())
        ports = [port if _is_free(port) else _free_port() for port in wanted]
        remembered.write_text(json.dumps(ports))
        return ports

    def _environment(self, addresses: Addresses, ports: Mapping[str, int]) -> dict[str, str]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KENDI_")},
            "KENDI_SIGNING_KEYS": self._signing_keys(),
            "KENDI_DEMO": "1",
            **self._tls_settings(),
            **self.settings,
        }
        for service, port in ports.items():
            own = f"KENDI_{service.upper()}"
            environment[f"{own}_DATABASE_URL"] = addresses.app_urls[service]
            environment[f"{own}_BROKER_URL"] = addresses.broker_urls[service]
            environment[f"{own}_PORT"] = str(port)
        return environment

    def _tls_settings(self) -> dict[str, str]:
        if self.tls is None:
            return {}
        self.tls.ensure(own_addresses(), now=real_now())
        return {
            "KENDI_HOST": "0.0.0.0",  # noqa: S104  # the phones of the workshop are in the same network
            "KENDI_TLS_CERTIFICATE": str(self.tls.server_certificate),
            "KENDI_TLS_KEY": str(self.tls.server_key),
        }

    def renew(self) -> None:
        """A certificate that runs out soon, or an address that is new: the web processes show another one."""
        if self.tls is None or not self.tls.ensure(own_addresses(), now=real_now()):
            return
        self.say("the certificate was renewed; the web processes start again")
        for child in self.children:
            if child.kind == "web" and child.process:
                child.process.terminate()
                child.process.join(10)
                _kill_group(child.process)
                child.process.join()
                self._launch(child)

    def _signing_keys(self) -> str:
        kept = self.data / "signing_keys"
        if not kept.exists():
            kept.touch(mode=0o600)
            kept.write_text(f"k1:{secrets.token_hex(32)}")
        return kept.read_text()

    def _launch(self, child: Child) -> None:
        """Fork the process from a server that has everything imported: nine imports would take far longer."""
        log = self.data / "logs" / f"{child.service}-{child.kind}.log"
        child.process = forks.FORKS.Process(
            target=self.become, args=(child.kind, child.service, self.environment, log), name=child.name
        )
        child.process.start()
        child.started = time.monotonic()

    def _wait_until_ready(self, services: Sequence[str], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(len(services)) as pool:
            ready = list(pool.map(lambda service: self._ready(service, deadline), services))
        for service, answered in zip(services, ready, strict=True):
            if not answered:
                raise NotUp(f"{service} does not answer; see {self.data / 'logs' / f'{service}-web.log'}")

    def _ready(self, service: str, deadline: float) -> bool:
        web = next(child for child in self.children if (child.service, child.kind) == (service, "web"))
        trusted = ssl.create_default_context(cafile=str(self.tls.certificate)) if self.tls else None
        ready = f"{self.urls[service]}/{service}/readyz"
        while time.monotonic() < deadline and web.process and web.process.is_alive():
            try:
                with urllib.request.urlopen(ready, timeout=2, context=trusted):
                    return True
            except OSError:
                time.sleep(0.05)
        return False

    def watch(self) -> None:
        """One look at everything: what has died is started again, with a growing pause if it keeps dying."""
        try:
            for name in self.servers.restart_dead():
                self.say(f"{name} had died and was started again")
        except ServersError as error:  # tried again at the next look
            self.say(str(error))
        for child in self.children:
            if child.process is None or child.process.is_alive():
                continue
            now = time.monotonic()
            if child.not_before <= child.started:
                _kill_group(child.process)
                child.deaths = 1 if now - child.started > self.longest_pause else child.deaths + 1
                pause = min(self.longest_pause, 0.5 * 2 ** (child.deaths - 1))
                child.not_before = now + pause
                self.say(f"{child.name} died (exit {child.process.exitcode}); starting again in {pause:g} s")
            if now >= child.not_before:
                self._launch(child)

    def stop(self) -> None:
        """Stop the processes, then the servers. What does not end in time is killed."""
        processes = [child.process for child in self.children if child.process]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + 10
        for process in processes:
            process.join(max(0.1, deadline - time.monotonic()))
            _kill_group(process)
            process.join()
        self.servers.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _kill_group(process: BaseProcess) -> None:
    """End whatever is left of a process and its own children: a web server's worker outlives its killed parent."""
    with contextlib.suppress(ProcessLookupError):
        if process.pid is not None:
            os.killpg(process.pid, signal.SIGKILL)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
