"""What happened on the way: ``/logistics/v1/shipments/{id}/milestones``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.logistics.api.answering import changed
from services.logistics.handlers import milestones
from services.logistics.schemas.milestones import MilestoneRequest
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import LOGISTICS, requires
from shared.web.api import Routes

api = Routes(
    "milestones",
    __name__,
    url_prefix="/logistics/v1",
    description="What happened to a shipment on its way",
)


@api.post("/shipments/<uuid:shipment_id>/milestones")
@api.arguments(MilestoneRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def record_milestone(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Something happened on the way, at a UN/LOCODE or one of our facilities. Needs an Idempotency-Key."""
    return changed(shipment_id, milestones.record_milestone, **body)
