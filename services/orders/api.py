"""The orders API: ``/orders/v1/…``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.orders import handlers, views
from services.orders.domain.hold import Signer
from services.orders.schemas import (
    DeliverySchema,
    ItemSchema,
    OrderRequest,
    OrderSchema,
    OrderSummarySchema,
    ReleaseRequest,
    TimelineEntrySchema,
    WebhookListedSchema,
    WebhookRequest,
    WebhookSchema,
)
from services.orders.sentences import tell_timeline
from services.orders.webhooks import check_address, new_secret
from services.orders.webhooks import views as told
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.pages import language
from shared.web.pagination import PageSchema, key_of, link_to_next, row_number
from shared.web.problems import not_found

api = Routes(
    "orders", __name__, url_prefix="/orders/v1", description="Orders of buyers, from placing to delivery"
)

ORDER, WEBHOOK = OrderSchema(), WebhookSchema()


@api.post("/orders")
@api.arguments(OrderRequest)
@api.response(201, OrderSchema)
@requires(BUYER)
def place_order(body: dict[str, Any]) -> Response:
    """Place an order: several lines, each for one consignee. Needs an Idempotency-Key."""

    def command(session: Any) -> Answer:
        principal = current()
        order = handlers.place_order(session, buyer=principal.account or "", placed_by=principal.id, **body)
        return (
            ORDER.dump(views.order_in_full(session, order)),
            201,
            {"Location": f"/orders/v1/orders/{order.id}"},
        )

    return once(command)


@api.get("/orders")
@api.arguments(PageSchema, location="query")
@api.response(200, OrderSummarySchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def list_orders(page: dict[str, Any]) -> Any:
    """Orders, newest first, by key."""
    with transaction() as session:
        rows = views.list_orders(session, current(), limit=page["limit"], after=key_of(page["after"], UUID))
    return list(rows[: page["limit"]]), 200, link_to_next(list(rows), page["limit"], "id")


@api.get("/orders/<uuid:order_id>")
@api.response(200, OrderSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_order(order_id: UUID) -> Any:
    """One order: for each line its state, its quantities, and what holds it."""
    with transaction() as session:
        order = views.find_order(session, current(), order_id)
        if order is None:
            raise not_found("order")
        return views.order_in_full(session, order)


@api.get("/orders/<uuid:order_id>/timeline")
@api.response(200, TimelineEntrySchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_timeline(order_id: UUID) -> Any:
    """Every event of the order, from all services, by when it happened."""
    with transaction() as session:
        if views.find_order(session, current(), order_id) is None:
            raise not_found("order")
        return list(tell_timeline(session, views.timeline_of(session, order_id), language()))


@api.post("/orders/<uuid:order_id>/lines/<int:line>/release")
@api.arguments(ReleaseRequest)
@api.response(200, OrderSchema)
@requires(COMPLIANCE, KANWIL)
def release_line(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Sign the release of a held line, with a reason; two people in different roles must. Needs an Idempotency-Key."""

    def command(session: Any) -> Answer:
        if views.find_order(session, current(), order_id) is None:
            raise not_found("order")
        signer = Signer(current().id, current().name, current().role)
        order = handlers.sign_release(session, order_id=order_id, line=line, by=signer, reason=body["reason"])
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)


@api.get("/catalogue")
@api.response(200, ItemSchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_catalogue() -> Any:
    """What can be ordered, and at what price."""
    with transaction() as session:
        return views.catalogue(session)


@api.post("/webhooks")
@api.arguments(WebhookRequest)
@api.response(201, WebhookSchema)
@requires(BUYER)
def register_webhook(body: dict[str, Any]) -> Response:
    """Have every step of your orders told to an address, signed as Standard Webhooks. Needs an Idempotency-Key."""
    check_address(body["url"], demo=serving().settings.demo)

    def command(session: Any) -> Answer:
        secret = new_secret()
        id = handlers.register_webhook(session, buyer=current().account or "", url=body["url"], secret=secret)
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
        if not handlers.remove_webhook(session, buyer=current().account or "", endpoint_id=endpoint_id):
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
