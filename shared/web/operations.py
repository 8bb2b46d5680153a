"""The operations of a service: what waits, what was parked, and what an operator does about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from shared.card import Card
from shared.messaging import operating, whereabouts
from shared.messaging.operating import SHORTEST_REASON, Operator
from shared.messaging.standing import standing
from shared.messaging.whereabouts import Filters
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import OPERATOR, current
from shared.web.context import serving, transaction
from shared.web.problems import Problem

PAGE = 20


@dataclass(frozen=True)
class RefusedForm:
    """A form that was refused: where it stands, and what was typed."""

    at: str
    reason: str
    refusal: Refused


def blueprint(card: Card) -> Blueprint:
    operations = Blueprint("operations", __name__, url_prefix=f"/{card.name}/operations")
    for address in ("/", "/events/<uuid:event_id>/discard", "/messages/<int:message_id>/dismiss"):
        operations.get(address)(overview)
    operations.post("/events/<uuid:event_id>/retry")(retry)
    operations.post("/events/<uuid:event_id>/discard")(discard)
    operations.post("/alike/<fingerprint>/retry")(retry_alike)
    operations.post("/messages/<int:message_id>/dismiss")(dismiss)
    return operations


@pages.desk(OPERATOR)
def overview(**_: Any) -> str:
    """The page; also at a form's address, where it stands when the form was refused."""
    return _overview()


@pages.desk(OPERATOR)
def retry(event_id: UUID) -> Any:
    with transaction() as session:
        operating.retry(session, by=_operator(), events=[event_id])
    return pages.back_to("operations.overview")


@pages.desk(OPERATOR)
def retry_alike(fingerprint: str) -> Any:
    with transaction() as session:
        operating.retry(session, by=_operator(), fingerprint=fingerprint)
    return pages.back_to("operations.overview")


@pages.desk(OPERATOR)
def discard(event_id: UUID) -> Any:
    return _for_a_reason(str(event_id), partial(operating.discard, event_id=event_id))


@pages.desk(OPERATOR)
def dismiss(message_id: int) -> Any:
    return _for_a_reason(str(message_id), partial(operating.dismiss, message_id=message_id))


def _for_a_reason(at: str, command: Callable[..., object]) -> Any:
    """Do what needs a reason; a refused form stands where it stood, as it was typed."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            command(session, reason=reason, by=_operator())
    except Refused as refusal:
        return _overview(RefusedForm(at, reason, refusal)), 422
    return pages.back_to("operations.overview")


def _operator() -> Operator:
    return Operator(current().name, current().role)


def _overview(refused: RefusedForm | None = None) -> str:
    card, before = serving().card, _before()
    with transaction() as session:
        parked = whereabouts.entries(session, card, Filters(state="parked", before=before, limit=PAGE))
        waiting = whereabouts.entries(session, card, Filters(state="waiting", limit=PAGE))
        shown = {
            "now": standing(session),
            "parked": _newest(parked),
            "waiting": _newest(waiting),
            "messages": whereabouts.messages(session, PAGE),
            "actions": whereabouts.newest_actions(session, PAGE),
        }
    return render_template(
        "operations.html", **shown, refused=refused, shortest=SHORTEST_REASON, page=PAGE, before=before
    )


def _newest(entries: list[whereabouts.Entry]) -> list[whereabouts.Entry]:
    return sorted(entries, key=lambda entry: entry.event_id, reverse=True)[:PAGE]


def _before() -> UUID | None:
    text = request.args.get("before")
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Problem(400, "Not readable", "before: give the id of an event.") from None
