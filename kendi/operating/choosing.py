"""Which events a command of operators is about, service by service: those that are named, or that fit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from kendi.operating.places import Place
from shared.messaging import parked
from shared.messaging.whereabouts import Filters, Named
from shared.refusal import Refused

MOST_NAMED = 20
"""Of the events that fit, so many are named one by one."""


@dataclass(frozen=True)
class Fitting:
    """How many events of one service fit; the ``first`` of them, with type, subject and sequence."""

    place: Place
    count: int
    first: Sequence[Named]

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "events": [row._asdict() for row in self.first[:MOST_NAMED]]}

    def told(self) -> Iterable[str]:
        yield f"fit in {self.place.name}: {self.count}"
        for row in self.first[:MOST_NAMED]:
            yield f"    {row.event_id}  {row.type}  {row.sequence} of {row.subject}"
        if self.count > MOST_NAMED:
            yield f"    and {self.count - MOST_NAMED} more"


@dataclass(frozen=True)
class Chosen(Fitting):
    """All of the events that were chosen in one service."""

    @property
    def ids(self) -> list[UUID]:
        return [row.event_id for row in self.first]


def as_json(fits: Iterable[Fitting]) -> dict[str, Any]:
    return {each.place.name: each.as_json() for each in fits}


def fitting(found: Sequence[Place], filters: Filters) -> list[Chosen]:
    """The parked events that fit; refused if there are none."""
    chosen = list(_in_each(found, lambda session: parked.events(session, filters)))
    if not chosen:
        raise Refused("Nothing parked fits.")
    return chosen


def waiting(found: Sequence[Place], ids: Sequence[UUID]) -> list[Chosen]:
    """These events, where each waits or is parked."""
    return list(_in_each(found, lambda session: parked.unfinished(session, ids)))


def _in_each(found: Sequence[Place], look: Callable[[Session], Sequence[Named]]) -> Iterator[Chosen]:
    for place in found:
        with place.reading() as session:
            rows = look(session)
        if rows:
            yield Chosen(place, len(rows), rows)


@contextmanager
def all_or_none(chosen: Sequence[Chosen]) -> Iterator[list[tuple[Chosen, Session]]]:
    """A transaction in each service; they commit when all are through."""
    with ExitStack() as stack:
        yield [(each, stack.enter_context(each.place.writing())) for each in chosen]
