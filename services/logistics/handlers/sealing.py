"""A container that was opened on its way, by customs as a rule, is sealed anew."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import check
from services.logistics.handlers.carton_history import role_of
from services.logistics.handlers.shipments import locked
from services.logistics.storage import shipment_reseal
from shared.clock import business_now


def reseal_shipment(
    session: Session, *, shipment_id: UUID, seal: str, reason: str, ssccs: Sequence[str]
) -> Shipment:
    """Another seal takes the place of the broken one; the cartons that were taken out were read again."""
    shipment = locked(session, shipment_id)
    read_again = sorted({check(sscc) for sscc in ssccs})
    former = shipment.reseal(seal, read_again)
    session.flush()
    session.execute(
        insert(shipment_reseal).values(
            shipment_id=shipment.id,
            former=former,
            seal=shipment.seal,
            at=business_now(session),
            role=role_of(session),
            because=reason,
            ssccs=read_again,
        )
    )
    return shipment
