"""The tracking address of a shipment: ``/logistics/v1/shipments/{id}/tracking…``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.logistics.api.answering import changed
from services.logistics.handlers import tracking
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import LOGISTICS, requires
from shared.web.api import Routes
from shared.web.schemas import NothingSchema

api = Routes("tracking_addresses", __name__, url_prefix="/logistics/v1", description="Tracking addresses")


@api.post("/shipments/<uuid:shipment_id>/tracking/renew")
@api.arguments(NothingSchema)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def renew_tracking(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Another tracking address in the place of the one before. Needs an Idempotency-Key."""
    return changed(shipment_id, tracking.renew_tracking)


@api.post("/shipments/<uuid:shipment_id>/tracking/revoke")
@api.arguments(NothingSchema)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def revoke_tracking(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Have the tracking address tell nobody anything. Needs an Idempotency-Key."""
    return changed(shipment_id, tracking.revoke_tracking)
