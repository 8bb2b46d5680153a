"""Changing what was ordered: what can still be taken back, and what follows if a line is amended?"""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders import cancellations, views
from services.orders.api.amendments import change_of
from services.orders.asked_for import the_line
from services.orders.domain import routing
from services.orders.domain.order import Line
from services.orders.domain.taking_back import Asked
from services.orders.handlers import amending, cancelling
from services.orders.handlers.amending import Stale
from services.orders.schemas.amendments import AmendedLineRequest
from shared.refusal import Refused, Sentence
from shared.web import pages
from shared.web.access import BUYER
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with

desk = Blueprint("changing", __name__, url_prefix="/orders/order", template_folder="../templates")

LINE = "/<uuid:order_id>/lines/<int:number>"
AMENDMENT = AmendedLineRequest()
OF_A_CANCELLATION = ("quantity", "reason", "unpack")
OF_AN_AMENDMENT = ("quantity", "requested_date", "name", "address", "country", "transit")
WHOLE = re.compile(r"\d{1,8}", re.ASCII)

CHANGED = Sentence(
    "The order was changed since you opened this page; nothing was done. This is how it is now."
)


@desk.get(f"{LINE}/cancel")
@pages.desk(BUYER)
def ask_to_cancel(order_id: UUID, number: int) -> str:
    """How many pieces could probably still be stopped, as the question before they are asked back."""
    return _cancel_page(order_id, number, request.args)


@desk.post(f"{LINE}/cancel")
@pages.desk(BUYER)
def cancel(order_id: UUID, number: int) -> Any:
    typed = request.form
    try:
        asked = [Asked(line=number, quantity=_quantity(typed))]
        with transaction() as session:
            the_line(session, order_id, number)
            cancelling.request_cancellation(
                session,
                order_id=order_id,
                lines=asked,
                reason=typed.get("reason", ""),
                unpack="unpack" in typed,
            )
    except Refused as refusal:
        return _cancel_page(order_id, number, typed, wrong_with(refusal, OF_A_CANCELLATION)), 422
    return pages.back_to("portal.one_order", order_id=order_id)


def _cancel_page(order_id: UUID, number: int, typed: Any, wrong: Wrong | None = None) -> str:
    """The question with its estimate; a quantity that can't be asked for is told instead of an estimate."""
    wrong = wrong or {}
    with transaction() as session:
        order, line = the_line(session, order_id, number)
        left, found = line.left_to_cancel, None
        try:
            asked = [Asked(line=number, quantity=_quantity(typed))]
            found = cancellations.estimate_of(session, order, asked, unpack="unpack" in typed)
        except Refused as refusal:
            wrong = {**wrong_with(refusal, OF_A_CANCELLATION), **wrong}
        shown = views.line_as_dict(order, line, pages.language())
    return render_template(
        "cancel.html",
        order=order,
        line=shown,
        left=left,
        estimate=found["lines"][0] if found else None,
        as_of=found["as_of"] if found else None,
        typed=typed,
        wrong=wrong,
    )


def _quantity(typed: Any) -> int | None:
    """The number of pieces; none stands for all that is left."""
    said = typed.get("quantity", "").strip()
    if said and not WHOLE.fullmatch(said):
        raise Refused("Give the number of pieces in digits.", field="quantity")
    return int(said) if said else None


@desk.get(f"{LINE}/amend")
@pages.desk(BUYER)
def ask_to_amend(order_id: UUID, number: int) -> str:
    """The line as it is, to be changed."""
    return _amend_page(order_id, number)


@desk.post(f"{LINE}/amend")
@pages.desk(BUYER)
def amend(order_id: UUID, number: int) -> Any:
    """Change the line, unless somebody did since the form was opened."""
    version = request.form.get("version", "")
    try:
        with transaction() as session:
            _, line = the_line(session, order_id, number)
            change = change_of(AMENDMENT.load(_typed(line)))
            amending.amend_order(
                session,
                order_id=order_id,
                versions=[int(version)] if WHOLE.fullmatch(version) else [],
                changes=[change],
                unpack="unpack" in request.form,
            )
    except (ValidationError, Refused) as error:
        wrong = wrong_with(error, OF_AN_AMENDMENT)
    except Stale:
        return _amend_page(order_id, number, wrong={"": pages.said(CHANGED)}), 412
    else:
        return pages.back_to("portal.one_order", order_id=order_id)
    return _amend_page(order_id, number, request.form, wrong), 422


def _typed(line: Line) -> dict[str, Any]:
    """The form as the API would be sent it; a route that was left as it is, is not told."""
    form = request.form
    address = [part.strip() for part in form.get("address", "").splitlines() if part.strip()]
    quantity = form.get("quantity", "").strip()
    route = routing.typed(form.get("transit", ""))
    return {
        "line": line.number,
        "quantity": int(quantity) if WHOLE.fullmatch(quantity) else quantity,
        "requested_date": form.get("requested_date", ""),
        "consignee": {"name": form.get("name", ""), "address": address, "country": form.get("country", "")},
        **({} if route == line.transit else {"transit": route}),
    }


def _amend_page(order_id: UUID, number: int, typed: Any = None, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        order, line = the_line(session, order_id, number)
        now = {
            "quantity": line.wanted - line.pending,
            "requested_date": line.requested_date,
            "name": line.consignee_name,
            "address": "\n".join(line.consignee_address),
            "country": line.destination,
            "transit": routing.as_typed(line.transit),
        }
        shown = views.line_as_dict(order, line, pages.language())
    return render_template(
        "amend.html", order=order, line=shown, typed=typed or now, version=order.version, wrong=wrong or {}
    )
