"""What must be done before the processes start: schemas, subscriptions, reference data."""

import importlib
from collections.abc import Mapping
from pathlib import Path

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
        database = Database(url, sees=SERVICE, pool_size=1)
        with database.transaction() as session:
            register(session, publisher, all_cards().values())
        database.close()
    return upgraded


def load_reference(app_urls: Mapping[str, str], folder: Path = REFERENCE) -> dict[str, dict[str, int]]:
    """Make each service's reference data equal to the files; returns how many rows changed."""
    changed = {}
    for service, url in app_urls.items():
        loading = importlib.import_module(f"services.{service}.loading")
        database = Database(url, sees=SERVICE, pool_size=1)
        with database.transaction() as session:
            changed[service] = loading.load(session, folder)
        database.close()
    return changed
