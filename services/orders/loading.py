"""Bringing reference data into the orders service: the catalogue, the buyers, the policies."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from services.orders import policies
from services.orders.domain.publication import Version
from services.orders.handlers.catalogue import PUBLISHED, publish, write_price
from services.orders.handlers.publishing import ask_to_rescreen, publish_policies
from services.orders.policies import as_row
from services.orders.storage import buyer, item
from shared import reference
from shared.events.orders import ItemPublished
from shared.loading import write_changed

ALWAYS = "2000-01-01"


def load(session: Session, folder: Path) -> dict[str, int]:
    """Make the items and buyers equal to the files; returns how many rows of each kind changed.

    Where the rules would find something else in one of them, open lines are screened again.
    """
    before = _families(session)
    items = _load_items(session, reference.catalogue(folder))
    buyers = write_changed(session, buyer, {row.code: _buyer(row) for row in reference.buyers(folder)})
    after = _families(session)
    if any(after[code] != families for code, families in before.items()):
        ask_to_rescreen(session)
    return {"items": items, "buyers": len(buyers)}


def _families(session: Session) -> dict[str, tuple[str, ...] | None]:
    """What the rules look at in each seller that is known."""
    sellers = session.execute(select(buyer.c.code, buyer.c.particulars))
    return {row.code: policies.families_in(row.particulars) for row in sellers}


def load_policies(session: Session, offered: Sequence[Version], *, by: str) -> dict[str, int]:
    """Publish the policies, in a transaction of its own: who places orders may hold them and wait for an item."""
    return {"policies": len(publish_policies(session, offered=offered, by=by).changed)}


def versions_in(found: reference.Destinations) -> list[Version]:
    """The policies of a file as they are published."""
    return [Version(id=row.id, version=row.version, row=as_row(row)) for row in found.policies]


def _load_items(session: Session, rows: Iterable[reference.Item]) -> int:
    """What the file changed since it was loaded last; what was amended meanwhile otherwise stays."""
    known = {row.sku: row for row in session.execute(select(item))}
    changed = 0
    for row in rows:
        published, prices = PUBLISHED.dump(_published(row)), _prices(row)
        loaded = {"published": published, "prices": [[*key, str(amount)] for key, amount in prices.items()]}
        before = known.get(row.sku)
        if before is not None and before.loaded == loaded:
            continue
        changed += 1
        if before is None:
            session.execute(insert(item).values(sku=row.sku, published=published, version=0))
        if before is None or before.published != published:
            publish(session, sku=row.sku, published=published)
        session.execute(update(item).where(item.c.sku == row.sku).values(loaded=loaded))
        for (currency, day), amount in prices.items():
            write_price(
                session,
                sku=row.sku,
                currency=currency,
                valid_from=date.fromisoformat(day),
                unit_price=amount,
            )
    return changed


def _prices(row: reference.Item) -> dict[tuple[str, str], Decimal]:
    """By currency and first day; the price in dollars counts until another does."""
    later = {(price.currency, price.valid_from.isoformat()): price.unit_price for price in row.prices}
    return {("USD", ALWAYS): row.fob_usd, **later}


def _published(row: reference.Item) -> ItemPublished:
    return ItemPublished(
        sku=row.sku,
        name_id=row.name_id,
        name_en=row.name_en,
        family=row.family,
        hs6=row.hs6,
        gtin=row.gtin,
        materials=row.materials,
        labour_minutes=row.labour_minutes,
        pieces_per_carton=row.pieces_per_carton,
        carton_length_mm=row.carton_length_mm,
        carton_width_mm=row.carton_width_mm,
        carton_height_mm=row.carton_height_mm,
        carton_gross_g=row.carton_gross_g,
        golden_sample=row.golden_sample,
    )


def _buyer(row: reference.Buyer) -> dict[str, Any]:
    particulars = {
        "aliases": list(row.aliases),
        "gln": row.gln,
        "country": row.country,
        "address": list(row.address),
        "bank": list(row.bank),
        "prison_families": None if row.prison_families is None else list(row.prison_families),
    }
    return {"name": row.name, "particulars": particulars}
