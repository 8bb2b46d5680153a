"""Real servers for the tests: one PostgreSQL and one broker for each test process, emptied between tests."""

import importlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as examples

from kendi.accounts import ensure, sign_in_as
from kendi.preparing import load_reference, migrate_all
from kendi.servers import Addresses, Servers
from shared.card import all_cards
from shared.database import Database, connect
from shared.settings import Settings, load
from shared.sight import SERVICE
from shared.web.limiting import Limiter
from shared.web.pages import cookie_name
from tests.clock import AHEAD

SIGNING_KEYS = "k1:" + "5a" * 32

examples.register_profile("steady", derandomize=True, deadline=None)
examples.load_profile("steady")
"""The same examples each time, however busy the machine: the suite fails only for a change.

``--hypothesis-profile default`` seeks other examples.
"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-examples", action="store_true", help="take the documents' examples anew")


@pytest.fixture
def record_examples(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--record-examples"))


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Servers of this test process, with every service's schema in place."""
    with Servers(tmp_path_factory.mktemp("servers"), list(all_cards()), fsync=False) as running:
        migrate_all(running.addresses.owner_urls)
        yield running


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """``prepared("ground")``: a folder in which a system finds what its first start makes, which takes seconds."""
    made = tmp_path_factory.mktemp("prepared")
    with Servers(made, list(all_cards()), fsync=False) as servers:
        migrate_all(servers.addresses.owner_urls)
        load_reference(servers.addresses.app_urls)
        ensure(servers.addresses.app_urls, made / "accounts.json")

    def copy(name: str) -> Path:
        return shutil.copytree(made, tmp_path_factory.mktemp(name), dirs_exist_ok=True)

    return copy


@pytest.fixture(scope="session")
def addresses(servers: Servers) -> Addresses:
    return servers.addresses


@pytest.fixture(scope="session")
def emptying(addresses: Addresses) -> Iterator[dict[str, "Emptying"]]:
    """For each service what empties its database."""
    made = {service: Emptying(addresses, service) for service in addresses.owner_urls}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def database_of(addresses: Addresses, emptying: dict[str, "Emptying"]) -> Iterator[Callable[[str], Database]]:
    """``database_of("orders")``: that service's database, empty, as the service itself may use it."""
    opened: list[Database] = []

    def open_empty(service: str) -> Database:
        emptying[service].empty()
        opened.append(Database(addresses.app_urls[service], sees=SERVICE, pool_size=4))
        return opened[-1]

    yield open_empty
    for database in opened:
        database.close()


@pytest.fixture(scope="session")
def applications() -> Iterator[dict[Settings, tuple[Flask, dict[str, Any]]]]:
    """The web applications of this test process with what they began with: each takes longer to make than most tests."""
    made: dict[Settings, tuple[Flask, dict[str, Any]]] = {}
    yield made
    for _, began_with in made.values():
        began_with["beside"].close()
        began_with["kendi"].close()


@pytest.fixture
def client_of(
    addresses: Addresses,
    applications: dict[Settings, tuple[Flask, dict[str, Any]]],
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], FlaskClient]:
    """``client_of("orders")``: a client of that service's web application over an empty database."""

    def make(service: str) -> FlaskClient:
        database_of(service)
        monkeypatch.setenv(f"KENDI_{service.upper()}_DATABASE_URL", addresses.app_urls[service])
        monkeypatch.setenv(f"KENDI_{service.upper()}_BROKER_URL", addresses.broker_urls[service])
        monkeypatch.setenv("KENDI_SIGNING_KEYS", SIGNING_KEYS)
        monkeypatch.setenv("KENDI_DEMO", "1")
        settings = load(service, "web")
        if settings not in applications:
            app = importlib.import_module(f"services.{service}.app").create_app()
            app.extensions["beside"] = Database(settings.database_url, sees=SERVICE, pool_size=4)
            applications[settings] = app, dict(app.extensions)
        app, began_with = applications[settings]
        app.extensions.update(began_with, limiter=Limiter(settings))
        client: FlaskClient = app.test_client()
        return client

    return make


