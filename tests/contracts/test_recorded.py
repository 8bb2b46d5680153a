"""What each released version told is taken in by this one: an upgrade finds events of the version before."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from kendi.doctor.histories import Sides, fold
from kendi.doctor.reading import read_all
from kendi.preparing import load_reference
from kendi.servers import Addresses
from services.orders.domain.cancellation import Cancellation
from services.orders.domain.order import Line, Order
from shared.card import card_of
from shared.clock import WIB
from shared.database import Database
from shared.events import CONTRACTS, contract_of
from shared.events.orders import CancellationRequested, OrderPlaced, PlacedLine
from shared.messaging.inbox import apply_due, receive
from shared.messaging.tables import Inbox, inbox, parked_message, position
from shared.messaging.wire import Batch, Envelope
from tests.contracts.record import RECORDED, reactions_of

SERVICES = ("orders", "production", "logistics")
COPIES = {
    "orders": {
        ("orders", "allocated"): "production's plans",
        ("orders", "started"): "production's events",
        ("orders", "good"): "production's lots",
        ("orders", "packed"): "logistics' events",
        ("orders", "departed"): "logistics' events",
        ("orders", "delivered"): "logistics' events",
    },
    "production": {
        ("production demand", "ordered"): "orders' events",
        ("production demand", "cleared"): "orders' events",
    },
    "logistics": {
        ("logistics order lines", "ordered"): "orders' events",
        ("logistics lots", "good"): "production's lots",
    },
}
"""What a subscriber has from the events alone, and the events that it has it from."""


def recorded(version: Path) -> list[Envelope]:
    return [Envelope.from_json(json.loads(line)) for line in version.read_text().splitlines()]


VERSIONS = pytest.mark.parametrize("version", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)


@VERSIONS
def test_every_recorded_event_can_be_read(version: Path) -> None:
    for event in recorded(version):
        assert CONTRACTS[event.type].load(event.data)
        assert Envelope.from_json(event.as_json()) == event


@VERSIONS
@pytest.mark.parametrize("service", SERVICES)
def test_recorded_events_all_take_effect(
    version: Path, service: str, addresses: Addresses, database_of: Callable[[str], Database]
) -> None:
    database, events = database_of(service), recorded(version)
    prepare(service, database, addresses, events)
    hears = card_of(service).hears
    heard = [event for event in events if event.subject.split("/")[0] in hears.get(event.source, ())]
    reactions = reactions_of(service)
    for publisher, some in groupby(heard, key=lambda event: event.source):
        receive(database, Batch(publisher, service, UUID(int=0), True, tuple(some)), reactions)
        apply_due(database, reactions)
    with database.transaction() as session:
        states = session.execute(select(inbox.c.type, inbox.c.state)).all()
        reached = {(row.source, row.subject): row.last_sequence for row in session.execute(select(position))}
        assert session.execute(select(parked_message)).all() == []
    assert len(states) == len(heard) > 0
    assert {row.type for row in states if row.state not in (Inbox.DONE, Inbox.SKIPPED)} == set()
    assert reached == {(event.source, event.subject): event.sequence for event in heard}
    told, has = quantities_told(events), read_all({service: addresses.app_urls[service]})[service].sides
    for (side, quantity), events_side in COPIES[service].items():
        assert +Counter(has[quantity, side]) == +Counter(told[quantity, events_side]), quantity
        assert sum(has[quantity, side].values()) > 0


@VERSIONS
@pytest.mark.parametrize("service", SERVICES)
def test_no_service_begins_to_react_to_what_a_recorded_version_left_alone(
    version: Path, service: str
) -> None:
    """Its workers beside ours would pass over such an event for good: give what is new to react to a new version."""
    left = json.loads(version.with_suffix(".left.json").read_text())[service]
    assert {contract_of(event).type for event in reactions_of(service)}.isdisjoint(left)


def prepare(service: str, database: Database, addresses: Addresses, events: Sequence[Envelope]) -> None:
    """The reference data, the business time of the first event, and in orders the orders themselves."""
    load_reference({service: addresses.app_urls[service]})
    placed = [event for event in events if event.type == contract_of(OrderPlaced).type]
    asked_back = [
        CONTRACTS[event.type].load(event.data)
        for event in events
        if event.type == contract_of(CancellationRequested).type
    ]
    with database.transaction() as session:
        then = {"then": placed[0].time}
        session.execute(text("UPDATE business_clock SET ahead = CAST(:then AS timestamptz) - now()"), then)
        if service == "orders":
            for event in placed:
                place(session, CONTRACTS[event.type].load(event.data), event.time, asked_back)


def place(
    session: Session, placed: OrderPlaced, at: datetime, asked_back: Sequence[CancellationRequested]
) -> None:
    """The order as it was when it was told, and what was asked back of it, which the others answer."""
    particulars = {
        name: getattr(placed, name)
        for name in ("buyer", "buyer_name", "po_number", "currency", "incoterm", "named_place")
    }
    on, lines = at.astimezone(WIB).date(), [a_line(line) for line in placed.lines]
    for asked in asked_back:
        if asked.order_id == placed.order_id:
            id, quantity = asked.cancellation_id, asked.quantity
            cancelled = Cancellation(id=id, asked=quantity, reason="recorded", unpack=True, asked_on=on)
            lines[asked.line - 1].cancellations.append(cancelled)
    session.add(Order(id=placed.order_id, placed_by="recorded", placed_on=on, lines=lines, **particulars))


def a_line(line: PlacedLine) -> Line:
    return Line(
        number=line.number,
        sku=line.sku,
        unit_price=line.unit_price,
        requested_date=line.requested_date,
        consignee_name=line.consignee.name,
        consignee_address=list(line.consignee.address),
        destination=line.consignee.country,
        action=line.screening,
        policies=list(line.policies),
        needs=[],
        law=[],
        explanation_en="",
        explanation_id="",
        ordered=line.quantity,
    )


def quantities_told(events: Sequence[Envelope]) -> Sides:
    sides: Sides = {}
    for event in events:
        fold(sides, event.type, event.data)
    return sides
