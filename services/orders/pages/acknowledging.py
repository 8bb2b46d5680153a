"""Acknowledging: who made these goods, what does the law say, and whose risk is it to import them?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import ValidationError

from services.orders import acknowledgements, attempts
from services.orders.asked_for import the_line
from services.orders.handlers import acknowledging
from services.orders.schemas.acknowledgements import AcknowledgementRequest
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, current
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with

desk = Blueprint("acknowledging", __name__, url_prefix="/orders/order", template_folder="../templates")

HERE = "/<uuid:order_id>/lines/<int:line>/acknowledge"
REQUEST = AcknowledgementRequest()
TICKS = ("knows_who_made_it", "answers_for_import")


@desk.get(HERE)
@pages.desk(BUYER)
def ask(order_id: UUID, line: int) -> str:
    """What is known, in plain words, with the text to acknowledge."""
    return _page(order_id, line)


@desk.post(HERE)
@attempts.keeping_without_right("acknowledgement")
@pages.desk(BUYER)
def acknowledge(order_id: UUID, line: int) -> Any:
    """The version and the language are those of the text that the page showed."""
    form = request.form
    version = form.get("text_version", "")
    typed = {
        "text_version": int(version)
        if version.isascii() and version.isdigit() and len(version) < 7
        else None,
        "language": form.get("language", ""),
        **{name: name in form for name in TICKS},
    }
    try:
        with transaction() as session:
            the_line(session, order_id, line)
            acknowledging.acknowledge(
                session, order_id=order_id, line=line, by=current(), **REQUEST.load(typed)
            )
    except (ValidationError, Refused) as error:
        return _page(order_id, line, wrong_with(error, TICKS)), 422
    return pages.back_to("portal.one_order", order_id=order_id)


def _page(order_id: UUID, number: int, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        order, line = the_line(session, order_id, number)
        known = acknowledgements.to_read(session, order, line, pages.language())
    return render_template(
        "acknowledge.html",
        order=order,
        line=line,
        known=known,
        text_language=pages.language(),
        typed=request.form,
        wrong=wrong or {},
    )
