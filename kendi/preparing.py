"""What must be done before the processes start: schemas, subscriptions, reference data."""

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.orm import Session

from shared import reference
from shared.card import all_cards
from shared.database import Database
from shared.messaging.receipts import register
from shared.migrating import migrate
from shared.sight import SERVICE

REFERENCE = Path(__file__).parent.parent / "reference"


def migrate_all(owner_urls: Mapping[str, str]) -> list[str]:
    """Upgrade each service's database, then tell each publisher who hears it; returns what was upgraded."""
    upgraded = [service for service, url in owner_urls.items() if migrate(service, url)]
    for publisher, url in owner_urls.items():
        with _once(url) as session:
            register(session, publisher, all_cards().values())
    return upgraded


def load_reference(
    app_urls: Mapping[str, str], folder: Path = REFERENCE, *, by: str = "system"
) -> dict[str, dict[str, int]]:
    """Make each service's reference data equal to the files, the policies last; returns how many rows changed."""
    from services.orders.loading import load_policies, versions_in

    offered = versions_in(reference.destinations(folder))
    changed: dict[str, dict[str, int]] = {}
    for service, url in app_urls.items():
        loading = importlib.import_module(f"services.{service}.loading")
        with _once(url) as session:
            changed[service] = loading.load(session, folder)
    if "orders" in app_urls:
        with _once(app_urls["orders"]) as session:
            changed["orders"] |= load_policies(session, offered, by=by)
    return changed


@contextmanager
def _once(url: str) -> Iterator[Session]:
    """One transaction of a service's database."""
    database = Database(url, sees=SERVICE, pool_size=1)
    try:
        with database.transaction() as session:
            yield session
    finally:
        database.close()
