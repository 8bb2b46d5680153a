"""The holds: what waits for my decision, on what evidence?"""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.orders import rescreenings, views
from services.orders.asked_for import the_order
from services.orders.domain.hold import SHORTEST_REASON, Signer
from services.orders.domain.order import Line, Order
from services.orders.handlers import releasing
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number

desk = Blueprint("holds", __name__, url_prefix="/orders/holds", template_folder="../templates")

OTHERS = 50
"""Holds on one page of the list beside the one that is shown."""


@desk.get("/")
@pages.desk(COMPLIANCE, KANWIL)
def queue() -> str:
    """The oldest hold that my role has not signed."""
    with transaction() as session:
        mine = views.waiting_for_release(session, current().role, limit=1, unsigned=True)
    return _page(*((mine[0]["order_id"], mine[0]["number"]) if mine else (None, 0)))


@desk.get("/<uuid:order_id>/<int:line>")
@pages.desk(COMPLIANCE, KANWIL)
def one(order_id: UUID, line: int) -> str:
    return _page(order_id, line)


@desk.post("/<uuid:order_id>/<int:line>")
@pages.desk(COMPLIANCE, KANWIL)
def release(order_id: UUID, line: int) -> Any:
    """Sign, then go on with the next; a refused form stands on the page of its own hold, as it was typed."""
    person, reason = current(), request.form.get("reason", "")
    signer = Signer(person.id, person.name, person.role)
    try:
        with transaction() as session:
            the_order(session, order_id)
            releasing.sign_release(session, order_id=order_id, line=line, by=signer, reason=reason)
    except Refused as refusal:
        return _page(order_id, line, reason=reason, refusal=refusal), 422
    return pages.back_to("holds.queue")


def _page(order_id: UUID | None, number: int, reason: str = "", refusal: Refused | None = None) -> str:
    """One hold with its evidence, and a page of the list of all that wait."""
    with transaction() as session:
        order, line = _find(session, order_id, number)
        after = key_of(request.args.get("after"), row_number)
        rows = views.waiting_for_release(session, current().role, limit=OTHERS + 1, after=after)
        count = views.count_waiting(session)
        caught, alarms = rescreenings.counts(session), rescreenings.count_alarms(session)
    return render_template(
        "holds.html",
        order=order,
        line=line and views.line_as_dict(line, pages.language()),
        signed=line is not None and _signed(line),
        rows=rows[:OTHERS],
        after=cursor_of(str(rows[OTHERS - 1]["id"])) if len(rows) > OTHERS else None,
        count=count,
        caught=caught,
        alarms=alarms,
        reason=reason,
        refusal=refusal,
        shortest=SHORTEST_REASON,
    )


def _find(session: Any, order_id: UUID | None, number: int) -> tuple[Order | None, Line | None]:
    """The order, and the line if it waits for a release; one that was released meanwhile is none."""
    if order_id is None:
        return None, None
    order = the_order(session, order_id)
    return order, next((line for line in order.lines if line.number == number and line.open_hold), None)


def _signed(line: Line) -> bool:
    """Whether a person of the reader's role has signed already."""
    hold = line.open_hold
    return hold is not None and any(signature.role == current().role for signature in hold.signatures)
