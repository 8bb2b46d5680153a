"""What a release of a line needs, and what of it is there: ``/orders/v1/orders/{id}/lines/{line}/needs``."""

from typing import Any
from uuid import UUID

from services.orders import needs
from services.orders.asked_for import the_line
from services.orders.schemas.needs import NeedSchema
from shared.web.access import COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.pages import said

api = Routes("needs", __name__, url_prefix="/orders/v1", description="What a release needs")


@api.get("/orders/<uuid:order_id>/lines/<int:line>/needs")
@api.response(200, NeedSchema(many=True))
@requires(COMPLIANCE, KANWIL)
def read_needs(order_id: UUID, line: int) -> Any:
    """Each need of the line's hold, met or open; none where the line waits for no release."""
    with transaction() as session:
        order, found = the_line(session, order_id, line)
        hold = found.open_hold
        states = needs.read(session, order, found, hold).states if hold and not found.blocked else []
        return [{**vars(state), "said": said(state.said)} for state in states]
