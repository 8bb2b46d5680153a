"""Pallets are built at a hub; scanning puts cartons on them."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.logistics.domain.pallet import Pallet, new_pallet
from services.logistics.domain.sscc import DEMONSTRATION_PREFIX
from services.logistics.handlers.cartons import need_hub
from shared.clock import business_now

NEW_SERIAL = text("SELECT nextval(pg_get_serial_sequence('pallet', 'serial'))")


def build_pallet(session: Session, *, hub: str, prefix: str = DEMONSTRATION_PREFIX) -> Pallet:
    """An empty pallet with a number of its own."""
    need_hub(session, hub)
    serial = session.execute(NEW_SERIAL).scalar_one()
    pallet = new_pallet(serial, hub, at=business_now(session), prefix=prefix)
    session.add(pallet)
    session.flush()
    return pallet
