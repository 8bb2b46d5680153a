"""Releasing what a policy holds."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain.hold import Signer
from services.orders.domain.order import Order
from services.orders.handlers.locking import locked
from shared.clock import business_today


def sign_release(session: Session, *, order_id: UUID, line: int, by: Signer, reason: str) -> Order:
    """One of the two people who must agree releases a held line."""
    order = locked(session, order_id)
    events = order.sign_release(line, by=by, reason=reason, on=business_today(session))
    timeline.tell(session, *events)
    return order


def renew_lapsed(session: Session, *, order_id: UUID) -> None:
    """Ask again for the order's clearances that ran out before their work was done."""
    order = locked(session, order_id)
    timeline.tell(session, *order.renew_lapsed(on=business_today(session)))
