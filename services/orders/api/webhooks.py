"""Webhooks: ``/orders/v1/webhooks…``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.orders.handlers import webhooks as endpoints
from services.orders.schemas.webhooks import (
    DeliverySchema,
    WebhookListedSchema,
    WebhookRequest,
    WebhookSchema,
)
from services.orders.webhooks import check_address, new_secret
from services.orders.webhooks import views as told
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import PageSchema, key_of, link_to_next, row_number
from shared.web.problems import not_found

api = Routes("webhooks", __name__, url_prefix="/orders/v1", description="Where a buyer is told of each step")

WEBHOOK = WebhookSchema()


@api.post("/webhooks")
@api.arguments(WebhookRequest)
@api.response(201, WebhookSchema)
@requires(BUYER)
def register_webhook(body: dict[str, Any]) -> Response:
    """Have every step of your orders told to an address, signed as Standard Webhooks. Needs an Idempotency-Key."""
    check_address(body["url"], demo=serving().settings.demo)

    def command(session: Any) -> Answer:
        secret = new_secret()
        id = endpoints.register_webhook(
            session, buyer=current().account or "", url=body["url"], secret=secret
        )
        return WEBHOOK.dump({"id": id, "url": body["url"], "secret": secret}), 201, {}

    return once(command)


@api.get("/webhooks")
@api.response(200, WebhookListedSchema(many=True))
@requires(BUYER)
def list_webhooks() -> Any:
    """Your webhook endpoints."""
    with transaction() as session:
        return list(told.webhooks_of(session, current().account or ""))


@api.delete("/webhooks/<uuid:endpoint_id>")
@api.response(204)
@requires(BUYER)
def remove_webhook(endpoint_id: UUID) -> None:
    """Stop telling an address."""
    with transaction() as session:
        if not endpoints.remove_webhook(session, buyer=current().account or "", endpoint_id=endpoint_id):
            raise not_found("webhook endpoint")


@api.get("/webhooks/<uuid:endpoint_id>/deliveries")
@api.arguments(PageSchema, location="query")
@api.response(200, DeliverySchema(many=True))
@requires(BUYER)
def list_deliveries(page: dict[str, Any], endpoint_id: UUID) -> Any:
    """What was told to an endpoint, newest first, with attempts and answers."""
    with transaction() as session:
        if not told.had_webhook(session, current().account or "", endpoint_id):
            raise not_found("webhook endpoint")
        rows = told.deliveries_of(
            session,
            current().account or "",
            endpoint_id,
            limit=page["limit"],
            after=key_of(page["after"], row_number),
        )
    return list(rows[: page["limit"]]), 200, link_to_next(list(rows), page["limit"], "id")
