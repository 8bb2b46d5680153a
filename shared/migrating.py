"""Bringing a service's database to the newest schema: the shared tables first, then its own."""

import importlib
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, text

from shared.database import make_engine, shared_metadata
from shared.sight import SERVICE

HERE = Path(__file__).parent


def config(service: str) -> Config:
    """Alembic's configuration for a service: two branches, the shared one and the service's own."""
    own = HERE.parent / "services" / service / "migrations"
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations"))
    config.set_main_option("version_path_separator", "os")
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", f"{HERE / 'migrations' / 'versions'}:{own}")
    return config


def metadata_of(service: str) -> list[MetaData]:
    """All tables that the service's database should have."""
    importlib.import_module("shared.messaging.tables")
    importlib.import_module("shared.web.tables")
    storage = importlib.import_module(f"services.{service}.storage")
    return [shared_metadata, storage.tables]


def migrate(service: str, owner_url: str) -> bool:
    """Upgrade to the newest schema; returns whether anything was to do. Safe to run at any time."""
    alembic = config(service)
    heads = set(ScriptDirectory.from_config(alembic).get_heads())
    engine = make_engine(owner_url, sees=SERVICE, pool_size=1)
    try:
        with engine.connect() as connection:
            at = set(MigrationContext.configure(connection).get_current_heads())
            if at == heads:
                return False
        with engine.begin() as connection:
            connection.execute(text("SET statement_timeout = 0"))  # a large table takes as long as it takes
            alembic.attributes["connection"] = connection
            upgrade(alembic)
        return True
    finally:
        engine.dispose()


def upgrade(alembic: Config) -> None:
    """What every service has comes first: the policies of its own tables use it."""
    heads = ScriptDirectory.from_config(alembic).get_heads()
    for head in sorted(heads, key=lambda head: not head.startswith("shared_")):
        command.upgrade(alembic, head)
