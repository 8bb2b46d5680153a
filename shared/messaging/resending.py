"""Telling a subscriber again what it was told before, a bounded step at a time.

One statement over a day's events would take longer than a statement may, and hold up receipts meanwhile.
Each step commits by itself: a resend that was interrupted is repeated, and nothing takes effect twice.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from shared.database import among
from shared.messaging.digest import EPOCH, lowest_id
from shared.messaging.operating import Operator, note
from shared.messaging.tables import Delivery, outbox_delivery, outbox_event, subscription
from shared.messaging.whereabouts import EVERY, Filters, Named, fitting
from shared.refusal import Refused

STEP = 10_000
SKEW = timedelta(hours=1)
"""By so much the clock that is in an event's id may be behind the one of ``recorded_at``."""


@dataclass(frozen=True)
class Told:
    """Which of the events that a subscriber was told: these, or all that fit."""

    to: str
    filters: Filters = EVERY
    events: Sequence[UUID] = ()


@dataclass(frozen=True)
class Step:
    """Events whose ids come after one and go up to another; ``count`` of them fit."""

    after: UUID
    last: UUID
    count: int


def steps(session: Session, told: Told) -> Iterator[Step]:
    """What fits, oldest first, in steps that each take one statement well within its time."""
    refuse_stranger(session, told.to)
    _refuse_untold(session, told)
    after = _before_first(told)
    id = outbox_event.c.event_id
    query = select(id).where(*_wanted(told)).order_by(id).limit(STEP)
    while ids := session.execute(query.where(id > after)).scalars().all():
        yield Step(after, ids[-1], len(ids))
        after = ids[-1]


def first(session: Session, told: Told, count: int) -> list[Named]:
    """The oldest that fit, to be named."""
    event = outbox_event.c
    query = (
        select(event.event_id, event.type, event.subject, event.sequence)
        .where(*_wanted(told), event.event_id > _before_first(told))
        .order_by(event.event_id)
        .limit(count)
    )
    return [Named(*row) for row in session.execute(query)]


def begin(session: Session, *, told: Told, by: Operator) -> None:
    """Keep, before the first step, who has what sent again."""
    which: Iterable[object] = told.events or [_said(told.filters)]
    note(session, by, f"resend to {told.to}", which)


def send_again(session: Session, *, told: Told, step: Step) -> int:
    """Have the events of a step sent as if they never were; returns how many."""
    id = outbox_event.c.event_id
    again = {"state": Delivery.DUE, "attempts": 0, "next_at": func.now(), "acknowledged_at": None}
    statement = update(outbox_delivery).where(*_wanted(told), id > step.after, id <= step.last).values(again)
    return len(session.execute(statement.returning(outbox_delivery.c.event_pk)).all())


def told_of(session: Session, to: str, events: Collection[UUID]) -> set[UUID]:
    """Which of these events this service told the subscriber."""
    wanted = _wanted(Told(to, events=list(events)))
    return set(session.execute(select(outbox_event.c.event_id).where(*wanted)).scalars())


def subscribers(session: Session) -> list[str]:
    """Who hears this service."""
    return sorted(session.execute(select(subscription.c.subscriber).distinct()).scalars())


def refuse_stranger(session: Session, subscriber: str) -> None:
    """Refuse whoever does not hear this service."""
    known = subscribers(session)
    if subscriber not in known:
        raise Refused(
            "{subscriber} does not hear this service; {known} do.",
            field="to",
            subscriber=subscriber,
            known=" and ".join(known) or "none",
        )


def _refuse_untold(session: Session, told: Told) -> None:
    known = told_of(session, told.to, told.events) if told.events else set()
    untold = [str(id) for id in told.events if id not in known]
    if untold:
        raise Refused(
            "Nothing was sent; {to} was never told of {events}.",
            field="event",
            to=told.to,
            events=", ".join(untold),
        )


def _wanted(told: Told) -> Iterator[ColumnElement[bool]]:
    yield outbox_delivery.c.subscriber == told.to
    yield outbox_delivery.c.event_pk == outbox_event.c.id
    yield from fitting(outbox_event, outbox_event.c.recorded_at, told.filters)
    if told.events:
        yield among(outbox_event.c.event_id, told.events)


def _before_first(told: Told) -> UUID:
    """An id that comes before all that fit: the time in the ids spares reading all that is older."""
    since = told.filters.since
    return lowest_id(max(since, EPOCH + SKEW) - SKEW) if since else UUID(int=0)


def _said(filters: Filters) -> str:
    values = {
        "since": filters.since and filters.since.isoformat(),
        "order": filters.order,
        "type": filters.type,
        "older_than": filters.older_than,
    }
    return ", ".join(f"{name}={value}" for name, value in values.items() if value)
