"""Simple queries for EPCIS events: shipment by shipment, the newest page at a time, never all at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from services.logistics import papers
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.sscc import container_of_uri, sscc_of_uri
from services.logistics.epcis import Json, events_of
from services.logistics.storage import carton as cartons
from services.logistics.storage import shipment as shipments

MOST_SHIPMENTS = 20
"""Looked through for one page; a page may so have fewer events than were asked for, and another after it."""
LAST = 10**6
"""No shipment has so many events."""


class Position(NamedTuple):
    """After which event a page begins: the shipment, and the event's number in it."""

    shipment: UUID
    number: int

    def __str__(self) -> str:
        return f"{self.shipment}:{self.number}"


def position(key: str) -> Position:
    shipment, _, number = key.partition(":")
    if not (number.isdecimal() and int(number) <= LAST):
        raise ValueError(key)
    return Position(UUID(shipment), int(number))


@dataclass(frozen=True, kw_only=True)
class Query:
    """What of the events is wanted; what is empty is any."""

    steps: Sequence[str] = ()
    since: datetime | None = None
    before: datetime | None = None
    epcs: Sequence[str] = ()

    def matches(self, event: Json) -> bool:
        at = datetime.fromisoformat(event["eventTime"])
        seen = {*event.get("epcList", ()), *event.get("childEPCs", ())}
        return (
            (not self.steps or event["bizStep"] in self.steps)
            and (self.since is None or at >= self.since)
            and (self.before is None or at < self.before)
            and (not self.epcs or not seen.isdisjoint(self.epcs))
        )


def events_page(
    session: Session, query: Query, *, limit: int, after: Position | None
) -> tuple[list[Json], Position | None]:
    """Events that match, and after which of them the next page begins, if there is one."""
    ids = session.execute(_with(query, after).limit(MOST_SHIPMENTS + 1)).scalars().all()
    found: list[Json] = []
    last = after
    for place, event in _events(session, ids[:MOST_SHIPMENTS], query.matches):
        if after is not None and place <= after:
            continue
        if len(found) == limit:
            return found, last
        found.append(event)
        last = place
    more = len(ids) > MOST_SHIPMENTS
    return found, Position(ids[MOST_SHIPMENTS - 1], LAST) if more else None


def _events(
    session: Session, ids: Sequence[UUID], wanted: Callable[[Json], bool]
) -> Iterator[tuple[Position, Json]]:
    for id in ids:
        facts = papers.facts_of(session, session.get_one(Shipment, id))
        for number, event in enumerate(events_of(facts)):
            if wanted(event):
                yield Position(id, number), event


def _with(query: Query, after: Position | None) -> Select[UUID]:
    """Shipments that may have such events; one that was cancelled has no cartons to tell of."""
    chosen = select(shipments.c.id).where(shipments.c.cancelled_at.is_(None)).order_by(shipments.c.id)
    if after is not None:
        chosen = chosen.where(shipments.c.id >= after.shipment)
    if query.epcs:
        ssccs = [sscc for epc in query.epcs if (sscc := sscc_of_uri(epc))]
        containers = [container for epc in query.epcs if (container := container_of_uri(epc))]
        inside = select(cartons.c.shipment_id).where(cartons.c.sscc.in_(ssccs))
        chosen = chosen.where(shipments.c.id.in_(inside) | shipments.c.container.in_(containers))
    return chosen
