"""What has run out is deleted, in chunks, and not before; who still may come in stays in."""

import importlib
from collections.abc import Callable
from threading import Event

import pytest
from sqlalchemy import text

from shared.card import all_cards
from shared.database import Database
from shared.settings import load
from shared.web import purging
from tests.conftest import SIGNING_KEYS

KEYS = "INSERT INTO idempotency_key SELECT 'key:a', n::text, '', 200, '{}', '', now() - CAST(:age AS interval) FROM generate_series(1, :count) n"
TRIES = "INSERT INTO sign_in_attempt SELECT 'a@example.org', n::text, now() - CAST(:age AS interval) FROM generate_series(1, :count) n"
SESSIONS = """
    WITH p AS (INSERT INTO person VALUES (gen_random_uuid(), 'a@example.org', 'A', 'kanwil', NULL, '', NULL) RETURNING id)
    INSERT INTO web_session (id_sha256, person_id, csrf_token, created_at)
    SELECT n::text::bytea, p.id, '', now() - CAST(:age AS interval) FROM generate_series(1, :count) n, p"""
KINDS = {
    "idempotency_key": (KEYS, "47 hours", "48 hours 30 minutes", "50 hours"),
    "sign_in_attempt": (TRIES, "14 minutes", "30 minutes", "2 hours"),
    "web_session": (SESSIONS, "11 hours", "12 hours 30 minutes", "14 hours"),
}


@pytest.fixture
def database(database_of: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch) -> Database:
    database = database_of("production")
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("KENDI_PRODUCTION_DATABASE_URL", url)
    monkeypatch.setenv("KENDI_BROKER_URL", "redis://127.0.0.1/0")
    monkeypatch.setenv("KENDI_SIGNING_KEYS", SIGNING_KEYS)
    return database


def is_due(database: Database) -> bool:
    with database.transaction() as session:
        return purging.is_due(session)


def count(database: Database, table: str) -> int:
    with database.transaction() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.mark.parametrize(("place", "due", "left"), [(0, False, 3), (1, False, 0), (2, True, 0)])
@pytest.mark.parametrize("table", KINDS)
def test_what_has_run_out_is_deleted_and_is_due_after_an_hour(
    database: Database, table: str, place: int, due: bool, left: int
) -> None:
    statement, *ages = KINDS[table]
    assert not is_due(database)
    with database.transaction() as session:
        session.execute(text(statement), {"age": ages[place], "count": 3})
    assert is_due(database) == due
    purging.purge(database, load("production", "worker"), Event())
    assert (count(database, table), is_due(database)) == (left, False)


def test_many_rows_are_deleted_in_chunks(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text(KEYS), {"age": "50 hours", "count": 2 * purging.CHUNK + 1})
    with database.transaction() as holding:
        holding.execute(text("SELECT 1 FROM idempotency_key LIMIT 1 FOR UPDATE"))
        purging.purge(database, load("production", "worker"), Event())  # waits for nobody
    assert count(database, "idempotency_key") == 1
    purging.purge(database, load("production", "worker"), Event())
    assert count(database, "idempotency_key") == 0


@pytest.mark.parametrize("service", sorted(all_cards()))
def test_every_service_purges(service: str) -> None:
    assert purging.JOB in importlib.import_module(f"services.{service}.tasks").JOBS
