"""Inspections by sampling: ``/production/v1/work-orders/{id}/sampling`` and ``…/inspections``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.production import views
from services.production.duties import MAY, READERS
from services.production.handlers import inspecting
from services.production.schemas.inspections import (
    InspectionSchema,
    SampleRequest,
    SamplingQuery,
    SamplingSchema,
)
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("inspections", __name__, url_prefix="/production/v1", description="Inspecting by sample")

INSPECTION = InspectionSchema()


@api.get("/work-orders/<uuid:id>/sampling")
@api.arguments(SamplingQuery, location="query")
@api.response(200, SamplingSchema)
@requires(*READERS)
def read_sampling(query: dict[str, Any], id: UUID) -> Any:
    """How many pieces to draw of what awaits inspection (ISO 2859-1, single, normal, level II)."""
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        return inspecting.sampling_for(order, query["lot"])


@api.get("/work-orders/<uuid:id>/inspections")
@api.response(200, InspectionSchema(many=True))
@requires(*READERS)
def list_inspections(id: UUID) -> Any:
    """The inspections by sample of a work order, in their order."""
    with transaction() as session:
        if views.find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return views.inspections_of(session, id)


@api.post("/work-orders/<uuid:id>/inspections")
@api.arguments(SampleRequest)
@api.response(200, InspectionSchema)
@requires(*MAY["inspect"])
def inspect_sample(body: dict[str, Any], id: UUID) -> Response:
    """Enter the defects of a sample; the verdict over the lot follows."""

    def run(session: Any) -> Answer:
        if views.find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return INSPECTION.dump(inspecting.inspect_sample(session, work_order_id=id, **body)), 200, {}

    return once(run)
