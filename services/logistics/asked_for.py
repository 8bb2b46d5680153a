"""The shipment that a request is about."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.logistics import views
from services.logistics.domain.shipment import Shipment
from shared.web.problems import not_found


def the_shipment(session: Session, shipment_id: UUID) -> Shipment:
    shipment = views.find_shipment(session, shipment_id)
    if shipment is None:
        raise not_found("shipment")
    return shipment


def the_goods_of(session: Session, shipment_id: UUID) -> Shipment:
    """The shipment, if it carries something that papers can tell of."""
    shipment = the_shipment(session, shipment_id)
    if shipment.cancelled:
        raise not_found("paper: the shipment was cancelled")
    return shipment
