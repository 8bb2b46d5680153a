"""What a buyer acknowledges: ``/orders/v1/orders/{id}/lines/{line}/acknowledgement``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.orders import acknowledgements
from services.orders.asked_for import the_line
from services.orders.attempts import keeping_without_right
from services.orders.handlers import acknowledging
from services.orders.schemas.acknowledgements import AcknowledgementRequest, AcknowledgementSchema
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pages import language

api = Routes(
    "acknowledgements",
    __name__,
    url_prefix="/orders/v1",
    description="What buyers know of who made their goods, and answer for",
)

ACKNOWLEDGEMENT = AcknowledgementSchema()
HERE = "/orders/<uuid:order_id>/lines/<int:line>/acknowledgement"


@api.get(HERE)
@api.response(200, AcknowledgementSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_acknowledgement(order_id: UUID, line: int) -> Any:
    """What is known of who made the goods and of the law, the text that is acknowledged, and whether it was."""
    with transaction() as session:
        order, found = the_line(session, order_id, line)
        return acknowledgements.to_read(session, order, found, language())


@api.post(HERE)
@api.arguments(AcknowledgementRequest)
@api.response(200, AcknowledgementSchema)
@keeping_without_right("acknowledgement")
@requires(BUYER)
def acknowledge(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Say that you know who made the goods, and that importing them is yours to answer for. It ends with another
    consignee, route or lane. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_line(session, order_id, line)
        acknowledging.acknowledge(session, order_id=order_id, line=line, by=current(), **body)
        order, found = the_line(session, order_id, line)
        return ACKNOWLEDGEMENT.dump(acknowledgements.to_read(session, order, found, language())), 200, {}

    return once(command)
