"""Papan kerja: what do we do now?"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import materials, passed_over, views
from services.production.handlers import working
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import FACILITY, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("board", __name__, url_prefix="/production", template_folder="../templates")

MOST = {FACILITY: 20, KANWIL: 60}
"""Work orders on one board, so that it stays under 150 kB; the most urgent come first."""
MOST_TAKEN_BACK, TAKEN_BACK_SHOWN = 10, timedelta(days=7)
"""Work that was withdrawn stands below the board for a week, so that nobody looks for it in vain."""
MOST_QUARANTINED = 10
WHOLE = re.compile(r"\d{1,8}|\d{1,3}([., ]\d{3}){1,2}", re.ASCII)
"""A whole number as people write it: 1.200, 1,200 and 1200 are the same, and 1,5 is none."""


FORM = "/work-orders/<uuid:id>/<any(accept, decline, start, pause, report, inspect):action>"


@desk.get("/")
@desk.get(FORM)
@pages.desk(FACILITY, KANWIL)
def home(**_: Any) -> str:
    """The board; also at a form's address, where it stands when the form was refused."""
    return _board()


@desk.post(FORM)
@pages.desk(FACILITY)
def act(id: UUID, action: str) -> Any:
    try:
        with transaction() as session:
            if views.find_work_order(session, current(), id) is None:
                raise not_found("work order")
            command, read = ACTIONS[action]
            command(session, work_order_id=id, **read())
    except Refused as refusal:
        return _board(at=id, action=action, refusal=refusal), 422
    return pages.back_to("board.home", _anchor=f"wo-{id}")


def _board(at: UUID | None = None, action: str = "", refusal: Refused | None = None) -> str:
    """The board; ``at`` is the work order whose form was refused, which keeps what was typed."""
    with transaction() as session:
        orders = views.board(session, current(), MOST[current().role])
        counts = views.count_open(session, current())
        today = business_today(session)
        others = passed_over.of_lines(
            session, current(), [(order["order_id"], order["line"]) for order in orders]
        )
        quarantined = materials.quarantined(session, current(), MOST_QUARANTINED)
        back = views.taken_back(session, current(), since=today - TAKEN_BACK_SHOWN, limit=MOST_TAKEN_BACK)
    return render_template(
        "board.html",
        orders=orders,
        counts=counts,
        back=back,
        others=others,
        quarantined=quarantined,
        further=sum(counts.values()) - len(orders),
        today=today,
        at=at,
        action=action,
        refusal=refusal,
        typed=request.form,
    )


def _nothing() -> dict[str, Any]:
    return {}


def _reason() -> dict[str, Any]:
    """The reason that was chosen, if any, and what was written about it."""
    said = [request.form.get(name, "").strip() for name in ("why", "reason")]
    return {"reason": ": ".join(part for part in said if part)}


def _report() -> dict[str, Any]:
    kind = "reworked" if request.form.get("kind") == "reworked" else "made"
    return {"pieces": _whole("pieces"), "kind": kind, "worked_on": _day("worked_on")}


def _inspection() -> dict[str, Any]:
    return {name: _whole(name) for name in ("passed", "rework", "scrap")}


def _whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not WHOLE.fullmatch(text):
        raise Refused("Give a whole number of pieces.", field=name)
    return int(re.sub("[., ]", "", text))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("Give a day.", field=name) from None


ACTIONS: dict[str, tuple[Callable[..., Any], Callable[[], dict[str, Any]]]] = {
    "accept": (working.accept, _nothing),
    "decline": (working.decline, _reason),
    "start": (working.start, _nothing),
    "pause": (working.pause, _reason),
    "report": (working.report, _report),
    "inspect": (working.inspect, _inspection),
}
