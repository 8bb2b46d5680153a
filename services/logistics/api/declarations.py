"""The export declaration of a shipment (PEB)."""

from typing import Any
from uuid import UUID

from flask import Response

from services.logistics.api.answering import changed
from services.logistics.domain.declaration import Particulars
from services.logistics.handlers import declarations
from services.logistics.schemas.declarations import (
    CancellationRequest,
    CorrectionRequest,
    CustomsReportRequest,
    DeclarationRequest,
)
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import LOGISTICS, requires
from shared.web.api import Routes

api = Routes(
    "declarations",
    __name__,
    url_prefix="/logistics/v1",
    description="What was filed with customs for a shipment (PEB, BC 3.0)",
)


@api.post("/shipments/<uuid:shipment_id>/declaration")
@api.arguments(DeclarationRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def file_declaration(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note that the PEB was filed, from seven days before the departure on. Needs an Idempotency-Key."""
    return changed(shipment_id, declarations.file_declaration, particulars=Particulars(**body))


@api.post("/shipments/<uuid:shipment_id>/declaration/correct")
@api.arguments(CorrectionRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def correct_declaration(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note customs' registration, or another vessel, day or consignee. Needs an Idempotency-Key.

    Exporter, office, kind of export and facility can't be corrected: cancel, and file anew.
    """
    return changed(shipment_id, declarations.correct_declaration, changes=body)


@api.post("/shipments/<uuid:shipment_id>/declaration/cancel")
@api.arguments(CancellationRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def cancel_declaration(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Cancel the PEB before anything is loaded; its NPE falls with it. Needs an Idempotency-Key."""
    return changed(shipment_id, declarations.cancel_declaration, **body)


@api.post("/shipments/<uuid:shipment_id>/declaration/report")
@api.arguments(CustomsReportRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def report_cancellation(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note when customs was told that a PEB was cancelled. Needs an Idempotency-Key."""
    return changed(shipment_id, declarations.report_cancellation, **body)
