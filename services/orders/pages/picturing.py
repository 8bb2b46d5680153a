"""Pictures of items, for people."""

from flask import Blueprint, Response

from services.orders import images
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from shared.web.context import transaction

desk = Blueprint("picturing", __name__, url_prefix="/orders/catalogue")


@desk.get("/<sku>/image")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def image(sku: str) -> Response:
    with transaction() as session:
        return images.image_of(session, sku)
