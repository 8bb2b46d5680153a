"""The papers of an order, for people."""

from uuid import UUID

from flask import Blueprint, Response

from services.orders import downloads
from services.orders.asked_for import the_order
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL
from shared.web.context import transaction

desk = Blueprint("papers", __name__, url_prefix="/orders/order")


@desk.get("/<uuid:order_id>/proforma.pdf")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def proforma(order_id: UUID) -> Response:
    with transaction() as session:
        order = the_order(session, order_id)
        return downloads.proforma_of(session, order)
