"""The catalogue as it is shown and as orders are priced from it: reads only."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sqlalchemy import Date, Row, bindparam, func, select, text
from sqlalchemy.orm import Session

from services.orders.storage import item, item_image, item_price
from shared.database import among_those
from shared.sight import as_the_service

TYPICAL = text("""
    SELECT item.sku, percentile_disc(0.5) WITHIN GROUP (ORDER BY newest.days) AS days
    FROM item, LATERAL (
        SELECT promised_date - placed_on AS days FROM order_line
        WHERE order_line.sku = item.sku AND promised_date IS NOT NULL
        ORDER BY placed_on DESC, order_id DESC LIMIT 100) newest
    GROUP BY item.sku""")

PRICES = (
    select(item_price)
    .where(among_those(item_price.c.sku, "skus"))
    .where(item_price.c.valid_from <= bindparam("on", type_=Date))
    .order_by(item_price.c.valid_from)
)


def price_list(session: Session, skus: Collection[str], on: date) -> dict[tuple[str, str], Decimal]:
    """What each of these items costs on a day, by its number and the currency."""
    rows = session.execute(PRICES, {"skus": list(skus), "on": on})
    return {(row.sku, row.currency): row.unit_price for row in rows}


def catalogue(session: Session, today: date) -> list[dict[str, Any]]:
    """Every item with its prices of today and of later, and in how many days it is typically promised."""
    with as_the_service(session):  # what is typical is so for all buyers together
        typical: dict[str, int] = {row.sku: row.days for row in session.execute(TYPICAL)}
    prices, pictured = _prices(session, today), set(session.execute(select(item_image.c.sku)).scalars())
    rows = session.execute(select(item).order_by(item.c.sku))
    return [_shown(row, prices[row.sku], typical.get(row.sku), row.sku in pictured) for row in rows]


def find_item(session: Session, sku: str) -> Row[Any] | None:
    """The item, locked until the commit."""
    return session.execute(select(item).where(item.c.sku == sku).with_for_update()).one_or_none()


def item_as_dict(session: Session, sku: str, today: date) -> dict[str, Any] | None:
    return next((shown for shown in catalogue(session, today) if shown["sku"] == sku), None)


def _shown(row: Row[Any], prices: Sequence[Row[Any]], typical: int | None, pictured: bool) -> dict[str, Any]:
    return {
        **row.published,
        "sku": row.sku,
        "version": row.version,
        "prices": [price._asdict() for price in prices],
        "typical_days": typical,
        "image": f"/orders/v1/catalogue/{quote(row.sku)}/image" if pictured else None,
    }


def _prices(session: Session, today: date) -> dict[str, list[Row[Any]]]:
    """Of each item and currency the newest price that is valid, and all that come later."""
    newest = func.max(item_price.c.valid_from).filter(item_price.c.valid_from <= today)
    ranked = select(
        item_price, newest.over(partition_by=(item_price.c.sku, item_price.c.currency)).label("newest")
    ).subquery()
    query = (
        select(ranked)
        .where(ranked.c.valid_from >= func.coalesce(ranked.c.newest, ranked.c.valid_from))
        .order_by(ranked.c.currency, ranked.c.valid_from)
    )
    prices: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(query):
        prices[row.sku].append(row)
    return prices
