"""Amending the catalogue: items have versions, and prices by currency and day."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.orders import policies
from services.orders.domain.catalogue import may_be_priced
from services.orders.handlers.publishing import ask_to_rescreen
from services.orders.handlers.sampling import replace_sample
from services.orders.storage import item, item_image, item_price
from shared import photos
from shared.clock import business_today
from shared.events import contract_of
from shared.events.orders import ItemPublished
from shared.messaging.outbox import record

PUBLISHED = contract_of(ItemPublished)
LONGEST_SIDE = 640
"""Pixels of an item's picture: enough for a page, and small enough for a list."""


def publish(session: Session, *, sku: str, published: dict[str, Any]) -> None:
    """A new version of an item, told to the other services; orders keep the version they were placed at.

    Where the rules would find something else in it, open lines are screened again.
    """
    before = session.execute(select(item.c.published).where(item.c.sku == sku).with_for_update()).scalar_one()
    session.execute(
        update(item).where(item.c.sku == sku).values(published=published, version=item.c.version + 1)
    )
    record(session, PUBLISHED.load(published))
    sample = published.get("golden_sample")
    if sample != before.get("golden_sample"):
        replace_sample(session, sku=sku, sample=sample)
    if policies.looked_at(published) != policies.looked_at(before):
        ask_to_rescreen(session)


def set_price(session: Session, *, sku: str, currency: str, valid_from: date, unit_price: Decimal) -> None:
    """What the item costs from a day on, today or later."""
    may_be_priced(currency, valid_from=valid_from, today=business_today(session))
    write_price(session, sku=sku, currency=currency, valid_from=valid_from, unit_price=unit_price)


def write_price(session: Session, *, sku: str, currency: str, valid_from: date, unit_price: Decimal) -> None:
    key = {"sku": sku, "currency": currency, "valid_from": valid_from}
    session.execute(
        upsert(item_price)
        .values(**key, unit_price=unit_price)
        .on_conflict_do_update(index_elements=list(key), set_={"unit_price": unit_price})
    )


def remove_image(session: Session, *, sku: str) -> None:
    """Show no picture of the item any more."""
    session.execute(delete(item_image).where(item_image.c.sku == sku))


def set_image(session: Session, *, sku: str, sent: bytes) -> None:
    """What the item looks like, in a size for pages."""
    media_type, content = photos.cleaned(sent, field="image", longest_side=LONGEST_SIDE)
    shown = {"media_type": media_type, "content": content}
    session.execute(
        upsert(item_image).values(sku=sku, **shown).on_conflict_do_update(index_elements=["sku"], set_=shown)
    )
