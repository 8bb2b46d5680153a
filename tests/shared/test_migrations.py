"""The migrations bring a database to exactly the tables that the code declares."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from kendi.servers import Addresses
from shared.card import all_cards
from shared.database import make_engine
from shared.migrating import metadata_of


@pytest.mark.parametrize("service", all_cards())
def test_a_migrated_database_has_the_tables_that_the_code_declares(
    service: str, addresses: Addresses
) -> None:
    engine = make_engine(addresses.owner_urls[service], pool_size=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, metadata_of(service))  # type: ignore[arg-type]  # alembic takes several
    engine.dispose()
    assert found == []


UNGUARDED = text("""
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND obj_description(oid, 'pg_class') LIKE '%append only%' AND NOT EXISTS (
            SELECT FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
            WHERE tgrelid = pg_class.oid AND proname = 'kendi_append_only')""")


@pytest.mark.parametrize("service", all_cards())
def test_the_database_keeps_what_is_called_append_only_as_it_was_written(
    service: str, addresses: Addresses
) -> None:
    engine = make_engine(addresses.owner_urls[service], pool_size=1)
    with engine.connect() as connection:
        assert connection.execute(UNGUARDED).scalars().all() == []
    engine.dispose()
