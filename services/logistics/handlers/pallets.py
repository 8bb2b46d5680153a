"""Pallets are built at a hub; scanning puts cartons on them."""

from sqlalchemy.orm import Session

from services.logistics.domain.pallet import Pallet, new_pallet
from services.logistics.domain.sscc import DEMONSTRATION_PREFIX
from services.logistics.handlers.cartons import need_hub
from services.logistics.handlers.numbering import serial_of_pallet
from shared.clock import business_now


def build_pallet(session: Session, *, hub: str, prefix: str = DEMONSTRATION_PREFIX) -> Pallet:
    """An empty pallet with a number of its own."""
    need_hub(session, hub)
    pallet = new_pallet(serial_of_pallet(session), hub, at=business_now(session), prefix=prefix)
    session.add(pallet)
    session.flush()
    return pallet
