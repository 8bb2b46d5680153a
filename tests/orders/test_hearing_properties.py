"""In whatever order the other services are heard, no quantity runs ahead of the one before it, and all arrive."""

from dataclasses import replace
from itertools import count
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.orders import handlers
from services.orders.domain.order import Order
from shared.events import contract_of
from shared.events.logistics import CartonsPacked
from shared.messaging.reactions import Heard
from tests.orders.conftest import Orders
from tests.orders.test_handlers import Followed, follow

CHAIN = ("ordered", "allocated", "good", "packed", "departed", "delivered")
WHOLE = 1_000
SPLITS = st.sampled_from([(1_000,), (600, 400)])


def the_story(order: Followed, example: int, lots: tuple[int, ...]) -> list[Any]:
    """A plan, the lots, their cartons, and a shipment for each lot."""
    told: list[Any] = [order.plan(WHOLE)]
    for number, quantity in enumerate(lots):
        code, shipment = f"SRG-{example}-{number}", UUID(int=1_000 * example + number)
        part = order.part(code, quantity)
        told += [order.lot(code, quantity), order.cartons(code, quantity)]
        told += [replace(move, shipment_id=shipment) for move in (order.departure(part), order.arrival(part))]
    return told


def quantities(order: Followed) -> list[int]:
    line = order.read()["lines"][0]
    return [line[name] for name in CHAIN]


def wait_long(order: Followed) -> None:
    """What waits for something is tried again by itself, too, whatever it said that it misses."""
    for _ in CHAIN:
        with order.orders.database.transaction() as session:
            session.execute(text("UPDATE inbox SET next_at = now() WHERE state < 2"))
        order.hearing.comes(order.hearing.batch("production"))


def hear_in_any_order(orders: Orders, *phases: Phase) -> None:
    first = follow(orders, po_number="PO-0")
    examples = count(1)

    @settings(max_examples=10, phases=phases or tuple(Phase), suppress_health_check=list(HealthCheck))
    @given(data=st.data(), lots=SPLITS)
    def heard(data: st.DataObject, lots: tuple[int, ...]) -> None:
        example = next(examples)
        order = follow(orders, po_number=f"PO-{example}")
        order.hearing = first.hearing  # it numbers the events of all examples, which share a database
        story = the_story(order, example, lots)
        batches = [order.hearing.batch(contract_of(type(event)).owner, event) for event in story]
        for batch in data.draw(st.permutations(batches)):
            order.hearing.comes(batch, times=data.draw(st.integers(1, 2)))
            seen = quantities(order)
            assert seen == sorted(seen, reverse=True)
        wait_long(order)
        assert quantities(order) == [WHOLE] * len(CHAIN)
        assert order.read()["state"] == "closed"

    heard()


def test_quantities_follow_each_other_whatever_is_heard_first(orders: Orders) -> None:
    hear_in_any_order(orders)


def test_cartons_that_are_forgotten_if_they_come_too_early_are_found_out(
    orders: Orders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(session: Session, event: CartonsPacked, heard: Heard) -> None:
        line = session.get_one(Order, event.order_id).line(event.line)
        if line.packed + event.quantity <= line.good:
            line.packed += event.quantity

    monkeypatch.setitem(cast(dict[Any, Any], handlers.REACTIONS), CartonsPacked, pack)
    with pytest.raises(AssertionError):
        hear_in_any_order(orders, Phase.generate)
