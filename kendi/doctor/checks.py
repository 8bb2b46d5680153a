"""Whether the servers can be reached and are as the services need them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import redis
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from kendi.doctor.settings import wrong_settings
from kendi.doctor.surroundings import Surroundings
from shared.card import all_cards
from shared.database import make_engine
from shared.migrating import config
from shared.settings import BadSetting, load

OLDEST_POSTGRESQL = 14
OLDEST_BROKER = 7


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, what was found, and whether that is right."""

    about: str
    found: str
    good: bool = True

    def __str__(self) -> str:
        return f"{'ok   ' if self.good else 'WRONG'} {self.about}: {self.found}"


def check(surroundings: Surroundings) -> list[Check]:
    """Everything that can be said without changing anything."""
    wrong = wrong_settings(surroundings)
    checks = [Check("settings", said, False) for said in wrong] or [Check("settings", "all can be read")]
    for service in surroundings.services:
        checks += _check_database(service, surroundings)
        checks += _check_broker(service, surroundings)
    return checks


def _check_database(service: str, surroundings: Surroundings) -> Iterator[Check]:
    about = f"{service} database"
    try:
        engine = make_engine(load(service, "worker", surroundings.env).database_url, pool_size=1)
    except (BadSetting, SQLAlchemyError, ModuleNotFoundError) as error:
        yield Check(about, f"has no usable address: {_one_line(error)}", False)
        return
    try:
        with engine.connect() as connection:
            yield _server(about, connection)
            yield _role(about, connection)
            yield _schema(service, connection)
            yield _subscriptions(service, connection)
    except SQLAlchemyError as error:
        yield Check(about, f"can't be asked: {_one_line(error)}", False)
    finally:
        engine.dispose()


def _server(about: str, connection: Connection) -> Check:
    version = connection.execute(text("SHOW server_version")).scalar_one()
    if int(version.split(".")[0]) < OLDEST_POSTGRESQL:
        return Check(about, f"PostgreSQL {version}; {OLDEST_POSTGRESQL} or newer is needed", False)
    return Check(about, f"PostgreSQL {version}")


def _role(about: str, connection: Connection) -> Check:
    """Row-level security does not hold for who owns the tables or is a superuser."""
    row = connection.execute(
        text("""
        SELECT current_user AS role, rolsuper OR EXISTS (
            SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user) AS may_all
        FROM pg_roles WHERE rolname = current_user""")
    ).one()
    if row.may_all:
        return Check(
            about, f"{row.role} owns the tables or is a superuser; use a role that is neither", False
        )
    return Check(about, f"{row.role} owns nothing")


def _schema(service: str, connection: Connection) -> Check:
    at = sorted(MigrationContext.configure(connection).get_current_heads())
    newest = sorted(ScriptDirectory.from_config(config(service)).get_heads())
    if at != newest:
        said = (
            f"is at {', '.join(at) or 'nothing'}, this version needs {', '.join(newest)}: run kendi migrate"
        )
        return Check(f"{service} schema", said, False)
    return Check(f"{service} schema", ", ".join(at))


def _subscriptions(service: str, connection: Connection) -> Check:
    rows = connection.execute(text("SELECT subscriber, subject_kind FROM subscription")).all()
    cards = all_cards().values()
    wanted = {(card.name, kind) for card in cards for kind in card.hears.get(service, ())}
    missing = sorted(f"{name} ({kind})" for name, kind in wanted - {(row[0], row[1]) for row in rows})
    if missing:
        said = f"does not know that it is heard by {', '.join(missing)}: run kendi migrate"
        return Check(f"{service} subscriptions", said, False)
    return Check(f"{service} subscriptions", ", ".join(sorted({row[0] for row in rows})) or "none")


def _check_broker(service: str, surroundings: Surroundings) -> Iterator[Check]:
    about = f"{service} broker"
    try:
        client = _client(load(service, "worker", surroundings.env).broker_url)
    except (BadSetting, ValueError) as error:
        yield Check(about, f"has no usable address: {_one_line(error)}", False)
        return
    try:
        yield _broker_version(about, client)
        yield _policy(
            about, _client(surroundings.admin_broker_url) if surroundings.admin_broker_url else client
        )
    except (redis.RedisError, OSError) as error:
        yield Check(about, f"can't be asked: {_one_line(error)}", False)


def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0), decode_responses=True
    )


def _broker_version(about: str, client: "redis.Redis") -> Check:
    said: Any = client.execute_command("HELLO")  # type: ignore[no-untyped-call]  # redis leaves its commands untyped
    hello = said if isinstance(said, dict) else dict(zip(said[::2], said[1::2], strict=True))
    name = f"{hello['server']} {hello['version']}"
    if int(hello["version"].split(".")[0]) < OLDEST_BROKER:
        return Check(about, f"{name}; version {OLDEST_BROKER} or newer is needed", False)
    return Check(about, name)


def _policy(about: str, client: "redis.Redis") -> Check:
    """A broker that may evict keys throws queues away when it is full instead of refusing more."""
    try:
        policy = client.config_get("maxmemory-policy")["maxmemory-policy"]
    except (redis.exceptions.NoPermissionError, redis.exceptions.ResponseError):
        return Check(about, "its settings can't be asked by this user; see to maxmemory-policy noeviction")
    if policy != "noeviction":
        return Check(about, f"maxmemory-policy is {policy}; it must be noeviction", False)
    return Check(about, "maxmemory-policy noeviction")


def _one_line(error: Exception) -> str:
    said = str(getattr(error, "orig", None) or error)
    return " ".join(said.split()) or type(error).__name__
