"""Cancelling: ``/orders/v1/orders/{id}/cancel`` and ``/orders/v1/orders/{id}/cancellations``."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from services.orders import cancellations
from services.orders.asked_for import the_order
from services.orders.domain.taking_back import Asked
from services.orders.handlers import cancelling
from services.orders.schemas.cancellations import (
    CancellationSchema,
    CancelQuery,
    CancelRequest,
    EstimateSchema,
)
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.versions import etag

api = Routes("cancellations", __name__, url_prefix="/orders/v1", description="Taking back what was ordered")

CANCELLATION, ESTIMATE = CancellationSchema(), EstimateSchema()


@api.post("/orders/<uuid:order_id>/cancel")
@api.arguments(CancelQuery, location="query")
@api.arguments(CancelRequest)
@api.response(202, CancellationSchema)
@api.alt_response(200, schema=EstimateSchema, description="the estimate, if it was a dry run")
@requires(BUYER)
def cancel(query: dict[str, Any], body: dict[str, Any], order_id: UUID) -> Response:
    """Ask for pieces back: production and logistics answer what they could stop. Needs an Idempotency-Key.

    With ``dry_run=true`` nothing is asked; the answer is an estimate from what orders knows.
    """
    asked = [Asked(**line) for line in body.get("lines", [])]
    if query["dry_run"]:
        return _estimate(order_id, asked, body["unpack"])

    def command(session: Any) -> Answer:
        the_order(session, order_id)
        order, id = cancelling.request_cancellation(
            session, order_id=order_id, lines=asked, reason=body["reason"], unpack=body["unpack"]
        )
        session.flush()
        headers = {"Location": f"/orders/v1/orders/{order_id}/cancellations", **etag(order.version)}
        return CANCELLATION.dump(cancellations.find(session, order_id, id)), 202, headers

    return once(command)


def _estimate(order_id: UUID, asked: list[Asked], unpack: bool) -> Response:
    with transaction() as session:
        order = the_order(session, order_id)
        found = cancellations.estimate_of(session, order, asked, unpack=unpack)
        return jsonify(ESTIMATE.dump(found))


@api.get("/orders/<uuid:order_id>/cancellations")
@api.response(200, CancellationSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def list_cancellations(order_id: UUID) -> Any:
    """What was asked back of an order, newest first, with the answers."""
    with transaction() as session:
        the_order(session, order_id)
        return cancellations.of_order(session, order_id)
