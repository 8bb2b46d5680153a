"""Bringing reference data into the orders service: the catalogue, the buyers, the policies."""

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from services.orders.storage import buyer, destination_policy, item
from shared import reference
from shared.events import contract_of
from shared.events.orders import ItemPublished
from shared.loading import remove_others, write_changed
from shared.messaging.outbox import record


def load(session: Session, folder: Path) -> dict[str, int]:
    """Make the tables equal to the files; returns how many rows of each kind changed."""
    items = reference.catalogue(folder)
    changed = write_changed(session, item, {row.sku: _item(row) for row in items})
    record(session, *(_published(row) for row in items if row.sku in changed))
    buyers = write_changed(session, buyer, {row.code: _buyer(row) for row in reference.buyers(folder)})
    policies = {row.id: _policy(row) for row in reference.destinations(folder).policies}
    return {
        "items": len(changed),
        "buyers": len(buyers),
        "policies": len(write_changed(session, destination_policy, policies))
        + remove_others(session, destination_policy, policies),
    }


def _item(row: reference.Item) -> dict[str, Any]:
    published = contract_of(ItemPublished).dump(_published(row))
    return {"unit_price": row.fob_usd, "currency": "USD", "published": published}


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
    )


def _buyer(row: reference.Buyer) -> dict[str, Any]:
    particulars = {
        "aliases": list(row.aliases),
        "gln": row.gln,
        "country": row.country,
        "address": list(row.address),
    }
    return {"name": row.name, "particulars": particulars}


def _policy(row: reference.Policy) -> dict[str, Any]:
    match = row.match
    return {
        "version": row.version,
        "row": {
            "action": row.action,
            "lane": row.lane,
            "countries": None if match.countries is None else list(match.countries),
            "hs": None if match.hs is None else list(match.hs),
            "delivery_from": match.delivery_from and match.delivery_from.isoformat(),
            "delivery_before": match.delivery_before and match.delivery_before.isoformat(),
            "valid_from": row.valid_from and row.valid_from.isoformat(),
            "valid_to": row.valid_to and row.valid_to.isoformat(),
            "catch_all": match.catch_all,
            "needs": list(row.needs),
            "law": list(row.law),
            "explanation_en": row.explanation_en,
            "explanation_id": row.explanation_id,
        },
    }
