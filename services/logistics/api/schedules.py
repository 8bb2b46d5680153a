"""When a shipment is expected: ``/logistics/v1/shipments/{id}/schedule``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.logistics.api.answering import changed
from services.logistics.handlers import schedules
from services.logistics.schemas.schedules import ScheduleRequest
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.access import LOGISTICS, requires
from shared.web.api import Routes

api = Routes("schedules", __name__, url_prefix="/logistics/v1", description="When shipments are expected")


@api.post("/shipments/<uuid:shipment_id>/schedule")
@api.arguments(ScheduleRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def reschedule_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """The carrier expects another departure or arrival; each estimate stays. Needs an Idempotency-Key."""
    return changed(shipment_id, schedules.reschedule_shipment, **body)
