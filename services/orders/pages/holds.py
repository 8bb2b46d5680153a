"""The holds: what waits for my decision, on what evidence?"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from services.orders import attempts, needs, rescreenings, views
from services.orders.asked_for import the_order
from services.orders.domain.facts import digest
from services.orders.domain.hold import LONGEST_RELEASE, SHORTEST_REASON, USUAL_RELEASE, Signer
from services.orders.domain.need import State
from services.orders.domain.order import Line, Order
from services.orders.handlers import releasing
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number

desk = Blueprint("holds", __name__, url_prefix="/orders/holds", template_folder="../templates")

OTHERS = 50
"""Holds on one page of the list beside the one that is shown."""
REFUSED = 10
"""Refused attempts on the page, the newest first."""


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
@attempts.keeping_without_right("release")
@pages.desk(COMPLIANCE, KANWIL)
def release(order_id: UUID, line: int) -> Any:
    """Sign, then go on with the next; a refused form stands on the page of its own hold, as it was typed."""
    signer = Signer(current().id, current().name, current().role)
    try:
        until = _day(request.form.get("expires_on", ""))
        about = {"order_id": order_id, "line": line}
        with attempts.keeping("release", about), transaction() as session:
            the_order(session, order_id)
            releasing.sign_release(
                session,
                order_id=order_id,
                line=line,
                by=signer,
                reason=request.form.get("reason", ""),
                expires_on=until,
                seen=request.form.get("seen"),
                lots=request.form.getlist("lots") if "choose" in request.form else None,
            )
    except Refused as refusal:
        return _page(order_id, line, typed=request.form, refusal=refusal), 422
    return pages.back_to("holds.queue")


@desk.get("/attempts")
@pages.desk(COMPLIANCE, KANWIL)
def refused_attempts() -> str:
    """Every attempt that was refused, newest first, of any role."""
    before = key_of(request.args.get("before"), row_number)
    with transaction() as session:
        found = attempts.newest(session, limit=OTHERS + 1, before=before)
    older = cursor_of(str(found[OTHERS - 1]["id"])) if len(found) > OTHERS else None
    return render_template("attempts.html", refused=found[:OTHERS], older=older)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed.strip() else None
    except ValueError:
        raise Refused("Give a day, for example 2026-03-31.", field="expires_on") from None


def _page(
    order_id: UUID | None, number: int, typed: Mapping[str, str] | None = None, refusal: Refused | None = None
) -> str:
    """One hold with its evidence, and a page of the list of all that wait."""
    with transaction() as session:
        order, line = _find(session, order_id, number)
        after = key_of(request.args.get("after"), row_number)
        rows = views.waiting_for_release(session, current().role, limit=OTHERS + 1, after=after)
        today = business_today(session)
        ages = views.ages_of_waiting(session, today)
        refused = attempts.newest(session, limit=REFUSED)
        shown, states = _shown(session, order, line) if order and line else (None, [])
        blocked = views.blocked_lines(session, current(), limit=OTHERS)
        caught, alarms = rescreenings.counts(session), rescreenings.count_alarms(session)
    return render_template(
        "holds.html",
        order=order,
        line=shown,
        states=states,
        signed=line is not None and _signed(line),
        rows=rows[:OTHERS],
        after=cursor_of(str(rows[OTHERS - 1]["id"])) if len(rows) > OTHERS else None,
        ages=ages,
        today=today,
        refused=refused,
        asked=[each for each in blocked if each["asked"]],
        caught=caught,
        alarms=alarms,
        typed=typed or {},
        refusal=refusal,
        shortest=SHORTEST_REASON,
        usual=today + USUAL_RELEASE,
        latest=today + LONGEST_RELEASE,
    )


def _find(session: Any, order_id: UUID | None, number: int) -> tuple[Order | None, Line | None]:
    """The order, and the line if it waits for a release; one that was released meanwhile is none."""
    if order_id is None:
        return None, None
    order = the_order(session, order_id)
    return order, next((line for line in order.lines if line.number == number and line.open_hold), None)


def _shown(session: Session, order: Order, line: Line) -> tuple[dict[str, Any], list[State]]:
    """The line with the digest of what is shown of it, and what its hold needs."""
    shown, hold = views.line_as_dict(order, line, pages.language()), line.open_hold
    if hold is None:
        return shown, []
    read = needs.read(session, order, line, hold)
    shown["hold"]["seen"], shown["hold"]["in_short"] = digest(read.facts), read.evidence
    return shown, read.states


def _signed(line: Line) -> bool:
    """Whether a person of the reader's role has signed already."""
    hold = line.open_hold
    return hold is not None and any(signature.role == current().role for signature in hold.signatures)
