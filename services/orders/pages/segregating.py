"""A line that the law blocks: may free workers make it, apart from prisons, and who decides?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.orders import attempts, views
from services.orders.asked_for import the_line
from services.orders.domain import free_lane
from services.orders.domain.hold import SHORTEST_REASON, Signer
from services.orders.handlers import segregating
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with

desk = Blueprint("segregating", __name__, url_prefix="/orders/order", template_folder="../templates")

HERE = "/<uuid:order_id>/lines/<int:line>/free-lane"


@desk.get(HERE)
@pages.desk(BUYER, COMPLIANCE, KANWIL)
def read(order_id: UUID, line: int) -> str:
    """What it would mean, and what was said of it."""
    return _page(order_id, line)


@desk.post(HERE)
@attempts.keeping_without_right("free_lane")
@pages.desk(BUYER, COMPLIANCE)
def say(order_id: UUID, line: int) -> Any:
    """The buyer asks for it, the compliance officer chooses or declines it."""
    by = Signer(current().id, current().name, current().role)
    try:
        about = {"order_id": order_id, "line": line}
        with attempts.keeping("free_lane", about), transaction() as session:
            the_line(session, order_id, line)
            if by.role == BUYER:
                segregating.ask_free_lane(session, order_id=order_id, line=line, by=by)
            else:
                declined = request.form.get("answer") == "decline"
                decide = segregating.decline_free_lane if declined else segregating.choose_free_lane
                decide(session, order_id=order_id, line=line, by=by, reason=request.form.get("reason", ""))
    except Refused as refusal:
        return _page(order_id, line, wrong_with(refusal, ("reason",))), 422
    return pages.back_to("portal.one_order", order_id=order_id)


def _page(order_id: UUID, number: int, wrong: Wrong | None = None) -> str:
    with transaction() as session:
        order, line = the_line(session, order_id, number)
        shown = views.line_as_dict(order, line, pages.language())
        is_open = free_lane.is_open_to(line)
    return render_template(
        "free_lane.html",
        order=order,
        line=shown,
        open=is_open,
        role=current().role,
        shortest=SHORTEST_REASON,
        typed=request.form,
        wrong=wrong or {},
    )
