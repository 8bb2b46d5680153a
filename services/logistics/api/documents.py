"""The papers of a shipment: noted, and made by the system."""

from typing import Any
from uuid import UUID

from flask import Response, request

from services.logistics import downloads, uploads
from services.logistics.api.answering import changed, changed_by_form
from services.logistics.asked_for import the_shipment
from services.logistics.handlers import documents
from services.logistics.making import ANY_OF_THEM
from services.logistics.schemas.documents import DocumentRequest, PartQuery
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import KANWIL, LOGISTICS, current, requires
from shared.web.api import RoutesWithFiles, takes
from shared.web.context import transaction

api = RoutesWithFiles(
    "documents",
    __name__,
    url_prefix="/logistics/v1",
    description="The papers of a shipment",
)


EPCIS = {"type": "object", "description": "EPCIS 2.0, in JSON-LD"}


FILE = {"type": "string", "format": "binary"}


FORM = {
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["code", "number", "issued_on", "file"],
                "properties": {
                    "code": {"type": "string"},
                    "number": {"type": "string"},
                    "issued_on": {"type": "string", "format": "date"},
                    "treatment": {"type": "string", "enum": ["gas", "heat"]},
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "description": "a PDF, JPEG or PNG of up to 10 MB; it is known by its content",
                    },
                },
            }
        }
    }
}


@api.post("/shipments/<uuid:shipment_id>/documents")
@api.doc(requestBody=FORM)
@api.arguments(DocumentRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
@takes(uploads.MOST_SENT)
def record_document(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note the number and date of a document, as JSON, or as a form with its file. Needs an Idempotency-Key.

    A file that comes later is a new version; the earlier ones stay.
    """
    file = uploads.sent_file(current().id)
    if file is None:
        return changed(shipment_id, documents.record_document, **body)
    asked = uploads.digest_of(request.path, body, file)
    return changed_by_form(asked, shipment_id, documents.record_document, **body, file=file)


@api.get("/shipments/<uuid:shipment_id>/documents/<code>/files/<int:version>")
@api.response(200, FILE, content_type="*/*")
@requires(LOGISTICS, KANWIL)
def read_document_file(shipment_id: UUID, code: str, version: int) -> Response:
    """One version of a document as it was sent."""
    with transaction() as session:
        return downloads.sent_file(session, the_shipment(session, shipment_id), code, version)


@api.get("/shipments/<uuid:shipment_id>/documents.zip")
@api.response(200, FILE, content_type="application/zip")
@requires(LOGISTICS, KANWIL)
def read_dossier(shipment_id: UUID) -> Response:
    """All documents as one ZIP: ours, those that were sent, and their hashes in ``manifest.sha256``."""
    return downloads.whole_dossier(shipment_id)


@api.get(f"/shipments/<uuid:shipment_id>/{ANY_OF_THEM}.pdf")
@api.arguments(PartQuery, location="query")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def read_paper(asked: dict[str, Any], shipment_id: UUID, name: str) -> Response:
    """One of our own papers, made from the rows: always the same. Labels of many cartons come in parts, too."""
    return downloads.paper(shipment_id, name, asked["part"])


@api.get("/shipments/<uuid:shipment_id>/epcis")
@api.alt_response(200, schema=EPCIS, success=True)
@requires(LOGISTICS, KANWIL)
def read_epcis(shipment_id: UUID) -> Any:
    """What happened to the cartons, as an EPCIS 2.0 document, sent event by event.

    What was told wrongly stays, and stands a second time with its `errorDeclaration`.
    """
    return downloads.epcis(shipment_id)
