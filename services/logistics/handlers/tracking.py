"""Who was given the tracking address of a shipment reads it, until the address is revoked or runs out."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.logistics.domain.shipment import Shipment
from services.logistics.handlers.shipments import locked, locked_whatever, new_token
from shared.clock import business_now


def renew_tracking(session: Session, *, shipment_id: UUID) -> Shipment:
    """Another address in the place of the one before; of a delivered shipment it lasts as long anew."""
    shipment = locked(session, shipment_id)
    shipment.tracking_token, shipment.tracking_renewed_at = new_token(), business_now(session)
    session.flush()
    return shipment


def revoke_tracking(session: Session, *, shipment_id: UUID) -> Shipment:
    """Also of a shipment that was cancelled."""
    shipment = locked_whatever(session, shipment_id)
    shipment.tracking_token = None
    session.flush()
    return shipment
