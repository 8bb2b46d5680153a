"""Any event of a service, for operators: found by what is known of it, shown with where it stands, sent again.

What an event says is not shown: it may name people, whom an operator has no need to know.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import redirect, render_template, request
from sqlalchemy.orm import Session

from shared.messaging import resending, whereabouts
from shared.messaging.operating import Operator
from shared.messaging.resending import STEP, Told
from shared.messaging.whereabouts import HEARD, SENT, Filters
from shared.refusal import Refused, Sentence
from shared.text import is_plain
from shared.web import pages
from shared.web.access import OPERATOR, current
from shared.web.context import serving, transaction
from shared.web.problems import Problem, not_found

T = TypeVar("T")
PAGE = 50


def _plain(text: str) -> str:
    if not is_plain(text):
        raise ValueError
    return text


def _state(text: str) -> str:
    if text not in (*SENT, *HEARD):
        raise ValueError
    return text


FIELDS: Mapping[str, tuple[Any, Sentence]] = {
    "order": (UUID, Sentence("Give the id of an order.")),
    "type": (_plain, Sentence("Give plain text.")),
    "fingerprint": (_plain, Sentence("Give plain text.")),
    "state": (_state, Sentence("Give one of {states}.", states=", ".join([*SENT, *HEARD]))),
    "older_than": (whereabouts.length_of_time, Sentence("Give for example 90s, 10min, 2h or 3d.")),
    "before": (UUID, Sentence("Give the id of an event.")),
}


@pages.desk(OPERATOR)
def found() -> str:
    """The newest events that fit, and where each stands."""
    with transaction() as session:
        entries = whereabouts.entries(session, serving().card, filters_of(request.args, limit=PAGE))
        to = resending.subscribers(session)
    entries.sort(key=lambda entry: (entry.event_id, entry.subscriber), reverse=True)
    ids = sorted({entry.event_id for entry in entries}, reverse=True)[:PAGE]
    return render_template(
        "operations_events.html",
        entries=[entry for entry in entries if entry.event_id in ids],
        asked=asked_for(request.args),
        states=[*SENT, *HEARD],
        subscribers=to,
        older=_address(request.args, before=ids[-1]) if len(ids) == PAGE else None,
    )


@pages.desk(OPERATOR)
def one(event_id: UUID) -> str:
    return _one(event_id)


@pages.desk(OPERATOR)
def send_one_again(event_id: UUID) -> Any:
    try:
        _send_again(Told(request.form.get("to", ""), events=[event_id]))
    except Refused as refusal:
        return _one(event_id, refusal), 422
    return redirect(f"/{serving().card.name}/operations/events/{event_id}", 303)


@pages.desk(OPERATOR)
def send_again() -> Any:
    """What fits, in one step: more than that is the command's work, which goes on where it was interrupted."""
    filters = filters_of(request.form)
    if not (filters.order or filters.type or filters.older_than):
        raise Refused("Say which events: give an order, a type or an age.", field="order")
    _send_again(Told(request.form.get("to", ""), filters))
    return redirect(_address(request.form), 303)


def _send_again(told: Told) -> None:
    with transaction() as session:
        steps = resending.steps(session, told)
        step = next(steps, None)
        if next(steps, None):
            raise Refused("More than {most} fit; use kendi events resend.", field="to", most=STEP)
        if step:
            resending.begin(session, told=told, by=operator())
            resending.send_again(session, told=told, step=step)


def _one(event_id: UUID, refusal: Refused | None = None) -> str:
    with transaction() as session:
        known = list(_known(session, event_id))
        if not known:
            raise not_found("event")
        shown = {
            "deliveries": whereabouts.deliveries(session, event_id),
            "actions": whereabouts.actions(session, event_id),
        }
    word = partial(whereabouts.word, SENT)
    return render_template("operations_event.html", known=known, refusal=refusal, sent=word, **shown)


def _known(session: Session, event_id: UUID) -> Iterable[Mapping[str, Any]]:
    """The event as this service told it, or as it received it from each publisher."""
    told = whereabouts.recorded(session, event_id)
    if told:
        yield {**told, "source": serving().card.name, "state": ""}
    for row in whereabouts.received(session, event_id):
        yield {**row, "state": whereabouts.word(HEARD, row["state"])}


def filters_of(given: Mapping[str, str], limit: int = PAGE) -> Filters:
    """What is asked for; refused with the field that can't be read."""
    return Filters(
        **{name: read(name, text, *FIELDS[name]) for name, text in asked_for(given).items()}, limit=limit
    )


def read(name: str, text: str, kind: Callable[[str], T], right: Sentence) -> T:
    """What was given under a name; refused with what would be right."""
    try:
        return kind(text)
    except ValueError:
        raise Problem(400, "Not readable", Sentence("{field}: {right}", field=name, right=right)) from None


def operator() -> Operator:
    """Who asks, as it stands in the record."""
    return Operator(current().name, current().role)


def asked_for(given: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name in FIELDS if (text := given.get(name, "").strip())}


def _address(given: Mapping[str, str], **more: object) -> str:
    return f"/{serving().card.name}/operations/events/?{urlencode({**asked_for(given), **more})}"
