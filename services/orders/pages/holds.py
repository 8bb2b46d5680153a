"""The holds: what waits for my decision, on what evidence?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.orders import handlers, views
from services.orders.domain.order import SHORTEST_REASON, Signer
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("holds", __name__, url_prefix="/orders/holds", template_folder="../templates")


@desk.get("/")
@pages.desk(COMPLIANCE, KANWIL)
def queue() -> str:
    return _queue()


@desk.post("/<uuid:order_id>/<int:line>/release")
@pages.desk(COMPLIANCE, KANWIL)
def release(order_id: UUID, line: int) -> Any:
    person, reason = current(), request.form.get("reason", "")
    signer = Signer(person.id, person.name, person.role)
    try:
        with transaction() as session:
            if views.find_order(session, person, order_id) is None:
                raise not_found("order")
            handlers.sign_release(session, order_id=order_id, line=line, by=signer, reason=reason)
    except Refused as refusal:
        return _queue(at=(order_id, line), reason=reason, refusal=str(refusal)), 422
    return pages.back_to("holds.queue")


def _queue(at: tuple[UUID, int] | None = None, reason: str = "", refusal: str = "") -> str:
    """The holds, one at a time; ``at`` is where a refused form stands, with what was typed."""
    with transaction() as session:
        waiting = [
            {"order": order, "line": views.line_as_dict(line, pages.language()), "signed": _signed(line)}
            for order, line in views.waiting_for_release(session)
        ]
    return render_template(
        "holds.html", waiting=waiting, at=at, reason=reason, refusal=refusal, shortest=SHORTEST_REASON
    )


def _signed(line: Any) -> bool:
    """Whether a person of the reader's role has signed already."""
    return any(signature.role == current().role for signature in line.open_hold.signatures)
