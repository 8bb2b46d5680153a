"""Payments of an order: what is owed for it, what was paid, and telling of more."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders import views
from services.orders.asked_for import the_order, the_payment
from services.orders.handlers import paying
from services.orders.schemas.payments import PaymentRequest, TakeBackRequest
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with

desk = Blueprint("paying", __name__, url_prefix="/orders/order", template_folder="../templates")

REQUEST, TAKE_BACK = PaymentRequest(), TakeBackRequest()
FIELDS = ("amount", "paid_on", "reference")


WRONGLY_TOLD = "/<uuid:order_id>/payments/<uuid:payment_id>/take-back"


@desk.get("/<uuid:order_id>/payments")
@desk.get(WRONGLY_TOLD)
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def account(order_id: UUID, payment_id: UUID | None = None) -> str:
    """What is due, paid and credited, and each payment; one that is to be taken back is open."""
    return _page(order_id, about=payment_id)


@desk.post("/<uuid:order_id>/payments")
@pages.desk(BUYER)
def tell(order_id: UUID) -> Any:
    """Tell of money that came, in the order's currency."""
    typed = {name: request.form.get(name, "").strip() for name in FIELDS}
    try:
        with transaction() as session:
            order = the_order(session, order_id)
            given = {name: value for name, value in typed.items() if value}
            told = REQUEST.load({**given, "currency": order.currency})
            paying.record_payment(session, order_id=order_id, **told)
    except (ValidationError, Refused) as error:
        return _page(order_id, typed, wrong_with(error, FIELDS)), 422
    return pages.back_to("paying.account", order_id=order_id)


@desk.post(WRONGLY_TOLD)
@pages.desk(BUYER)
def take_back(order_id: UUID, payment_id: UUID) -> Any:
    """Take back a payment that was told wrongly, and say why."""
    typed = {"reason": request.form.get("reason", "").strip()}
    try:
        with transaction() as session:
            the_payment(the_order(session, order_id), payment_id)
            told = TAKE_BACK.load(typed)
            paying.take_back_payment(session, order_id=order_id, payment_id=payment_id, **told)
    except (ValidationError, Refused) as error:
        return _page(order_id, typed, wrong_with(error, ("reason",)), about=payment_id), 422
    return pages.back_to("paying.account", order_id=order_id)


def _page(
    order_id: UUID,
    typed: dict[str, str] | None = None,
    wrong: Wrong | None = None,
    about: UUID | None = None,
) -> str:
    """``about`` is the payment that is to be taken back; without one, another is to be told."""
    with transaction() as session:
        order = the_order(session, order_id)
        if about is not None:
            the_payment(order, about)
        return render_template(
            "payments.html",
            order=order,
            account=views.payments_as_dict(order),
            about=about,
            may_tell=current().role == BUYER,
            typed={"paid_on": business_today(session).isoformat()} | (typed or {}),
            wrong=wrong or {},
        )
