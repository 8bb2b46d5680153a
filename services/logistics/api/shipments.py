"""Shipments: ``/logistics/v1/shipments``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import attempts, rules, views
from services.logistics.api.answering import changed, shown
from services.logistics.asked_for import the_shipment
from services.logistics.domain.shipment import Booking
from services.logistics.handlers import sealing, shipments
from services.logistics.schemas.shipments import (
    BookRequest,
    DispatchRequest,
    PlannedShipmentSchema,
    PlanRequest,
    ResealRequest,
    ShipmentSchema,
    ShipmentSummarySchema,
)
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import PageSchema, key_of, link_to_next

api = Routes(
    "shipments",
    __name__,
    url_prefix="/logistics/v1",
    description="Shipments, from planning to dispatch",
)


PLANNED = PlannedShipmentSchema()


@api.post("/shipments")
@api.arguments(PlanRequest)
@api.response(201, PlannedShipmentSchema)
@requires(LOGISTICS)
def plan_shipment(body: dict[str, Any]) -> Response:
    """Put together what stands at a hub for a country and is cleared to export. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        planned = shipments.plan_shipment(session, **body)
        answer = shown(session, planned.shipment) | {"left_behind": list(map(_left_behind, planned.left))}
        return PLANNED.dump(answer), 201, {"Location": f"/logistics/v1/shipments/{planned.shipment.id}"}

    with attempts.kept():
        return once(command)


def _left_behind(left: Any) -> dict[str, Any]:
    line = left.standing.line
    return {
        "order_id": line.order.id,
        "line": line.number,
        "cartons": left.standing.cartons,
        "pieces": left.standing.pieces,
        "reason": left.reason,
    }


@api.get("/shipments")
@api.arguments(PageSchema, location="query")
@api.response(200, ShipmentSummarySchema(many=True))
@requires(LOGISTICS, KANWIL)
def list_shipments(page: dict[str, Any]) -> Any:
    """Shipments, newest first, by key."""
    limit = page["limit"]
    with transaction() as session:
        graph = rules.milestones(session)
        rows = views.list_shipments(session, graph, limit=limit, after=key_of(page["after"], UUID))
    return rows[:limit], 200, link_to_next(rows, limit, "id")


@api.get("/shipments/<uuid:shipment_id>")
@api.response(200, ShipmentSchema)
@requires(LOGISTICS, KANWIL)
def read_shipment(shipment_id: UUID) -> Any:
    """One shipment: its goods, its papers with who owes what is missing, and its way."""
    with transaction() as session:
        return shown(session, the_shipment(session, shipment_id))


@api.post("/shipments/<uuid:shipment_id>/book")
@api.arguments(BookRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def book_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Take room on a vessel, or on another one before loading. Needs an Idempotency-Key."""
    return changed(shipment_id, shipments.book_shipment, booking=Booking(**body))


@api.post("/shipments/<uuid:shipment_id>/dispatch")
@api.arguments(DispatchRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def dispatch_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """The sealed container leaves the hub. Needs an Idempotency-Key."""
    return changed(shipment_id, shipments.dispatch_shipment, **body)


@api.post("/shipments/<uuid:shipment_id>/reseal")
@api.arguments(ResealRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def reseal_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Customs opened the container: it has another seal, and its cartons were read again. Needs an Idempotency-Key."""
    return changed(shipment_id, sealing.reseal_shipment, **body)
