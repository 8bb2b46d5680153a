"""Payments that the exporter tells of, and what follows when what is owed changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain.order import Order
from services.orders.domain.payment import Payment, changed, take, take_back
from services.orders.handlers.locking import locked
from shared.clock import business_today


def record_payment(
    session: Session, *, order_id: UUID, amount: Decimal, currency: str, paid_on: date, reference: str
) -> Order:
    """Note money received; the same reference again, with the same amount and day, changes nothing."""
    order = locked(session, order_id)
    payment = Payment(id=uuid7s.uuid7(), amount=amount, paid_on=paid_on, reference=reference)
    events = take(order.account, order.payments, payment, currency=currency, today=business_today(session))
    if events:
        order.payments.append(payment)
        session.flush()
    timeline.tell(session, *events)
    return order


def take_back_payment(session: Session, *, order_id: UUID, payment_id: UUID, reason: str) -> Order:
    """Take a payment that was told wrongly out of what was paid, by another entry."""
    order = locked(session, order_id)
    wrong = next(each for each in order.payments if each.id == payment_id)
    back = Payment(
        id=uuid7s.uuid7(),
        amount=-wrong.amount,
        paid_on=business_today(session),
        reference=wrong.reference,
        corrects=wrong.id,
        reason=reason,
    )
    events = take_back(order.account, order.payments, wrong, back)
    order.payments.append(back)
    session.flush()
    timeline.tell(session, *events)
    return order


@contextmanager
def owing(session: Session, order: Order) -> Iterator[None]:
    """What happens inside may change what is owed; a status that is another one then is told."""
    before = order.account
    yield
    timeline.tell(session, *changed(before, order.account))
