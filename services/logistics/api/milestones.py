"""What happened on the way: ``/logistics/v1/shipments/{id}/milestones``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import attempts, rules, views
from services.logistics.api.answering import SHIPMENT, shown
from services.logistics.asked_for import the_shipment
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers import milestones
from services.logistics.schemas.milestones import MilestoneRequest, WaySchema
from services.logistics.schemas.shipments import ShipmentSchema
from shared.sight import as_the_service
from shared.web.access import CARRIER, KANWIL, LOGISTICS, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pages import language

api = Routes(
    "milestones",
    __name__,
    url_prefix="/logistics/v1",
    description="What happened to a shipment on its way",
)

WAY = WaySchema()


@api.get("/shipments/<uuid:shipment_id>/milestones")
@api.response(200, WaySchema)
@requires(LOGISTICS, KANWIL, CARRIER)
def read_milestones(shipment_id: UUID) -> Any:
    """What happened on the way and what may come next; a carrier's key reads it of what is booked with it."""
    with transaction() as session:
        return _way(session, the_shipment(session, shipment_id))


@api.post("/shipments/<uuid:shipment_id>/milestones")
@api.arguments(MilestoneRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS, CARRIER)
def record_milestone(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Something happened on the way, at a UN/LOCODE or one of our facilities; or a report of it was wrong.

    A report that comes late or twice moves nothing back. To correct one give its id as `corrects`, a reason, and
    because of what; with incorrect_data the right place and time. A carrier's key is answered with the way only.
    Needs an Idempotency-Key.
    """

    def command(session: Session) -> Answer:
        the_shipment(session, shipment_id)
        with as_the_service(session):
            return _answer(session, _said(session, shipment_id, body)), 200, {}

    with attempts.kept(shipment_id):
        return once(command)


def _said(session: Session, shipment_id: UUID, body: dict[str, Any]) -> Shipment:
    if "corrects" not in body:
        return milestones.record_milestone(session, shipment_id=shipment_id, **body)
    return milestones.correct_milestone(session, shipment_id=shipment_id, **body)


def _answer(session: Session, shipment: Shipment) -> Any:
    if current().role == CARRIER:
        return WAY.dump(_way(session, shipment))
    return SHIPMENT.dump(shown(session, shipment))


def _way(session: Session, shipment: Shipment) -> dict[str, Any]:
    return views.way_as_dict(session, shipment, rules.milestones(session), language())
