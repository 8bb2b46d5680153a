"""The operations of a service: what waits, what was parked, and what an operator does about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from flask import Blueprint, render_template, request

from shared.card import Card
from shared.database import LARGEST_ID
from shared.messaging import operating, parked, whereabouts
from shared.messaging.operating import LONGEST_REASON, SHORTEST_REASON
from shared.messaging.standing import standing
from shared.messaging.whereabouts import Entry, Filters
from shared.refusal import Refused, Sentence
from shared.web import pages, parked_events, told_events
from shared.web.access import OPERATOR
from shared.web.context import serving, transaction
from shared.web.pagination import row_number
from shared.web.problems import not_found
from shared.web.told_events import operator, read

T = TypeVar("T")
PAGE = 20
EVENT = "/events/<uuid:event_id>"
MESSAGE = "/messages/<int:message_id>"


@dataclass(frozen=True)
class RefusedForm:
    """A form that was refused: where it stands, and what was typed."""

    at: str
    reason: str
    refusal: Refused


def blueprint(card: Card) -> Blueprint:
    operations = Blueprint("operations", __name__, url_prefix=f"/{card.name}/operations")
    operations.get("/")(overview)
    for address, command in (
        (f"{EVENT}/retry", retry),
        (f"{EVENT}/discard", discard),
        (f"{MESSAGE}/dismiss", dismiss),
    ):
        operations.get(address)(overview)
        operations.post(address)(command)
    operations.get("/events/retry")(parked_events.fitting_to_retry)
    operations.post("/events/retry")(parked_events.retry_fitting)
    operations.get("/events/discard")(parked_events.fitting_to_discard)
    operations.post("/events/discard")(parked_events.discard_fitting)
    operations.get("/events/")(told_events.found)
    operations.get("/events/resend")(told_events.found)
    operations.post("/events/resend")(told_events.send_again)
    operations.get(EVENT)(told_events.one)
    operations.get(f"{EVENT}/resend")(told_events.one)
    operations.post(f"{EVENT}/resend")(told_events.send_one_again)
    return operations


@pages.desk(OPERATOR)
def overview(**_: Any) -> str:
    """The page; also at a form's address, where it stands when the form was refused."""
    return _overview()


@pages.desk(OPERATOR)
def retry(event_id: UUID) -> Any:
    return _done(str(event_id), partial(operating.retry, events=[event_id]))


@pages.desk(OPERATOR)
def discard(event_id: UUID) -> Any:
    return _done(str(event_id), partial(operating.discard, events=[event_id], reason=_reason()))


@pages.desk(OPERATOR)
def dismiss(message_id: int) -> Any:
    command = partial(operating.dismiss, message_id=_counted(message_id), reason=_reason())
    return _done(str(message_id), command)


def _counted(message_id: int) -> int:
    if message_id > LARGEST_ID:
        raise not_found("message")
    return message_id


def _reason() -> str:
    return request.form.get("reason", "")


def _done(at: str, command: Callable[..., object]) -> Any:
    """Do it and show the page; a refused form stands where it stood, as it was typed."""
    try:
        with transaction() as session:
            command(session, by=operator())
    except Refused as refusal:
        return _overview(RefusedForm(at, _reason()[:LONGEST_REASON], refusal)), 422
    return pages.back_to("operations.overview")


def _overview(refused: RefusedForm | None = None) -> str:
    card, before, messages_before = serving().card, _before(), _messages_before()
    with transaction() as session:
        events = _newest(
            whereabouts.entries(session, card, Filters(state="parked", before=before, limit=PAGE))
        )
        shown = {
            "now": standing(session),
            "parked": events,
            "alike": parked.alike(session, [event.fingerprint for event in events]),
            "waiting": _newest(whereabouts.entries(session, card, Filters(state="waiting", limit=PAGE))),
            "messages": parked.messages(session, before=messages_before, limit=PAGE),
            "actions": whereabouts.newest_actions(session, PAGE),
        }
    return render_template(
        "operations.html",
        **shown,
        refused=refused,
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
        page=PAGE,
        before=before,
        messages_before=messages_before,
    )


def _newest(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.event_id, reverse=True)[:PAGE]


def _before() -> UUID | None:
    """Where the page of parked events begins; at a form's address with the event that the form is about."""
    here = (request.view_args or {}).get("event_id")
    return _next_id(here) if here else _asked("before", UUID, Sentence("Give the id of an event."))


def _messages_before() -> int | None:
    here = (request.view_args or {}).get("message_id")
    if here is not None:
        return min(_counted(here) + 1, LARGEST_ID)
    return _asked("messages_before", row_number, Sentence("Give the number of a message."))


def _next_id(id: UUID) -> UUID:
    return UUID(int=min(id.int + 1, 2**128 - 1))


def _asked(name: str, kind: Callable[[str], T], right: Sentence) -> T | None:
    text = request.args.get(name)
    return read(name, text, kind, right) if text else None
