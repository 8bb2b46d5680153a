"""Webhooks: ``/orders/v1/webhooks…``."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.orders import webhooks
from services.orders.handlers import webhooks as endpoints
from services.orders.schemas.webhooks import (
    DeliveryInFullSchema,
    DeliveryQuery,
    DeliverySchema,
    OutcomeSchema,
    ReplayedSchema,
    ReplayRequest,
    RotationRequest,
    WebhookChanges,
    WebhookListedSchema,
    WebhookRequest,
    WebhookSchema,
)
from services.orders.webhooks import views as told
from services.orders.webhooks.own import found_delivery, kept, mine, seen, tried_out
from shared.database import LARGEST_ID
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next, row_number
from shared.web.schemas import NothingSchema
from shared.web.versions import IF_MATCH, etag, must_match

api = Routes("webhooks", __name__, url_prefix="/orders/v1", description="Where a buyer is told of each step")

WEBHOOK = WebhookSchema()
DELIVERY, OUTCOME, REPLAYED = DeliverySchema(), OutcomeSchema(), ReplayedSchema()
DELIVERY_PATH = f"/webhooks/<uuid:endpoint_id>/deliveries/<int(max={LARGEST_ID}):delivery_id>"
SHOWN_ONCE = frozenset({"secret"})


@api.post("/webhooks")
@api.arguments(WebhookRequest)
@api.response(201, WebhookSchema)
@requires(BUYER)
def register_webhook(body: dict[str, Any]) -> Response:
    """Have the steps of your orders told to an address, signed as Standard Webhooks. Needs an Idempotency-Key."""
    webhooks.check_address(body["url"], demo=serving().settings.demo)

    def command(session: Session) -> Answer:
        endpoint = endpoints.register_webhook(session, buyer=current().account or "", **body)
        location = {"Location": f"/orders/v1/webhooks/{endpoint.id}"}
        return WEBHOOK.dump(endpoint), 201, location | etag(endpoint.version)

    return once(command, shown_once=SHOWN_ONCE)


@api.get("/webhooks")
@api.response(200, WebhookListedSchema(many=True))
@requires(BUYER)
def list_webhooks() -> Any:
    """Your webhook endpoints, at most ten, each with its state."""
    with transaction() as session:
        return list(told.webhooks_of(session, current().account or ""))


@api.get("/webhooks/<uuid:endpoint_id>")
@api.response(200, WebhookListedSchema)
@requires(BUYER)
def read_webhook(endpoint_id: UUID) -> Any:
    """One endpoint and its state; its ETag is what a change sends as If-Match."""
    with transaction() as session:
        endpoint = kept(session, endpoint_id)
    return endpoint, 200, etag(endpoint.version)


@api.patch("/webhooks/<uuid:endpoint_id>")
@api.arguments(WebhookChanges)
@api.response(200, WebhookListedSchema)
@api.doc(parameters=[IF_MATCH])
@requires(BUYER)
def change_webhook(changes: dict[str, Any], endpoint_id: UUID) -> Any:
    """Change its address, description or event types, or switch it off or on; what is not named stays."""
    if "url" in changes:
        webhooks.check_address(changes["url"], demo=serving().settings.demo)
    with transaction() as session:
        endpoint = mine(session, endpoint_id)
        must_match(endpoint.version)
        endpoints.change_webhook(session, endpoint=endpoint, changes=changes)
    return endpoint, 200, etag(endpoint.version)


@api.delete("/webhooks/<uuid:endpoint_id>")
@api.response(204)
@requires(BUYER)
def remove_webhook(endpoint_id: UUID) -> None:
    """Stop telling an address; its log can still be read."""
    with transaction() as session:
        endpoints.remove_webhook(session, endpoint=mine(session, endpoint_id))


@api.post("/webhooks/<uuid:endpoint_id>/rotate")
@api.arguments(RotationRequest)
@api.response(200, WebhookSchema)
@requires(BUYER)
def rotate_secret(body: dict[str, Any], endpoint_id: UUID) -> Response:
    """Sign with a new secret, and for a while with the old one too. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        endpoint = mine(session, endpoint_id)
        overlap = timedelta(hours=body["overlap_hours"])
        endpoints.rotate_secret(session, endpoint=endpoint, overlap=overlap)
        return WEBHOOK.dump(endpoint), 200, {}

    return once(command, shown_once=SHOWN_ONCE)


@api.post("/webhooks/<uuid:endpoint_id>/test")
@api.arguments(NothingSchema)
@api.response(200, OutcomeSchema)
@api.alt_response(429, "TOO_MANY_REQUESTS")
@requires(BUYER)
def try_webhook(body: dict[str, Any], endpoint_id: UUID) -> Response:
    """Send a signed ping now, and answer with what the endpoint said. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        return OUTCOME.dump(tried_out(session, kept(session, endpoint_id))), 200, {}

    return once(command)


@api.post("/webhooks/<uuid:endpoint_id>/replay")
@api.arguments(ReplayRequest)
@api.response(202, ReplayedSchema)
@requires(BUYER)
def replay_steps(body: dict[str, Any], endpoint_id: UUID) -> Response:
    """Have the steps of a time told again, at most a thousand. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        count = endpoints.replay_steps(session, endpoint=mine(session, endpoint_id), **body)
        return REPLAYED.dump({"replayed": count}), 202, {}

    return once(command)


@api.get("/webhooks/<uuid:endpoint_id>/deliveries")
@api.arguments(DeliveryQuery, location="query")
@api.response(200, DeliverySchema(many=True))
@requires(BUYER)
def list_deliveries(page: dict[str, Any], endpoint_id: UUID) -> Any:
    """What is told to an endpoint, newest first; kept for thirty days after it was told or given up."""
    wanted = page | {"after": key_of(page["after"], row_number)}
    with transaction() as session:
        rows = list(told.deliveries_of(session, seen(session, endpoint_id), **wanted))
    return rows[: page["limit"]], 200, link_to_next(rows, page["limit"], "id")


@api.get(DELIVERY_PATH)
@api.response(200, DeliveryInFullSchema)
@requires(BUYER)
def read_delivery(endpoint_id: UUID, delivery_id: int) -> Any:
    """One delivery with its message and each attempt."""
    with transaction() as session:
        return found_delivery(session, seen(session, endpoint_id), delivery_id)


@api.post(f"{DELIVERY_PATH}/replay")
@api.arguments(NothingSchema)
@api.response(202, DeliverySchema)
@requires(BUYER)
def replay_delivery(body: dict[str, Any], endpoint_id: UUID, delivery_id: int) -> Response:
    """Have one step told again, with the same id; one that still waits is tried now. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        endpoint = mine(session, endpoint_id)
        found_delivery(session, endpoint, delivery_id)
        endpoints.replay_delivery(session, endpoint=endpoint, delivery_id=delivery_id)
        return DELIVERY.dump(found_delivery(session, endpoint, delivery_id)), 202, {}

    return once(command)
