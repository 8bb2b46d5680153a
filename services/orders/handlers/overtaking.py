"""A question to the buyer that what happened meanwhile has answered."""

from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain import deciding
from services.orders.domain.order import Line, Order
from shared.clock import business_now


def withdraw_changed(session: Session, order: Order, line: Line) -> None:
    """The buyer changed the line without being asked."""
    timeline.tell(session, *deciding.withdraw(order, line, "changed", at=business_now(session)))


def withdraw_closed(session: Session, order: Order, line: Line) -> None:
    """A line that is done has nothing left to decide about."""
    if line.closed:
        events = deciding.withdraw(order, line, "resolved", at=business_now(session))
        timeline.tell(session, *events)
