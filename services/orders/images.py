"""Pictures of items, for who may see the catalogue: reads only."""

from collections.abc import Collection

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.storage import item_image
from shared.web.files import picture
from shared.web.problems import not_found


def items_with_image(session: Session, skus: Collection[str] | None = None) -> set[str]:
    """Which of these items have a picture, or which of all."""
    query = select(item_image.c.sku)
    if skus is not None:
        query = query.where(item_image.c.sku.in_(skus))
    return set(session.execute(query).scalars())


def image_of(session: Session, sku: str) -> Response:
    """The picture; a browser keeps it for a while, and then asks whether it is still the same."""
    row = session.execute(select(item_image).where(item_image.c.sku == sku)).one_or_none()
    if row is None:
        raise not_found("image")
    shown = picture(row.content, row.media_type, "item")
    shown.headers["Cache-Control"] = "private, max-age=300"
    shown.add_etag()
    shown.make_conditional(request)
    return shown