def database_beside(client: FlaskClient) -> Database:
    """The application's database as the service's own processes see it, past its web process."""
    beside: Database = client.application.extensions["beside"]
    return beside


def signed_in(
    client: FlaskClient,
    role: str,
    *,
    account: str | None = None,
    email: str | None = None,
    name: str | None = None,
) -> FlaskClient:
    """Another client, with the session of somebody new.

    No password is hashed for it, which takes longer than most tests; how one signs in with one has tests of its own.
    """
    who = {"email": email or f"{account or role}@kendi.example", "name": name or role.capitalize()}
    with database_beside(client).transaction() as session:
        token = sign_in_as(session, **who, role=role, account=account)
    return in_session(client, token)


def in_session(client: FlaskClient, token: str) -> FlaskClient:
    """Another client, with a session that somebody has."""
    theirs: FlaskClient = client.application.test_client()
    with client.application.app_context():
        theirs.set_cookie(cookie_name(), token)
    return theirs


EMPTY = """
    DO $$
    DECLARE name text; begun_anew text;
    BEGIN
        -- Histories are read in the order in which they were written, which a table keeps that is begun anew.
        SELECT string_agg(quote_ident(tablename), ', ') INTO begun_anew FROM pg_tables
            WHERE schemaname = 'public' AND tablename IN ('outbox_event', 'inbox', 'timeline')
            AND pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0;
        IF begun_anew IS NOT NULL THEN
            EXECUTE format('TRUNCATE %s CASCADE', begun_anew);
        END IF;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('alembic_version', 'subscription', 'business_clock', 'messaging_state')
            AND pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0
        LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
    END $$"""

KEEP = """
    DO $$
    DECLARE name text; columns text; filled boolean;
    BEGIN
        DROP SCHEMA IF EXISTS kept CASCADE;
        CREATE SCHEMA kept;
        FOR name, columns IN
            SELECT tablename, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            FROM pg_tables JOIN pg_attribute ON attrelid = format('public.%I', tablename)::regclass
            WHERE schemaname = 'public' AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
            AND tablename NOT IN ('alembic_version', 'subscription', 'business_clock', 'messaging_state')
            GROUP BY tablename
        LOOP
            EXECUTE format('SELECT EXISTS (TABLE public.%I)', name) INTO filled;
            IF filled THEN
                EXECUTE format('CREATE TABLE kept.%1$I AS SELECT %2$s FROM public.%1$I', name, columns);
            END IF;
        END LOOP;
        CREATE TABLE kept."sequence of each" AS
            SELECT seqrelid, pg_sequence_last_value(seqrelid) AS last FROM pg_sequence;
    END $$"""
BRING_BACK = """
    DO $$
    DECLARE name text; columns text;
    BEGIN
        FOR name, columns IN
            SELECT relname, string_agg(quote_ident(attname), ', ' ORDER BY attnum)
            FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = 'kept'::regnamespace AND relname <> 'sequence of each' AND attnum > 0
            GROUP BY relname
        LOOP
            EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE TABLE kept.%1$I', name, columns);
        END LOOP;
        PERFORM setval(seqrelid, last) FROM kept."sequence of each" WHERE last IS NOT NULL;
    END $$"""


class Emptying:
    """Empties every table of a service but the subscriptions, and sets the business clock.

    To truncate them all would take longer than most tests: each table gets new files, and so does each
    index. Foreign keys and the triggers that keep rows for ever are passed by, as only a superuser may.
    """

    def __init__(self, addresses: Addresses, service: str) -> None:
        self._connection = connect(f"{addresses.admin_database_url.rpartition('/')[0]}/kendi_{service}")
        self._connection.execute("SET session_replication_role = replica")

    def empty(self) -> None:
        self._connection.execute(EMPTY)
        self._connection.execute("UPDATE business_clock SET ahead = %s", [AHEAD])

    def keep(self) -> None:
        """Remember what the tables hold now: to make it anew for each test would take longer than most tests."""
        self._connection.execute(KEEP)

    def bring_back(self) -> None:
        """Fill the tables, which are empty, with what was kept."""
        self._connection.execute(BRING_BACK)

    def close(self) -> None:
        self._connection.close()


REPOSITORY = Path(__file__).parent.parent
