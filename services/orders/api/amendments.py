"""Amending an order: ``PATCH /orders/v1/orders/{id}``."""

from typing import Any
from uuid import UUID

from services.orders import views
from services.orders.asked_for import the_order
from services.orders.domain.amendment import Change, Route
from services.orders.handlers import amending
from services.orders.handlers.amending import Stale
from services.orders.schemas.amendments import AmendedOrderSchema, AmendRequest
from shared.events.orders import Party
from shared.web.access import BUYER, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.pages import said
from shared.web.versions import IF_MATCH, etag, stale, versions_to_match

api = Routes("amendments", __name__, url_prefix="/orders/v1", description="Changing what was ordered")


@api.patch("/orders/<uuid:order_id>")
@api.doc(parameters=[IF_MATCH])
@api.arguments(AmendRequest)
@api.response(200, AmendedOrderSchema)
@api.alt_response(202, schema=AmendedOrderSchema, description="done; fewer pieces wait for an answer")
@requires(BUYER)
def amend_order(body: dict[str, Any], order_id: UUID) -> Any:
    """Change quantities, dates, consignees and routes of an order, all or none. Needs the order's ETag in If-Match.

    More pieces are shared out once they are cleared anew; fewer are asked back, as by cancelling them.
    """
    versions = versions_to_match()
    changes = [change_of(line) for line in body.pop("lines")]
    try:
        with transaction() as session:
            the_order(session, order_id)
            amended = amending.amend_order(
                session, order_id=order_id, versions=versions, changes=changes, **body
            )
            session.flush()
            shown = views.order_in_full(session, amended.order) | {
                "consequences": [
                    {"line": each.line, "change": each.change, "text": said(each.sentence)}
                    for each in amended.consequences
                ],
                "cancellation_id": amended.cancellation_id,
            }
            status = 202 if amended.cancellation_id else 200
            return shown, status, etag(amended.order.version)
    except Stale as error:
        raise stale(error.version) from error


def change_of(line: dict[str, Any]) -> Change:
    """What is asked for one line, in the words of the rules."""
    consignee = line.get("consignee")
    party = consignee and Party(
        name=consignee["name"], address=tuple(consignee["address"]), country=consignee["country"]
    )
    return Change(
        line=line["line"],
        quantity=line.get("quantity"),
        requested_date=line.get("requested_date"),
        consignee=party or None,
        route=Route(line["transit"] and tuple(line["transit"])) if "transit" in line else None,
    )
