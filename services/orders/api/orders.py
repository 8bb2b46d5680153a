"""Orders: ``/orders/v1/orders…``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.orders import listing, views
from services.orders.asked_for import the_order
from services.orders.attempts import keeping_refused
from services.orders.domain.hold import Signer
from services.orders.handlers import placing, releasing
from services.orders.listing import COLUMNS, Filters, order_key
from services.orders.schemas.orders import (
    OrderFilters,
    OrderRequest,
    OrderSchema,
    OrdersQuery,
    OrderSummarySchema,
    ReleaseRequest,
    TimelineEntrySchema,
)
from services.orders.sentences import tell_timeline
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires, requires_person
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.pages import language
from shared.web.pagination import key_of, link_to_next
from shared.web.spreadsheets import download
from shared.web.versions import etag

api = Routes(
    "orders", __name__, url_prefix="/orders/v1", description="Orders of buyers, from placing to delivery"
)

ORDER = OrderSchema()


@api.post("/orders")
@api.arguments(OrderRequest)
@api.response(201, OrderSchema)
@requires(BUYER)
def place_order(body: dict[str, Any]) -> Response:
    """Place an order: several lines, each for one consignee. Needs an Idempotency-Key."""

    def command(session: Any) -> Answer:
        principal = current()
        order = placing.place_order(session, buyer=principal.account or "", placed_by=principal.id, **body)
        return (
            ORDER.dump(views.order_with(session, order, views.Since())),
            201,
            {"Location": f"/orders/v1/orders/{order.id}", **etag(order.version)},
        )

    return once(command)


@api.get("/orders")
@api.arguments(OrdersQuery, location="query")
@api.response(200, OrderSummarySchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def list_orders(asked: dict[str, Any]) -> Any:
    """Orders, newest first, by key; those of a state, of some days, with an item, of a PO number."""
    limit, after = asked.pop("limit"), key_of(asked.pop("after"), order_key)
    with transaction() as session:
        rows = listing.list_orders(session, current(), Filters(**asked), limit=limit, after=after)
    return list(rows[:limit]), 200, link_to_next(list(rows), limit, "key")


@api.get("/orders.csv")
@api.arguments(OrderFilters, location="query")
@api.response(200, content_type="text/csv")
@requires(BUYER, COMPLIANCE, KANWIL)
def download_orders(asked: dict[str, Any]) -> Response:
    """The same list, all of it, as CSV for spreadsheets: text that one would run begins with an apostrophe."""
    found = listing.all_orders(serving().database, current(), Filters(**asked))
    return download("orders.csv", COLUMNS, ([row[name] for name in COLUMNS] for row in found))


@api.get("/orders/<uuid:order_id>")
@api.response(200, OrderSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_order(order_id: UUID) -> Any:
    """One order: for each line its state, its quantities, and what holds it."""
    with transaction() as session:
        order = the_order(session, order_id)
        return views.order_in_full(session, order), 200, etag(order.version)


@api.get("/orders/<uuid:order_id>/timeline")
@api.response(200, TimelineEntrySchema(many=True))
@requires(BUYER, COMPLIANCE, KANWIL)
def read_timeline(order_id: UUID) -> Any:
    """Every event of the order, from all services, by when it happened."""
    with transaction() as session:
        the_order(session, order_id)
        return list(tell_timeline(session, views.timeline_of(session, order_id), language()))


@api.post("/orders/<uuid:order_id>/lines/<int:line>/release")
@api.arguments(ReleaseRequest)
@api.response(200, OrderSchema)
@keeping_refused("release")
@requires_person(COMPLIANCE, KANWIL)
def release_line(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Sign the release of a held line, with a reason; two people in different roles must, and no key may.
    Needs an Idempotency-Key."""

    def command(session: Any) -> Answer:
        the_order(session, order_id)
        signer = Signer(current().id, current().name, current().role)
        order = releasing.sign_release(session, order_id=order_id, line=line, by=signer, **body)
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)
