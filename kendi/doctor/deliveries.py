"""Whether each event took effect, and in order, in everyone who hears it.

That none took effect twice is not looked for here: the keys of these tables leave one row for each
event, whatever happened. ``kendi faults`` counts effects themselves.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

from kendi.doctor.reading import Event, Reading, Received
from shared.messaging.tables import Inbox

Kind = Literal["on_their_way", "lost", "stuck", "out_of_order"]
FINISHED = set(Inbox) - {Inbox.PENDING, Inbox.RUNNING, Inbox.PARKED}


@dataclass(frozen=True)
class Finding:
    """What is not so with one event or one subject."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')}: {self.text}"


def expected(readings: Mapping[str, Reading]) -> Iterator[tuple[Reading, Reading, list[Event]]]:
    """Each publisher, each who hears it, and the events that must take effect there."""
    for publisher in readings.values():
        for name, kinds in publisher.subscriptions.items():
            if name in readings:
                yield publisher, readings[name], [e for e in publisher.events if e.kind in kinds]


def way_to_go(readings: Mapping[str, Reading]) -> Iterator[tuple[Event, str]]:
    """Events that have not taken effect yet, by subscriber, and will do so by themselves."""
    for publisher, subscriber, events in expected(readings):
        stored = {row.id: row for row in subscriber.inbox[publisher.service]}
        for event in events:
            row = stored.get(event.id)
            if row and row.state not in (*FINISHED, Inbox.PARKED):
                yield event, subscriber.service
            if not row and (subscriber.service, event.id) in publisher.under_way:
                yield event, subscriber.service


def judge(readings: Mapping[str, Reading]) -> list[Finding]:
    """All that has not taken effect, or not in order."""
    found = [Finding("on_their_way", f"{event.name} to {to}") for event, to in way_to_go(readings)]
    for publisher, subscriber, events in expected(readings):
        found += _judge_events(publisher, subscriber, events)
        found += _judge_subjects(publisher, subscriber, events)
        found += _judge_order(publisher.service, subscriber)
    for reading in readings.values():
        found += _judge_timeline(reading)
    return found


def _judge_events(publisher: Reading, subscriber: Reading, events: Iterable[Event]) -> Iterator[Finding]:
    stored = {row.id: row for row in subscriber.inbox[publisher.service]}
    to = subscriber.service
    for event in events:
        row = stored.pop(event.id, None)
        if (to, event.id) in publisher.not_addressed:
            yield Finding("lost", f"{event.name} was never addressed to {to}")
        elif not row and (to, event.id) not in publisher.under_way:
            yield Finding("lost", f"{event.name} was acknowledged by {to}, which does not have it")
        if row:
            yield from _judge_row(event, row, to)
    for row in stored.values():
        name = f"{row.type} (number {row.sequence} of {row.subject})"
        yield Finding("lost", f"{to} has {name} of {publisher.service}, which does not know it")


def _judge_row(event: Event, row: Received, to: str) -> Iterator[Finding]:
    sent = (event.subject, event.sequence, event.type, event.digest)
    if (row.subject, row.sequence, row.type, row.digest) != sent:
        yield Finding("lost", f"{to} has another content for {event.name}")
    if row.state == Inbox.PARKED:
        yield Finding("stuck", f"{event.name} is parked in {to}: {row.last_error}")
    elif row.waits_long and row.state not in FINISHED:
        yield Finding("stuck", f"{event.name} waits in {to} for over an hour: {row.last_error}")


def _judge_subjects(publisher: Reading, subscriber: Reading, events: Iterable[Event]) -> Iterator[Finding]:
    """A position is the count of what took effect, and reaches the publisher's counter when all has."""
    rows = subscriber.inbox[publisher.service]
    finished = Counter(row.subject for row in rows if row.state in FINISHED)
    for subject, numbered in groupby(events, key=lambda event: event.subject):
        count, at = len(list(numbered)), subscriber.positions.get((publisher.service, subject), 0)
        where = f"{subject} of {publisher.service} in {subscriber.service}"
        if at != finished[subject]:
            yield Finding("out_of_order", f"{where}: position {at}, {finished[subject]} took effect")
        elif count != (last := publisher.counters.get(subject)):
            yield Finding("lost", f"{where}: {count} events, the publisher counted to {last}")


def _judge_order(source: str, subscriber: Reading) -> Iterator[Finding]:
    """Along one subject each event took effect no earlier than the one before.

    An event whose row came again after it had taken effect is done without a time.
    """
    for subject, rows in groupby(subscriber.inbox[source], key=lambda row: row.subject):
        for before, after in pairwise(rows):
            where = f"{subscriber.service} applied number {after.sequence} of {subject} of {source}"
            if after.done_at and (
                before.done_at > after.done_at if before.done_at else before.state not in FINISHED
            ):
                yield Finding("out_of_order", f"{where} before number {before.sequence}")


def _judge_timeline(reading: Reading) -> Iterator[Finding]:
    for row in reading.misplaced:
        event = f"{row.type} (number {row.sequence} of {row.subject})"
        where = f"the timeline of order {row.order_id}"
        if row.entries == 0:
            yield Finding("lost", f"{where} lacks {event}")
        else:
            yield Finding("out_of_order", f"{where} has {event} before one with a lower number")
