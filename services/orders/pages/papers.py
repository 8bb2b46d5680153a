"""The papers of an order, for people."""

from uuid import UUID

from flask import Blueprint, Response

from services.orders import downloads, views
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("papers", __name__, url_prefix="/orders/order")


@desk.get("/<uuid:order_id>/proforma.pdf")
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def proforma(order_id: UUID) -> Response:
    with transaction() as session:
        order = views.find_order(session, current(), order_id)
        if order is None:
            raise not_found("order")
        return downloads.proforma_of(session, order)
