"""An order is locked while it changes."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.orders.domain.order import Order


def locked(session: Session, order_id: UUID) -> Order:
    """The order as it stands now; nobody else changes it until the commit."""
    return session.get_one(Order, order_id, with_for_update=True, populate_existing=True)
