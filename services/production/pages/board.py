"""Papan kerja: what do we do now?"""

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from flask import Blueprint, g, render_template, request

from services.production import materials, passed_over, views, warnings
from services.production.domain.allocation import reasons_of
from services.production.domain.report import Kind
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import working
from services.production.local_time import now_at
from shared.refusal import Refused, Sentence
from shared.web import pages
from shared.web.access import IN_A_FACILITY, KANWIL, current
from shared.web.context import transaction
from shared.web.problems import Problem, not_found

desk = Blueprint("board", __name__, url_prefix="/production", template_folder="../templates")

MOST = {**dict.fromkeys(IN_A_FACILITY, 20), KANWIL: 60}
"""Work orders on one board, so that it stays under 150 kB; the most urgent come first."""
MOST_TAKEN_BACK, TAKEN_BACK_SHOWN = 10, timedelta(days=7)
"""Work that was withdrawn stands below the board for a week, so that nobody looks for it in vain."""
DECLINE_WORDS = {
    "workshop_full": Sentence("The workshop is full"),
    "no_material": Sentence("Material is missing"),
    "too_few_workers": Sentence("Too few workers"),
    "no_tools_or_room": Sentence("Tools or room are not ready"),
    "too_early": Sentence("The day is too early"),
}
MOST_QUARANTINED = 10
MOST_WARNINGS = 5
"""On the board: what nobody took up yet; all stand on a page of their own."""
WHOLE = re.compile(r"\d{1,8}|\d{1,3}([., ]\d{3}){1,2}", re.ASCII)
"""A whole number as people write it: 1.200, 1,200 and 1200 are the same, and 1,5 is none."""


FORM = "/work-orders/<uuid:id>/<any(accept, decline, start, pause, report, inspect, short_close, acknowledge):action>"


@desk.get("/")
@desk.get(FORM)
@pages.desk(*READERS)
def home(**_: Any) -> str:
    """The board; also at a form's address, where it stands when the form was refused."""
    return _board()


@desk.post(FORM)
@pages.desk(*READERS)
def act(id: UUID, action: str) -> Any:
    if current().role not in MAY[action]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY[action])}.")
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
        most = MOST[current().role]
        here = now_at(session, current().account)
        today = here.date()
        orders = views.board(session, current(), most, today=today)
        locks = views.locks(session, current())
        flagged = views.implausible(session, current(), most)
        counts = views.count_open(session, current())
        others = passed_over.of_lines(
            session, current(), [(order["order_id"], order["line"]) for order in orders]
        )
        quarantined = materials.quarantined(session, current(), limit=MOST_QUARANTINED)
        warned = warnings.not_acknowledged(session, current(), MOST_WARNINGS)
        back = views.taken_back(session, current(), since=today - TAKEN_BACK_SHOWN, limit=MOST_TAKEN_BACK)
    return render_template(
        "board.html",
        orders=orders,
        counts=counts,
        back=back,
        flagged=flagged,
        locks=locks,
        may=duties_of(current().role),
        report_id=report_id,
        decline_words=DECLINE_WORDS,
        others=others,
        reasons_of=reasons_of,
        quarantined=quarantined,
        warnings=warned,
        further=sum(counts.values()) - len(orders),
        today=today,
        here=here,
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


def _decline() -> dict[str, Any]:
    """The reason of the list, told in words too, and what was written about it."""
    code = request.form.get("why", "")
    words = [pages.said(DECLINE_WORDS[code])] if code in DECLINE_WORDS else []
    words += [written] if (written := request.form.get("reason", "").strip()) else []
    return {"reason": ": ".join(words), "code": code if code in DECLINE_WORDS else "other"}


def _accept() -> dict[str, Any]:
    """By the due day unless another one was named."""
    by = day("by") if request.form.get("by") else None
    return {"by": by, "reason": request.form.get("reason", "").strip() or None}


def _report() -> dict[str, Any]:
    """A browser that tells no id of its device is known by its session."""
    report = {"pieces": whole("pieces"), "kind": kind(), "worked_on": day("worked_on")}
    device = _id("device") or uuid5(NAMESPACE_OID, g.csrf_token)
    return {**report, "client_id": _id("client_id"), "device": device}


def kind() -> Kind:
    return "reworked" if request.form.get("kind") == "reworked" else "made"


def entry() -> dict[str, Any]:
    number = request.form.get("report", "")
    return {"report": int(number) if number.isascii() and number.isdecimal() else 0}


def report_id(order: Mapping[str, Any], kind: str) -> UUID:
    """The id of the report that a form would make: two taps are one report, and two people's are two."""
    return uuid5(order["id"], f"{g.csrf_token} {kind} {order['reported']}")


def _id(name: str) -> UUID | None:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        return None


def _inspection() -> dict[str, Any]:
    return {name: whole(name) for name in ("passed", "rework", "scrap")}


def whole(name: str) -> int:
    text = request.form.get(name, "").strip()
    if not WHOLE.fullmatch(text):
        raise Refused("Give a whole number of pieces.", field=name)
    return int(re.sub("[., ]", "", text))


def day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        raise Refused("Give a day.", field=name) from None


ACTIONS: dict[str, tuple[Callable[..., Any], Callable[[], dict[str, Any]]]] = {
    "accept": (working.accept, _accept),
    "decline": (working.decline, _decline),
    "start": (working.start, _nothing),
    "pause": (working.pause, _reason),
    "report": (working.report, _report),
    "inspect": (working.inspect, _inspection),
    "short_close": (working.short_close, _reason),
    "acknowledge": (working.acknowledge, entry),
}
