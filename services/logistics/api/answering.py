"""A shipment as the API answers with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import attempts, contents, rules, views
from services.logistics.asked_for import the_shipment
from services.logistics.domain.shipment import Shipment
from services.logistics.schemas.shipments import ShipmentSchema
from shared.web.idempotency import Answer, once, once_for
from shared.web.pages import language

SHIPMENT = ShipmentSchema()


def changed(shipment_id: UUID, handler: Callable[..., Shipment], **particulars: Any) -> Response:
    with attempts.kept(shipment_id):
        return once(_changing(shipment_id, handler, **particulars))


def changed_by_form(
    asked: bytes, shipment_id: UUID, handler: Callable[..., Shipment], **particulars: Any
) -> Response:
    """The same for a form with a file, which was read from the body: ``asked`` is a digest of what it said."""
    with attempts.kept(shipment_id):
        return once_for(asked, _changing(shipment_id, handler, **particulars))


def _changing(
    shipment_id: UUID, handler: Callable[..., Shipment], **particulars: Any
) -> Callable[[Session], Answer]:
    def command(session: Session) -> Answer:
        the_shipment(session, shipment_id)
        shipment = handler(session, shipment_id=shipment_id, **particulars)
        return SHIPMENT.dump(shown(session, shipment)), 200, {}

    return command


def shown(session: Session, shipment: Shipment) -> dict[str, Any]:
    inside = contents.of_shipment(session, shipment.id)
    return views.shipment_as_dict(session, shipment, rules.milestones(session), inside, language())
