"""Alembic's entry point: the connection and the tables come from ``shared.migrating``."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes.get("metadata"),
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
