"""The proforma of an order: ``/orders/v1/orders/{id}/proforma.pdf``."""

from uuid import UUID

from flask import Response

from services.orders import downloads
from services.orders.asked_for import the_order
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction

api = Routes("proforma", __name__, url_prefix="/orders/v1", description="The paper that asks for the payment")

FILE = {"type": "string", "format": "binary"}


@api.get("/orders/<uuid:order_id>/proforma.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(BUYER, COMPLIANCE, KANWIL)
def read_proforma(order_id: UUID) -> Response:
    """The proforma invoice over what is wanted now, to the cent, as a PDF in English."""
    with transaction() as session:
        order = the_order(session, order_id)
        return downloads.proforma_of(session, order)
