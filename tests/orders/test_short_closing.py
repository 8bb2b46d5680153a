"""A facility that ends its part early takes back what it had begun, before or after anything else is heard."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared.events.production import (
    Allocation,
    LotReleased,
    ProductionPlanned,
    WorkOrderShortClosed,
    WorkOrderStarted,
)
from tests.orders.conftest import Orders
from tests.orders.test_handlers import PROMISED, SRAGEN, WORK_ORDER, Followed, follow

KLATEN, NEXT = "LPS-KLT", UUID(int=11)


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def short_closed(order: Followed) -> WorkOrderShortClosed:
    about = order.about(1)
    return WorkOrderShortClosed(
        work_order_id=WORK_ORDER, **about, facility=SRAGEN, quantity=600, left=400, reason="bahan habis"
    )


def planned_again(order: Followed) -> ProductionPlanned:
    return ProductionPlanned(
        **order.about(1),
        allocated=1_000,
        unallocated=0,
        promised_date=PROMISED,
        allocations=(
            Allocation(facility=SRAGEN, quantity=400),
            Allocation(facility=KLATEN, quantity=600),
        ),
        because="short_closed",
    )


def begun_elsewhere(order: Followed) -> WorkOrderStarted:
    return WorkOrderStarted(work_order_id=NEXT, **order.about(1), facility=KLATEN, quantity=600)


def lot(order: Followed) -> LotReleased:
    return order.lot(quantity=400)


def test_what_was_begun_is_taken_back_and_begun_elsewhere(order: Followed) -> None:
    order.hears(order.plan(), order.work(), lot(order), short_closed(order))
    assert order.quantities() == {"allocated": 1_000, "started": 400, "good": 400}
    order.hears(planned_again(order), begun_elsewhere(order))
    assert order.quantities() == {"allocated": 1_000, "started": 1_000, "good": 400}


def test_the_end_waits_for_the_beginning_if_it_is_heard_first(order: Followed) -> None:
    order.hears(order.plan(), short_closed(order), planned_again(order), lot(order))
    assert order.quantities() == {"allocated": 1_000, "good": 400}
    order.hears(order.work(), begun_elsewhere(order))
    assert order.quantities() == {"allocated": 1_000, "started": 1_000, "good": 400}


def test_what_was_never_begun_is_given_back_without_waiting_for_a_beginning(order: Followed) -> None:
    never_begun = replace(short_closed(order), quantity=1_000, left=0, begun=False)
    order.hears(order.plan(), never_begun, order.plan(0), order.plan())
    assert order.quantities() == {"allocated": 1_000}
    order.hears(begun_elsewhere(order))
    assert order.quantities() == {"allocated": 1_000, "started": 600}


def test_a_plan_without_another_facility_leaves_only_what_is_good(order: Followed) -> None:
    order.hears(order.plan(), order.work(), lot(order), short_closed(order), order.plan(400))
    assert order.quantities() == {"allocated": 400, "started": 400, "good": 400}
    assert order.read()["lines"][0]["promised_date"] is None
