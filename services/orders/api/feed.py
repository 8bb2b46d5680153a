"""The feed: ``/orders/v1/feed``, the same messages as the webhooks for who can't receive."""

from typing import Any

from services.orders import feed
from services.orders.schemas.webhooks import FeedQuery, FeedSchema
from services.orders.webhooks.message import message_of, webhook_id
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number

api = Routes(
    "feed", __name__, url_prefix="/orders/v1", description="The steps of a buyer's orders, to be asked for"
)


@api.get("/feed")
@api.arguments(FeedQuery, location="query")
@api.response(200, FeedSchema)
@requires(BUYER)
def read_feed(page: dict[str, Any]) -> Any:
    """The steps of your orders after a cursor; what commits later comes later, and nothing is left out."""
    after, limit = key_of(page["after"], row_number) or 0, page["limit"]
    with transaction() as session:
        feed.number(session)
        rows = feed.read(session, current().account or "", limit=limit, after=after)
    told = rows[:limit]
    return {
        "events": [
            {"webhook_id": webhook_id(row.event_id, row.order_id), "message": message_of(row)} for row in told
        ],
        "next": cursor_of(str(told[-1].position if told else after)),
        "more": len(rows) > limit,
    }
