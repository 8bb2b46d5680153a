"""Good pieces beyond the order, as the agreement with the facility allows: they are wanted, delivered and paid for."""

from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import select

from kendi.doctor.reading import QUANTITIES
from shared.events.logistics import ShipmentLine
from shared.events.production import LotReleased
from shared.messaging.tables import outbox_event
from tests.orders.conftest import Orders
from tests.orders.test_handlers import LOT, Followed, follow
from tests.orders.test_payments import pay

BEYOND, EXTRA = 1_020, 20


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def beyond(order: Followed, quantity: int = BEYOND, *, code: str = LOT) -> LotReleased:
    return replace(order.lot(code, quantity), extra=EXTRA)


def part(order: Followed) -> ShipmentLine:
    return order.part(quantity=BEYOND)


def cleared_to_export(order: Followed) -> list[int]:
    with order.orders.database.transaction() as session:
        rows = session.execute(select(outbox_event.c.data).order_by(outbox_event.c.id)).scalars()
        return [data["quantity"] for data in rows if data.get("purpose") == "export" and "quantity" in data]


def test_what_is_beyond_is_counted_cleared_delivered_and_owed(order: Followed) -> None:
    order.hears(order.plan(), order.work(), beyond(order))
    line = order.read()["lines"][0]
    assert (line["ordered"], line["extra"], line["state"]) == (1_000, EXTRA, "ready")
    assert order.quantities() == dict.fromkeys(("allocated", "started", "good"), BEYOND)
    assert cleared_to_export(order) == [BEYOND]
    order.hears(order.cartons(quantity=BEYOND), order.departure(part(order)))
    assert order.read()["lines"][0]["state"] == "shipped"
    order.hears(order.arrival(order.part(quantity=1_000)))
    assert order.read()["lines"][0]["state"] == "part_delivered"
    order.hears(order.arrival(order.part(quantity=EXTRA)))
    assert (order.read()["state"], order.told()[-1]) == ("closed", "order_closed")


@pytest.mark.parametrize("first", list(permutations(("plan", "work", "lot"))), ids=" ".join)
def test_whatever_is_heard_first_the_quantities_are_the_same(order: Followed, first: tuple[str, ...]) -> None:
    said = {"plan": order.plan(), "work": order.work(), "lot": beyond(order)}
    order.hears(*(said[each] for each in first))
    order.hears(order.plan())
    assert order.quantities() == dict.fromkeys(("allocated", "started", "good"), BEYOND)


def test_the_timeline_says_how_many_are_beyond_the_order(order: Followed) -> None:
    order.hears(order.plan(), beyond(order))
    said = [entry["text"] for entry in order.timeline() if entry["type"].endswith("lot_released.v1")]
    assert "20 of them beyond the order" in said[0]


def test_what_comes_after_the_export_was_cleared_is_cleared_anew(order: Followed) -> None:
    order.hears(order.plan(), order.lot())
    assert cleared_to_export(order) == [1_000]
    order.hears(beyond(order, EXTRA, code="LATE"))
    assert order.told()[-2:] == ["clearance_withdrawn", "clearance_granted"]
    assert cleared_to_export(order) == [1_000, BEYOND]


def test_what_is_beyond_a_paid_order_is_owed_and_told_before_it_may_leave(order: Followed) -> None:
    pay(order, amount="550.00")
    order.hears(order.plan(), beyond(order))
    assert order.told()[-3:] == ["payment_status_changed"] * 2 + ["clearance_granted"]
    assert (order.read()["payment"]["status"], order.read()["payment"]["due"]) == ("part_paid", "561.00")


def test_the_doctor_counts_what_was_asked_for_and_what_is_beyond(order: Followed) -> None:
    order.hears(order.plan(), order.work(), beyond(order))
    with order.orders.database.transaction() as session:
        row = session.connection().exec_driver_sql(QUANTITIES["orders"]["orders"]).one()
    assert (row.ordered, row.allocated, row.started, row.good, row.extra) == (
        1_000,
        1_000,
        1_000,
        BEYOND,
        EXTRA,
    )


def test_all_of_it_can_be_cancelled(order: Followed) -> None:
    order.hears(order.plan(), order.work(), beyond(order))
    path = f"/orders/v1/orders/{order.id}/cancel"
    much = {"reason": "Not needed any more.", "lines": [{"line": 1, "quantity": 1_021}]}
    refused = order.orders.buyer.post(path, much)
    assert "1020 pieces left to cancel: of 1020 ordered 0 are cancelled" in refused.json["detail"]
    asked = order.orders.buyer.post(path, {"reason": "Not needed any more."})
    assert asked.status_code in (200, 202), asked.text
    (line,) = asked.json["lines"]
    assert line["asked"] == BEYOND
