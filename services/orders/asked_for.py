"""The order, or the line, that a request is about; one of somebody else is answered as one that is not."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.orders import views
from services.orders.domain.order import Line, Order
from services.orders.domain.payment import Payment
from shared.web.access import current
from shared.web.problems import not_found


def the_order(session: Session, order_id: UUID) -> Order:
    order = views.find_order(session, current(), order_id)
    if order is None:
        raise not_found("order")
    return order


def the_payment(order: Order, payment_id: UUID) -> Payment:
    found = next((each for each in order.payments if each.id == payment_id), None)
    if found is None:
        raise not_found("payment")
    return found


def the_line(session: Session, order_id: UUID, number: int) -> tuple[Order, Line]:
    """The line with its order."""
    order = views.find_order(session, current(), order_id)
    line = next((line for line in order.lines if line.number == number), None) if order else None
    if order is None or line is None:
        raise not_found("order line")
    return order, line
