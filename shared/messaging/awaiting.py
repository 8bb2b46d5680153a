"""Why does this order wait? What is on its way about it, what holds it up, and who owes that."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.messaging.tables import (
    Delivery,
    Inbox,
    inbox,
    outbox_delivery,
    outbox_event,
    position,
    subject_counter,
)
from shared.messaging.whereabouts import is_about

Why = Literal["parked", "not yet", "not received", "failing", "in turn", "not confirmed"]
About = Callable[[Table, ColumnElement[str]], ColumnElement[bool]]
"""Which events of a table are meant; the second argument is its source, as a column or a text."""


@dataclass(frozen=True)
class Awaited:
    """The next event of one subject, which somebody owes. ``behind`` more of the subject wait for it."""

    why: Why
    waiting: str
    source: str
    """The service that tells of the subject."""
    owed_by: str
    type: str | None
    subject: str
    sequence: int
    event_id: UUID | None
    since: datetime
    attempts: int
    next_at: datetime | None
    waits_for: str | None
    error: str | None
    behind: int


def of_order(order: UUID) -> About:
    return lambda table, _: is_about(table, order)


def of_subjects(subjects: Collection[str]) -> About:
    """Those of these subjects, each written with its source before it, as ``waits_for`` is."""
    return lambda table, source: (source + " " + table.c.subject).in_(subjects)


def awaited(session: Session, service: str, about: About) -> list[Awaited]:
    """What this service waits for, and what it told that a subscriber has not confirmed."""
    return [*not_applied(session, service, about), *_not_confirmed(session, service, about)]


def reached(session: Session, order: UUID) -> tuple[int | None, int | None]:
    """The number of the order's last event that this service told, and of the last that took effect in it."""
    subject = f"order/{order}"
    told = select(subject_counter.c.last_sequence).where(subject_counter.c.subject == subject)
    heard = select(func.max(position.c.last_sequence)).where(position.c.subject == subject)
    return session.execute(told).scalar_one_or_none(), session.execute(heard).scalar_one_or_none()


def not_applied(session: Session, service: str, about: About) -> Iterable[Awaited]:
    """What this service heard of, or must hear of first: a subject with such events goes on with its first one.

    That one may be about something else, as when a shipment's events are about several orders.
    """
    event = inbox.c
    unfinished = or_(event.state < Inbox.DONE, event.state == Inbox.PARKED)
    subjects = select(event.source, event.subject).where(unfinished, about(inbox, event.source))
    of_its_subject = and_(position.c.source == event.source, position.c.subject == event.subject)
    last = func.coalesce(position.c.last_sequence, 0).label("last_sequence")
    rows = session.execute(
        select(inbox, last)
        .outerjoin(position, of_its_subject)
        .where(unfinished, tuple_(event.source, event.subject).in_(subjects))
        .order_by(event.source, event.subject, event.sequence)
    )
    for _, of_subject in groupby(rows, key=lambda row: (row.source, row.subject)):
        first, *others = of_subject
        missing = first.sequence > first.last_sequence + 1
        yield _missing(service, first, len(others)) if missing else _next(service, first, len(others))


def _missing(service: str, row: Row[Any], behind: int) -> Awaited:
    """The row came, but not the one before it."""
    return Awaited(
        why="not received",
        waiting=service,
        source=row.source,
        owed_by=row.source,
        type=None,
        subject=row.subject,
        sequence=row.last_sequence + 1,
        event_id=None,
        since=row.received_at,
        attempts=0,
        next_at=None,
        waits_for=None,
        error=None,
        behind=behind + 1,
    )


def _next(service: str, row: Row[Any], behind: int) -> Awaited:
    why: Why = "in turn"
    if row.state == Inbox.PARKED:
        why = "parked"
    elif row.waits_for:
        why = "not yet"
    elif row.last_error:
        why = "failing"
    return Awaited(
        why=why,
        waiting=service,
        source=row.source,
        owed_by=_owing(row.waits_for) or service if why == "not yet" else service,
        type=row.type,
        subject=row.subject,
        sequence=row.sequence,
        event_id=row.event_id,
        since=row.received_at,
        attempts=row.attempts,
        next_at=row.next_at,
        waits_for=row.waits_for if why == "not yet" else None,
        error=row.last_error if why in ("parked", "failing") else None,
        behind=behind,
    )


def _owing(waits_for: str) -> str | None:
    """The service that should tell of the subject; none where only a newer version of our own is missing."""
    source, _, _ = waits_for.partition(" ")
    return None if source == "version" else source


def _not_confirmed(session: Session, service: str, about: About) -> Iterable[Awaited]:
    event, delivery = outbox_event.c, outbox_delivery.c
    rows = session.execute(
        select(outbox_event, delivery.subscriber, delivery.attempts, delivery.next_at)
        .join(outbox_delivery, delivery.event_pk == event.id)
        .where(
            or_(delivery.state == Delivery.DUE, delivery.state == Delivery.SENT),
            about(outbox_event, literal(service)),
        )
        .order_by(delivery.subscriber, event.subject, event.sequence)
    )
    for _, unconfirmed in groupby(rows, key=lambda row: (row.subscriber, row.subject)):
        first, *others = unconfirmed
        yield Awaited(
            why="not confirmed",
            waiting=service,
            source=service,
            owed_by=first.subscriber,
            type=first.type,
            subject=first.subject,
            sequence=first.sequence,
            event_id=first.event_id,
            since=first.recorded_at,
            attempts=first.attempts,
            next_at=first.next_at,
            waits_for=None,
            error=None,
            behind=len(others),
        )
