"""The proforma of an order: ``/orders/v1/orders/{id}/proforma.pdf``."""

from uuid import UUID

from flask import Response

from services.orders import downloads, views
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found

api = Routes("proforma", __name__, url_prefix="/orders/v1", description="The paper that asks for the payment")

FILE = {"type": "string", "format": "binary"}


@api.get("/orders/<uuid:order_id>/proforma.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(BUYER, COMPLIANCE, KANWIL)
def read_proforma(order_id: UUID) -> Response:
    """The proforma invoice over what is wanted now, to the cent, as a PDF in English."""
    with transaction() as session:
        order = views.find_order(session, current(), order_id)
        if order is None:
            raise not_found("order")
        return downloads.proforma_of(session, order)
