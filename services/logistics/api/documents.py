"""The papers of a shipment: noted, and made by the system."""

from typing import Any
from uuid import UUID

from flask import Response

from services.logistics import downloads
from services.logistics.api.answering import changed
from services.logistics.asked_for import the_shipment
from services.logistics.handlers import documents
from services.logistics.schemas.documents import DocumentRequest
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import transaction

api = Routes(
    "documents",
    __name__,
    url_prefix="/logistics/v1",
    description="The papers of a shipment",
)


EPCIS = {"type": "object", "description": "EPCIS 2.0, in JSON-LD"}


FILE = {"type": "string", "format": "binary"}


@api.post("/shipments/<uuid:shipment_id>/documents")
@api.arguments(DocumentRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def record_document(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note the number and date of a document on the checklist. Needs an Idempotency-Key."""
    return changed(shipment_id, documents.record_document, **body)


@api.get("/shipments/<uuid:shipment_id>/<any('packing-list', 'invoice', 'labels'):name>.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def read_paper(shipment_id: UUID, name: str) -> Response:
    """The packing list, the invoice or the carton labels, made from the rows: always the same."""
    with transaction() as session:
        return downloads.paper(session, the_shipment(session, shipment_id), name)


@api.get("/shipments/<uuid:shipment_id>/epcis")
@api.alt_response(200, schema=EPCIS, success=True)
@requires(LOGISTICS, KANWIL)
def read_epcis(shipment_id: UUID) -> Any:
    """What happened to the cartons, as an EPCIS 2.0 document."""
    with transaction() as session:
        return downloads.epcis(session, the_shipment(session, shipment_id))
