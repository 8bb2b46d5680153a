"""Simple queries for EPCIS events: shipment by shipment, then what was opened lot by lot; never all at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.orm import Session

from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import container_of_uri, sscc_of_uri
from services.logistics.epcis import Json, ShipmentFacts, events_of
from services.logistics.epcis_facts import OPENED, facts_of, facts_of_opened
from services.logistics.storage import carton as cartons
from services.logistics.storage import carton_history
from services.logistics.storage import shipment as shipments
from shared.web.pagination import code

MOST_SOURCES = 20
"""Shipments and lots looked through for one page; it may so have fewer events than were asked for, and another after it."""
LAST = 10**6
"""No shipment has so many events."""
NO_SHIPMENT = UUID(int=0)
UUID_LENGTH, LONGEST_LOT = 36, 20


class Source(NamedTuple):
    """What events are told of: a shipment, and after all shipments what was opened of a lot."""

    lot: str
    shipment: UUID

    def __str__(self) -> str:
        return self.lot or str(self.shipment)


class Position(NamedTuple):
    """After which event a page begins: where it is told, and its number there."""

    source: Source
    number: int

    def __str__(self) -> str:
        return f"{self.source}:{self.number}"


def position(key: str) -> Position:
    name, _, number = key.rpartition(":")
    if not (number.isdecimal() and int(number) <= LAST):
        raise ValueError(key)
    if len(name) == UUID_LENGTH:
        return Position(Source("", UUID(name)), int(number))
    if not 0 < len(name) <= LONGEST_LOT:
        raise ValueError(key)
    return Position(Source(code(name), NO_SHIPMENT), int(number))


@dataclass(frozen=True, kw_only=True)
class Query:
    """What of the events is wanted; what is empty is any.

    ``epcs`` are what an event is about, ``any_epcs`` also what that stands on or in.
    """

    steps: Sequence[str] = ()
    since: datetime | None = None
    before: datetime | None = None
    epcs: Sequence[str] = ()
    any_epcs: Sequence[str] = ()

    @property
    def each_epcs(self) -> list[Sequence[str]]:
        return [epcs for epcs in (self.epcs, self.any_epcs) if epcs]

    def matches(self, event: Json) -> bool:
        at = datetime.fromisoformat(event["eventTime"])
        seen = {*event.get("epcList", ()), *event.get("childEPCs", ())}
        return (
            (not self.steps or event["bizStep"] in self.steps)
            and (self.since is None or at >= self.since)
            and (self.before is None or at < self.before)
            and (not self.epcs or not seen.isdisjoint(self.epcs))
            and (not self.any_epcs or not {*seen, event.get("parentID")}.isdisjoint(self.any_epcs))
        )


def events_page(
    session: Session, query: Query, *, limit: int, after: Position | None
) -> tuple[list[Json], Position | None]:
    """Events that match, and after which of them the next page begins, if there is one."""
    sources = _sources(session, query, after.source if after else None)
    found: list[Json] = []
    last = after
    for place, event in _events(session, sources[:MOST_SOURCES], query.matches):
        if after is not None and place <= after:
            continue
        if len(found) == limit:
            return found, last
        found.append(event)
        last = place
    more = len(sources) > MOST_SOURCES
    return found, Position(sources[MOST_SOURCES - 1], LAST) if more else None


def _events(
    session: Session, sources: Sequence[Source], wanted: Callable[[Json], bool]
) -> Iterator[tuple[Position, Json]]:
    for source in sources:
        for number, event in enumerate(events_of(_facts(session, source))):
            if wanted(event):
                yield Position(source, number), event


def _facts(session: Session, source: Source) -> ShipmentFacts:
    if source.lot:
        return facts_of_opened(session, source.lot)
    return facts_of(session, session.get_one(Shipment, source.shipment))


def _sources(session: Session, query: Query, after: Source | None) -> list[Source]:
    """Those that may have such events from one on; one more than are looked through tells that there are more."""
    found: list[Source] = []
    if after is None or not after.lot:
        ids = session.execute(_shipments(query, after).limit(MOST_SOURCES + 1)).scalars()
        found += [Source("", id) for id in ids]
    if len(found) <= MOST_SOURCES:
        lots = session.execute(_lots(query, after).limit(MOST_SOURCES + 1 - len(found))).scalars()
        found += [Source(lot, NO_SHIPMENT) for lot in lots]
    return found


def _shipments(query: Query, after: Source | None) -> Select[UUID]:
    """Of one that was cancelled nothing is told: its cartons go with another, or were opened."""
    chosen = select(shipments.c.id).where(shipments.c.cancelled_at.is_(None)).order_by(shipments.c.id)
    if after is not None:
        chosen = chosen.where(shipments.c.id >= after.shipment)
    for epcs in query.each_epcs:
        containers = [container for epc in epcs if (container := container_of_uri(epc))]
        inside = select(cartons.c.shipment_id).where(_named(cartons, epcs))
        once = select(carton_history.c.shipment_id).where(_named(carton_history, epcs))
        chosen = chosen.where(
            shipments.c.id.in_(inside) | shipments.c.id.in_(once) | shipments.c.container.in_(containers)
        )
    return chosen


def _lots(query: Query, after: Source | None) -> Select[str]:
    """Lots of which cartons were opened."""
    chosen = select(cartons.c.lot).distinct().where(OPENED).order_by(cartons.c.lot)
    if after is not None:
        chosen = chosen.where(cartons.c.lot >= after.lot)
    return chosen.where(*(_named(cartons, epcs) for epcs in query.each_epcs))


def _named(told_of: Table, epcs: Sequence[str]) -> ColumnElement[bool]:
    """Rows of cartons that these name, or that ever stood on a pallet that they name."""
    ssccs = [sscc for epc in epcs if (sscc := sscc_of_uri(epc))]
    stood_on = select(carton_history.c.sscc).where(carton_history.c.pallet.in_(ssccs))
    return told_of.c.sscc.in_(ssccs) | told_of.c.sscc.in_(stood_on)
