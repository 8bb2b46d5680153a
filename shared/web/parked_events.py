"""All parked events that fit, for operators: tried again or discarded, once it was seen which and how many they are."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Any

from flask import render_template, request
from sqlalchemy.orm import Session

from shared.messaging import operating, parked
from shared.messaging.operating import LONGEST_REASON, SHORTEST_REASON
from shared.messaging.whereabouts import Named
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import OPERATOR
from shared.web.context import transaction
from shared.web.told_events import asked_for, filters_of, operator

MOST, NAMED = 10_000, 20
"""So many are done in one transaction, and so many of them are named."""


@pages.desk(OPERATOR)
def fitting_to_retry() -> str:
    """Which and how many would be tried again."""
    return _shown("retry", request.args)


@pages.desk(OPERATOR)
def fitting_to_discard() -> str:
    """Which and how many would be discarded."""
    return _shown("discard", request.args)


@pages.desk(OPERATOR)
def retry_fitting() -> Any:
    return _done("retry", operating.retry)


@pages.desk(OPERATOR)
def discard_fitting() -> Any:
    return _done("discard", partial(operating.discard, reason=request.form.get("reason", "")))


def _done(action: str, command: Callable[..., object]) -> Any:
    """Do it to those that were seen; a refused form stands where it stood, as it was typed."""
    try:
        with transaction() as session:
            events = _fitting(session, request.form)
            if request.form.get("seen") != _digest(events):
                raise Refused(
                    "Others fit by now, and nothing was done. Look at them, then repeat.", field="seen"
                )
            command(session, events=[event.event_id for event in events], by=operator())
    except Refused as refusal:
        return _shown(action, request.form, refusal), 422
    return pages.back_to("operations.overview")


def _shown(action: str, given: Mapping[str, str], refusal: Refused | None = None) -> str:
    with transaction() as session:
        events = _fitting(session, given)
    return render_template(
        "operations_fitting.html",
        action=action,
        asked=_wanted(given),
        events=events[:NAMED],
        count=len(events),
        seen=_digest(events),
        refusal=refusal,
        reason=given.get("reason", "")[:LONGEST_REASON],
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
    )


def _fitting(session: Session, given: Mapping[str, str]) -> list[Named]:
    """All of them; refused where everything would fit, or too much for one transaction."""
    wanted = _wanted(given)
    if not wanted:
        raise Refused("Say which events: give an order, a type, a fingerprint or an age.", field="order")
    events = parked.events(session, filters_of(wanted), most=MOST + 1)
    if len(events) > MOST:
        raise Refused("More than {most} fit; use kendi events.", field="order", most=MOST)
    return events


def _wanted(given: Mapping[str, str]) -> dict[str, str]:
    """Those of the list's filters by which what is parked is chosen, not the place in the list."""
    return {name: text for name, text in asked_for(given).items() if name not in ("state", "before")}


def _digest(events: Sequence[Named]) -> str:
    return sha256(b"".join(event.event_id.bytes for event in events)).hexdigest()[:16]
