"""Who made a lot, corrected: ``/orders/v1/orders/{id}/lots/{lot}/lane``."""

from typing import Any
from uuid import UUID

from flask import Response

from services.orders import views
from services.orders.asked_for import the_order
from services.orders.attempts import keeping_refused
from services.orders.domain.lane import Operation
from services.orders.handlers import releasing
from services.orders.schemas.orders import LaneRequest, OrderSchema
from shared.web.access import COMPLIANCE, requires
from shared.web.api import Routes
from shared.web.idempotency import Answer, once

api = Routes(
    "lanes",
    __name__,
    url_prefix="/orders/v1",
    description="Who made the goods, corrected by what was done where",
)

ORDER = OrderSchema()


@api.post("/orders/<uuid:order_id>/lots/<lot>/lane")
@api.arguments(LaneRequest)
@api.response(200, OrderSchema)
@keeping_refused("lane")
@requires(COMPLIANCE)
def correct_lane(body: dict[str, Any], order_id: UUID, lot: str) -> Response:
    """Tell where the operations of a lot were done in truth; its lane follows, and the line's releases end.

    A correction only restricts. Needs an Idempotency-Key."""

    def command(session: Any) -> Answer:
        the_order(session, order_id)
        order = releasing.correct_lane(
            session,
            order_id=order_id,
            lot=lot,
            operations=[Operation(**each) for each in body["operations"]],
            reason=body["reason"],
        )
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)
