"""Where events stand: in the outbox that tells of them, and in the inbox that heard of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    exists,
    func,
    select,
    union,
)
from sqlalchemy.engine import Row, RowMapping
from sqlalchemy.orm import Session

from shared.card import Card
from shared.messaging.tables import (
    Delivery,
    Inbox,
    inbox,
    operator_action,
    order_named,
    orders_in_lines,
    outbox_delivery,
    outbox_event,
)

SENT: Mapping[str, Delivery] = {
    "due": Delivery.DUE,
    "sent": Delivery.SENT,
    "confirmed": Delivery.ACKNOWLEDGED,
}
HEARD: Mapping[str, Inbox] = {
    "waiting": Inbox.PENDING,
    "running": Inbox.RUNNING,
    "done": Inbox.DONE,
    "parked": Inbox.PARKED,
    "skipped": Inbox.SKIPPED,
    "discarded": Inbox.DISCARDED,
}


@dataclass(frozen=True)
class Filters:
    """Which events are meant; in a list, ``before`` is the id of the last event of the page before."""

    order: UUID | None = None
    type: str | None = None
    fingerprint: str | None = None
    older_than: timedelta | None = None
    since: datetime | None = None
    state: str | None = None
    before: UUID | None = None
    limit: int = 50


EVERY = Filters()

LENGTH = re.compile(r"(\d{1,5})(s|min|h|d)", re.ASCII)
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def length_of_time(text: str) -> timedelta:
    """Such as 90s, 10min, 2h or 3d; raises ``ValueError``."""
    found = LENGTH.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no length of time; give for example 90s, 10min, 2h or 3d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Named(NamedTuple):
    """An event by what people call it."""

    event_id: UUID
    type: str
    subject: str
    sequence: int


@dataclass(frozen=True)
class Entry:
    """Where an event stands between its publisher and one subscriber, as ``told_by`` knows it."""

    told_by: str
    publisher: str
    subscriber: str
    event_id: UUID
    type: str
    subject: str
    sequence: int
    state: str
    at: datetime
    attempts: int
    next_at: datetime
    waits_for: str | None
    error: str | None
    fingerprint: str | None


def entries(session: Session, card: Card, filters: Filters) -> list[Entry]:
    """What this service knows of the newest ``filters.limit`` events that fit, all entries of each."""
    found = list(_sent(session, card.name, filters))
    for source in card.hears:
        found += _heard(session, card.name, source, filters)
    return found


def _sent(session: Session, publisher: str, filters: Filters) -> Iterable[Entry]:
    if filters.fingerprint or filters.state in HEARD:
        return
    event, delivery = outbox_event.c, outbox_delivery.c
    wanted = (delivery.event_pk == event.id, *_in_state(delivery.state, SENT, filters))
    newest = (
        select(event.id)
        .where(exists().where(*wanted), *fitting(outbox_event, event.recorded_at, filters))
        .order_by(event.event_id.desc())
        .limit(filters.limit)
    )
    query = select(outbox_event, delivery.subscriber, delivery.state, delivery.attempts, delivery.next_at)
    for row in session.execute(query.where(*wanted, event.id.in_(newest))):
        yield _entry(row, publisher, publisher, row.subscriber, SENT, at=row.recorded_at)


def _heard(session: Session, subscriber: str, source: str, filters: Filters) -> Iterable[Entry]:
    """One source at a time, so that the primary key gives them in order however many there are."""
    if filters.state in SENT:
        return
    newest = (
        select(inbox)
        .where(inbox.c.source == source, *_in_state(inbox.c.state, HEARD, filters))
        .where(*fitting_received(filters))
        .order_by(inbox.c.event_id.desc())
        .limit(filters.limit)
    )
    for row in session.execute(newest):
        yield _entry(
            row,
            subscriber,
            source,
            subscriber,
            HEARD,
            at=row.received_at,
            waits_for=row.waits_for,
            error=row.last_error,
            fingerprint=row.error_fingerprint,
        )


def _in_state(
    column: ColumnElement[int], states: Mapping[str, IntEnum], filters: Filters
) -> list[ColumnElement[bool]]:
    return [column == int(states[filters.state])] if filters.state else []


def fitting_received(filters: Filters) -> Iterable[ColumnElement[bool]]:
    """The conditions on received events."""
    yield from fitting(inbox, inbox.c.received_at, filters)
    if filters.fingerprint:
        yield inbox.c.error_fingerprint == filters.fingerprint


def fitting(table: Table, at: ColumnElement[datetime], filters: Filters) -> Iterable[ColumnElement[bool]]:
    """The conditions on a table of events, of which ``at`` is when they came into it."""
    if filters.order:
        yield is_about(table, filters.order)
    if filters.type:
        yield table.c.type == filters.type
    if filters.older_than:
        yield at < func.clock_timestamp() - filters.older_than
    if filters.since:
        yield at >= filters.since
    if filters.before:
        yield table.c.event_id < filters.before


def is_about(table: Table, order: UUID) -> ColumnElement[bool]:
    """Whether an event is about an order: all that are name it, or have lines that name it."""
    id = str(order)
    ways = (
        table.c.subject == f"order/{id}",
        order_named(table) == id,
        orders_in_lines(table).contains([id]),
    )
    return table.c.event_id.in_(union(*(select(table.c.event_id).where(way) for way in ways)))


def _entry(
    row: Row[Any],
    told_by: str,
    publisher: str,
    subscriber: str,
    states: Mapping[str, IntEnum],
    *,
    at: datetime,
    waits_for: str | None = None,
    error: str | None = None,
    fingerprint: str | None = None,
) -> Entry:
    return Entry(
        told_by=told_by,
        publisher=publisher,
        subscriber=subscriber,
        event_id=row.event_id,
        type=row.type,
        subject=row.subject,
        sequence=row.sequence,
        state=word(states, row.state),
        at=at,
        attempts=row.attempts,
        next_at=row.next_at,
        waits_for=waits_for,
        error=error,
        fingerprint=fingerprint,
    )


def word(states: Mapping[str, IntEnum], state: int) -> str:
    """The word for a state of ``SENT`` or ``HEARD``."""
    return next((word for word, known in states.items() if known == state), str(state))


def recorded(session: Session, event_id: UUID) -> RowMapping | None:
    """The event as its publisher recorded it, if this is the publisher's database."""
    query = select(outbox_event).where(outbox_event.c.event_id == event_id)
    return session.execute(query).mappings().one_or_none()


def received(session: Session, event_id: UUID) -> Sequence[RowMapping]:
    """The event as this service received it."""
    return session.execute(select(inbox).where(inbox.c.event_id == event_id)).mappings().all()


def deliveries(session: Session, event_id: UUID) -> Sequence[RowMapping]:
    """Where the event stands on its way to each subscriber, as its publisher knows it."""
    query = (
        select(outbox_delivery)
        .join(outbox_event, outbox_event.c.id == outbox_delivery.c.event_pk)
        .where(outbox_event.c.event_id == event_id)
        .order_by(outbox_delivery.c.subscriber)
    )
    return session.execute(query).mappings().all()


def actions(session: Session, event_id: UUID) -> Sequence[RowMapping]:
    """What operators did to this event, oldest first."""
    query = (
        select(operator_action).where(operator_action.c.what == str(event_id)).order_by(operator_action.c.id)
    )
    return session.execute(query).mappings().all()


def newest_actions(session: Session, limit: int = 20) -> Sequence[RowMapping]:
    """What operators did last, newest first."""
    query = select(operator_action).order_by(operator_action.c.id.desc()).limit(limit)
    return session.execute(query).mappings().all()
