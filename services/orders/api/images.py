"""Pictures of items: ``/orders/v1/catalogue/{sku}/image``."""

from typing import Any

from flask import Response, request

from services.orders import images
from services.orders.catalogue import find_item, item_as_dict
from services.orders.handlers.catalogue import remove_image, set_image
from services.orders.schemas.catalogue import ItemSchema
from shared.clock import business_today
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes, takes
from shared.web.context import transaction
from shared.web.files import PHOTO, PICTURE
from shared.web.problems import not_found

api = Routes("images", __name__, url_prefix="/orders/v1", description="What items look like")

MOST_BYTES = 2 * 1024 * 1024


@api.put("/catalogue/<sku>/image")
@api.doc(requestBody=PHOTO)
@api.response(200, ItemSchema)
@requires(KANWIL)
@takes(MOST_BYTES)
def put_image(sku: str) -> Any:
    """Show what the item looks like, by a picture of up to 2 MB as the body itself; it takes the earlier one's place."""
    sent = request.get_data()
    with transaction() as session:
        if find_item(session, sku) is None:
            raise not_found("item")
        set_image(session, sku=sku, sent=sent)
        return item_as_dict(session, sku, business_today(session))


@api.get("/catalogue/<sku>/image")
@api.response(200, PICTURE, content_type="image/*")
@requires(BUYER, COMPLIANCE, KANWIL)
def read_image(sku: str) -> Response:
    """The picture of an item, as a download that no browser takes for anything else."""
    with transaction() as session:
        return images.image_of(session, sku)


@api.delete("/catalogue/<sku>/image")
@api.response(204)
@requires(KANWIL)
def delete_image(sku: str) -> None:
    """Show no picture of the item any more."""
    with transaction() as session:
        if find_item(session, sku) is None:
            raise not_found("item")
        remove_image(session, sku=sku)
