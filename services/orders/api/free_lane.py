"""A blocked line made by free workers instead: ``/orders/v1/orders/{id}/lines/{line}/free-lane``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.orders import views
from services.orders.asked_for import the_line
from services.orders.attempts import keeping_refused
from services.orders.domain.hold import Signer
from services.orders.handlers import segregating
from services.orders.schemas.orders import FreeLaneRequest, OrderSchema
from shared.web.access import BUYER, COMPLIANCE, current, requires, requires_person
from shared.web.api import Routes
from shared.web.idempotency import Answer, once
from shared.web.schemas import NothingSchema

api = Routes(
    "free_lane",
    __name__,
    url_prefix="/orders/v1",
    description="Blocked lines that free workers make, apart from prisons",
)

ORDER = OrderSchema()
HERE = "/orders/<uuid:order_id>/lines/<int:line>/free-lane"


@api.post(f"{HERE}/request")
@api.arguments(NothingSchema)
@api.response(200, OrderSchema)
@keeping_refused("free_lane")
@requires(BUYER)
def ask_free_lane(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Ask that free workers make a line that the law blocks; the compliance officer decides about it. Needs an
    Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_line(session, order_id, line)
        order = segregating.ask_free_lane(session, order_id=order_id, line=line, by=_caller())
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)


@api.post(HERE)
@api.arguments(FreeLaneRequest)
@api.response(200, OrderSchema)
@keeping_refused("free_lane")
@requires_person(COMPLIANCE)
def choose_free_lane(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Decide, with a reason, that free workers make a line that the law blocks. It releases nothing: the line is screened
    as their work. No key may. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_line(session, order_id, line)
        order = segregating.choose_free_lane(session, order_id=order_id, line=line, by=_caller(), **body)
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)


@api.post(f"{HERE}/decline")
@api.arguments(FreeLaneRequest)
@api.response(200, OrderSchema)
@keeping_refused("free_lane")
@requires_person(COMPLIANCE)
def decline_free_lane(body: dict[str, Any], order_id: UUID, line: int) -> Response:
    """Decide, with a reason that the buyer reads, that free workers do not make a line though the buyer asked. No key may.
    Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_line(session, order_id, line)
        order = segregating.decline_free_lane(session, order_id=order_id, line=line, by=_caller(), **body)
        return ORDER.dump(views.order_in_full(session, order)), 200, {}

    return once(command)


def _caller() -> Signer:
    return Signer(current().id, current().name, current().role)
