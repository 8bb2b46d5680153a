"""The board without a network: what the browser keeps of it, and what a device kept until it could be sent."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, jsonify, render_template, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from services.production import views
from services.production.domain.work_order import WorkOrder
from services.production.duties import MAY, READERS
from services.production.pages.board import ACTIONS, day, kind, whole
from shared.refusal import Refused, Sentence
from shared.web import pages
from shared.web.access import current
from shared.web.idempotency import Answer, key_of, once_for
from shared.web.problems import Problem, not_found
from shared.web.schemas import NO_MOMENT, moment

desk = Blueprint(
    "kept",
    __name__,
    url_prefix="/production",
    template_folder="../templates",
    static_folder="../static",
    static_url_path="/board",
)

MOMENT = moment()
CLOCK_WRONG = Sentence("The device's clock was wrong: the report stands at the time at which it came.")
SAME_HOUR = Sentence("Two devices reported this hour: look whether the same pieces were counted twice.")
IMPLAUSIBLE = Sentence(
    "This is more than one and a half times what the workshop makes in a day: the head is asked to look at it."
)


@desk.get("/service-worker.js")
def service_worker() -> Response:
    """Its place decides what it may serve, so it stands beside the board; a browser asks for it anew each time."""
    answer = desk.send_static_file("service-worker.js")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@desk.get("/offline")
def offline() -> str:
    """What the browser shows in place of a page that it does not keep."""
    return render_template("offline.html")


@desk.get("/kept")
@pages.desk(*READERS)
def session() -> Response:
    """Whose session it is, and its token: a page that was kept has an old one."""
    return jsonify(person=current().id, csrf_token=g.csrf_token)


@desk.post("/kept/<uuid:id>/<any(accept, start, report):action>")
@pages.desk(*READERS)
def send(id: UUID, action: str) -> Response:
    """What was tapped some time ago, once for each Idempotency-Key, whatever the session was then."""
    if current().role not in MAY[action]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY[action])}.")
    g.idempotency_key = key_of(request)
    fields = sorted((name, value) for name, value in request.form.items() if name != "csrf_token")
    try:
        return once_for(
            hashlib.sha256(repr((request.path, fields)).encode()).digest(),
            lambda session: _do(session, id, action),
        )
    except Refused as refusal:
        errors = [{"field": refusal.field, "message": pages.said(refusal)}] if refusal.field else []
        raise Problem(422, "Not possible", pages.said(refusal), errors=errors) from None


def _do(session: Session, id: UUID, action: str) -> Answer:
    if views.find_work_order(session, current(), id) is None:
        raise not_found("work order")
    command, _ = ACTIONS[action]
    order: WorkOrder = command(session, work_order_id=id, **READ[action]())
    doubts = [pages.said(doubt) for doubt in _doubts(order)] if action == "report" else []
    return {"number": order.number, "state": order.state, "doubts": doubts}, 200, {}


def _doubts(order: WorkOrder) -> list[str]:
    """What is doubtful about the report of this request; it counts all the same."""
    entry = next(each for each in order.reports if each.client_id == _client_id())
    told = ((entry.clock_wrong, CLOCK_WRONG), (entry.same_hour, SAME_HOUR), (entry.flagged, IMPLAUSIBLE))
    return [sentence for holds, sentence in told if holds]


def _report() -> dict[str, Any]:
    return {
        "pieces": whole("pieces"),
        "kind": kind(),
        "worked_on": day("worked_on") if request.form.get("worked_on") else None,
        "client_id": _client_id(),
        "device_at": _device_at(),
        "device": _uuid(request.form.get("device", ""), "device"),
    }


def _client_id() -> UUID:
    """The report's own id is the key under which it is sent."""
    return _uuid(g.idempotency_key, "Idempotency-Key")


def _uuid(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Problem(400, "Not readable", Sentence("Give a UUID as {field}.", field=field)) from None


def _device_at() -> datetime:
    try:
        at: datetime = MOMENT.deserialize(request.form.get("device_at"))
    except ValidationError:
        raise Refused(NO_MOMENT, field="device_at") from None
    return at


def _accept() -> dict[str, Any]:
    _, read = ACTIONS["accept"]
    return {**read(), "device_at": _device_at()}


def _start() -> dict[str, Any]:
    return {"device_at": _device_at()}


READ: dict[str, Callable[[], dict[str, Any]]] = {"accept": _accept, "start": _start, "report": _report}
