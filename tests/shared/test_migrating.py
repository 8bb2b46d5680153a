"""The migrations make the tables that the code describes."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from kendi.servers import Addresses
from shared.card import all_cards
from shared.database import make_engine
from shared.migrating import metadata_of


@pytest.mark.parametrize("service", all_cards())
def test_the_tables_are_as_the_code_describes_them(service: str, addresses: Addresses) -> None:
    metadata = metadata_of(service)
    engine = make_engine(addresses.owner_urls[service], pool_size=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": metadata})
        found = compare_metadata(context, metadata)  # type: ignore[arg-type]  # several are taken too
        checks = set(
            connection.execute(
                text(
                    "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
                )
            ).scalars()
        )
    engine.dispose()
    assert [change for change in found if "alembic_version" not in str(change)] == []
    described = {
        str(c.name)
        for m in metadata
        for t in m.tables.values()
        for c in t.constraints
        if "check" in c.__visit_name__
    }
    assert described == checks
