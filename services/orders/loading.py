"""Bringing reference data into the orders service: the catalogue, the buyers, the policies."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.orders.storage import item
from shared import reference
from shared.events import contract_of
from shared.events.orders import ItemPublished
from shared.messaging.outbox import record


def load(session: Session, folder: Path) -> dict[str, int]:
    """Make the tables equal to the files; returns how many rows of each kind changed."""
    return {
        "items": _items(session, reference.catalogue(folder)),
        "buyers": sum(_buyer(session, row) for row in reference.buyers(folder)),
        "policies": _policies(session, reference.destinations(folder)),
    }


def _items(session: Session, rows: tuple[reference.Item, ...]) -> int:
    """Items that are new or changed are published; the others stay as they are."""
    known = {row.sku: row for row in session.execute(select(item))}
    changed = []
    for row in rows:
        event = _published(row)
        values = {
            "unit_price": row.fob_usd,
            "currency": "USD",
            "published": contract_of(ItemPublished).dump(event),
        }
        before = known.get(row.sku)
        if before is None or values != {name: getattr(before, name) for name in values}:
            session.execute(
                upsert(item)
                .values(sku=row.sku, **values)
                .on_conflict_do_update(index_elements=["sku"], set_=values)
            )
            changed.append(event)
    record(session, *changed)
    return len(changed)
