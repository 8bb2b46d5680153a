"""Payments: ``/orders/v1/orders/{id}/payments``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.orders import views
from services.orders.asked_for import the_order, the_payment
from services.orders.handlers import paying
from services.orders.schemas.payments import PaymentRequest, PaymentsSchema, TakeBackRequest
from shared.web.access import BUYER, COMPLIANCE, KANWIL, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once

api = Routes("payments", __name__, url_prefix="/orders/v1", description="What was paid for an order")

PAYMENTS = PaymentsSchema()


@api.post("/orders/<uuid:order_id>/payments")
@api.arguments(PaymentRequest)
@api.response(201, PaymentsSchema)
@requires(BUYER)
def record_payment(body: dict[str, Any], order_id: UUID) -> Response:
    """Tell of money that you, the exporter, received; a reference counts once. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_order(session, order_id)
        order = paying.record_payment(session, order_id=order_id, **body)
        return PAYMENTS.dump(views.payments_as_dict(order)), 201, {}

    return once(command)


@api.post("/orders/<uuid:order_id>/payments/<uuid:payment_id>/take-back")
@api.arguments(TakeBackRequest)
@api.response(200, PaymentsSchema)
@requires(BUYER)
def take_back_payment(body: dict[str, Any], order_id: UUID, payment_id: UUID) -> Response:
    """Take back a payment that you told of wrongly, with the reason; what is right is then told anew. A transport document
    that waits for payment waits again, if it is not released yet. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_payment(the_order(session, order_id), payment_id)
        order = paying.take_back_payment(session, order_id=order_id, payment_id=payment_id, **body)
        return PAYMENTS.dump(views.payments_as_dict(order)), 200, {}

    return once(command)


@api.get("/orders/<uuid:order_id>/payments")
@api.response(200, PaymentsSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_payments(order_id: UUID) -> Any:
    """What is owed for the order, and each payment."""
    with transaction() as session:
        order = the_order(session, order_id)
        return views.payments_as_dict(order)
