"""``kendi doctor`` lists the settings without secrets, and says what is wrong with them and with the servers."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy import text

from kendi.doctor.checks import check
from kendi.doctor.settings import settings, wrong_settings
from kendi.doctor.surroundings import Surroundings
from kendi.servers import Addresses
from shared.database import Database, make_engine
from tests.conftest import SIGNING_KEYS
from tests.kendi.test_cli import kendi

SERVICES = ("orders", "production", "logistics")


@pytest.fixture
def environment(addresses: Addresses, database_of: Callable[[str], Database]) -> dict[str, str]:
    """All settings that the services need, over empty databases."""
    for service in SERVICES:
        database_of(service)
    return {
        "KENDI_SIGNING_KEYS": SIGNING_KEYS,
        **{f"KENDI_{s.upper()}_DATABASE_URL": addresses.app_urls[s] for s in SERVICES},
        **{f"KENDI_{s.upper()}_BROKER_URL": addresses.broker_urls[s] for s in SERVICES},
    }


def surroundings(environment: dict[str, str], addresses: Addresses | None = None) -> Surroundings:
    return Surroundings(environment, SERVICES, addresses.admin_broker_url if addresses else None)


def wrong(looked_over: Surroundings) -> list[str]:
    return [f"{each.about}: {each.found}" for each in check(looked_over) if not each.good]


def test_where_all_is_well_it_says_so_and_tells_no_secret(environment: dict[str, str]) -> None:
    said = kendi("doctor", **environment)
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.endswith("All is well.\n")
    listed = kendi("doctor", "--json", **environment)
    assert {each["name"] for each in json.loads(listed.stdout)["settings"]} >= environment.keys()
    for url in [value for name, value in environment.items() if name.endswith("_URL")]:
        password = url.split(":")[2].split("@")[0]
        assert password not in said.stdout + listed.stdout
    assert SIGNING_KEYS.split(":")[1] not in said.stdout + listed.stdout


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        (
            "KENDI_ORDERS_DATABASE_URL",
            "postgresql+psycopg://o:p@ss:w/rd@h/d",
            "postgresql+psycopg://o:***@h/d",
        ),
        (
            "KENDI_ORDERS_DATABASE_URL",
            "postgresql://h/d?user=o&password=s3&x=1",
            "postgresql://h/d?user=o&password=***&x=1",
        ),
        ("KENDI_SIGNING_KEYS", "k2:abcd,k1:ef", "k2:***,k1:***"),
        ("KENDI_SIGNING_KEYS", "abcd", "***"),
        ("KENDI_ORDERS_WORKER_DATABASE_URL", "postgresql://o:secret@h/d", "postgresql://o:***@h/d"),
    ],
)
def test_a_secret_is_never_shown(name: str, value: str, shown: str) -> None:
    assert {each.name: each.value for each in settings(surroundings({name: value}))}[name] == shown


def test_what_is_not_set_is_told_with_its_default() -> None:
    assert "KENDI_WEB_THREADS not set: requests that a web process serves at once (8)" in map(
        str, settings(surroundings({}))
    )


def test_settings_that_a_process_would_refuse_or_nobody_reads_are_named(environment: dict[str, str]) -> None:
    broken = environment | {"KENDI_WEB_THREADS": "many", "KENDI_SINGING_KEYS": "k1:00"}
    assert [said.split()[0] for said in wrong_settings(surroundings(broken))] == [
        "KENDI_WEB_THREADS",
        "KENDI_SINGING_KEYS",
    ]


def test_failpoints_are_told_of_wherever_they_are_set(environment: dict[str, str]) -> None:
    (said,) = wrong_settings(surroundings(environment | {"KENDI_FAILPOINTS": "/here"}))
    assert said.startswith("KENDI_FAILPOINTS is set: ")
    assert "/here" in said


def test_servers_that_do_not_answer_are_wrong(environment: dict[str, str]) -> None:
    away = environment | {
        "KENDI_ORDERS_DATABASE_URL": "postgresql+psycopg://o:p@127.0.0.1:1/d",
        "KENDI_LOGISTICS_BROKER_URL": "redis://127.0.0.1:1/0",
        "KENDI_PRODUCTION_BROKER_URL": "postgres://127.0.0.1/0",
    }
    about = [said.split(": ")[0] + ": " + said.split(": ")[1] for said in wrong(surroundings(away))]
    assert about == [
        "orders database: can't be asked",
        "production broker: has no usable address",
        "logistics broker: can't be asked",
    ]


def test_a_role_that_owns_its_tables_is_wrong(environment: dict[str, str], addresses: Addresses) -> None:
    (said,) = wrong(surroundings(environment | {"KENDI_ORDERS_DATABASE_URL": addresses.owner_urls["orders"]}))
    assert "orders_owner owns the tables" in said


@pytest.fixture
def as_owner(addresses: Addresses) -> Iterator[Callable[[str], None]]:
    engine = make_engine(addresses.owner_urls["orders"], pool_size=1)

    def execute(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(statement))

    yield execute
    engine.dispose()


def test_an_older_schema_and_a_missing_subscription_are_wrong(
    environment: dict[str, str], as_owner: Callable[[str], None]
) -> None:
    as_owner("CREATE TABLE kept_version AS TABLE alembic_version")
    as_owner("CREATE TABLE kept_subscription AS TABLE subscription")
    try:
        as_owner("UPDATE alembic_version SET version_num = 'shared_0001' WHERE version_num LIKE 'shared%'")
        as_owner("DELETE FROM subscription WHERE subscriber = 'logistics' AND subject_kind = 'item'")
        schema, heard = wrong(surroundings(environment))
    finally:
        as_owner("TRUNCATE alembic_version; INSERT INTO alembic_version TABLE kept_version")
        as_owner("TRUNCATE subscription; INSERT INTO subscription TABLE kept_subscription")
        as_owner("DROP TABLE kept_version, kept_subscription")
    assert schema.startswith("orders schema: is at orders_")
    assert schema.endswith("run kendi migrate")
    assert (
        heard == "orders subscriptions: does not know that it is heard by logistics (item): run kendi migrate"
    )


def test_a_broker_that_may_evict_is_wrong(environment: dict[str, str], addresses: Addresses) -> None:
    assert wrong(surroundings(environment, addresses)) == []
    with redis.Redis.from_url(addresses.admin_broker_url) as broker:
        broker.config_set("maxmemory-policy", "allkeys-lru")
        try:
            said = wrong(surroundings(environment, addresses))
        finally:
            broker.config_set("maxmemory-policy", "noeviction")
    assert said == [f"{s} broker: maxmemory-policy is allkeys-lru; it must be noeviction" for s in SERVICES]


def test_without_a_system_it_says_in_one_line_what_to_give(tmp_path: Path) -> None:
    failed = kendi("doctor", "--data", str(tmp_path))
    assert failed.returncode == 1
    assert "give the folder with --data" in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_the_audit_of_a_database_that_is_away_fails_in_one_line(environment: dict[str, str]) -> None:
    away = environment | {"KENDI_PRODUCTION_DATABASE_URL": "postgresql+psycopg://o:p@127.0.0.1:1/d"}
    failed = kendi("doctor", "--audit", **away)
    assert failed.returncode == 1
    assert failed.stderr.startswith("kendi: the production database can't be read: ")
    assert failed.stderr.count("\n") == 1


def test_the_audit_by_command_tells_people_and_machines_and_fails_on_what_is_lost(
    environment: dict[str, str], database_of: Callable[[str], Database]
) -> None:
    assert kendi("doctor", "--audit", **environment).stdout.startswith("0 orders, 0 events; 0 of 0 effects")
    with database_of("orders").transaction() as session:
        session.execute(
            text("""
            INSERT INTO outbox_event (event_id, subject_kind, subject, sequence, type, occurred_at, actor_role, data)
            VALUES (gen_random_uuid(), 'item', 'item/X', 1, 'kendi.orders.item_published.v1', now(), 'system', '{}')
        """)
        )
    failed = kendi("doctor", "--audit", **environment)
    assert failed.returncode == 1
    assert "(number 1 of item/X) was never addressed to production" in failed.stdout
    assert json.loads(kendi("doctor", "--audit", "--json", **environment).stdout)["lost"] == 4
