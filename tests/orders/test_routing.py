"""By which way and on which day a line comes, as its shipments tell: booked, joined, emptied, given up, delivered."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from services.orders.storage import caught_line, destination_policy, order_line
from shared.events.logistics import (
    CartonsPutIn,
    CartonsTakenOut,
    MilestoneCorrected,
    MilestoneRecorded,
    ShipmentBooked,
    ShipmentCancelled,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentLine,
    ShipmentPlanned,
    ShipmentRescheduled,
)
from shared.web.access import COMPLIANCE
from tests.clock import in_days
from tests.orders.conftest import Orders
from tests.orders.test_handlers import PROMISED, SRAGEN, WHEN, Followed, follow
from tests.orders.test_pages import Visitor
from tests.statements import asked_by


def about(shipment: int, *parts: ShipmentLine) -> dict[str, Any]:
    return {"shipment_id": UUID(int=shipment), "lines": parts}


def planned(shipment: int, *parts: ShipmentLine) -> ShipmentPlanned:
    place: dict[str, Any] = {"hub": SRAGEN, "destination": "BE", "cartons": 1}
    return ShipmentPlanned(**about(shipment, *parts), **place, number=f"S-{shipment}")


def booked(shipment: int, *parts: ShipmentLine, eta: int, via: tuple[str, ...] = ()) -> ShipmentBooked:
    return ShipmentBooked(
        **about(shipment, *parts),
        carrier="Carrier",
        vessel="Vessel",
        voyage="1",
        port_of_loading="IDSRG",
        port_of_discharge="BEANR",
        etd=in_days(100),
        eta=in_days(eta),
        via=via,
    )


def rescheduled(shipment: int, *parts: ShipmentLine, eta: int) -> ShipmentRescheduled:
    vessel: dict[str, Any] = {"vessel": "Another", "voyage": "2", "reason": "rolled"}
    return ShipmentRescheduled(**about(shipment, *parts), **vessel, etd=in_days(110), eta=in_days(eta))


def put_in(shipment: int, *parts: ShipmentLine) -> CartonsPutIn:
    return CartonsPutIn(**about(shipment, *parts), number=f"S-{shipment}", cartons=1)


def taken_out(shipment: int, *parts: ShipmentLine) -> CartonsTakenOut:
    return CartonsTakenOut(**about(shipment, *parts), number=f"S-{shipment}", cartons=1)


def given_up(shipment: int, *parts: ShipmentLine) -> ShipmentCancelled:
    return ShipmentCancelled(**about(shipment, *parts), number=f"S-{shipment}", cartons=1)


def packed(orders: Orders, lot: str, *, po_number: str = "PO-1", **hearing: Any) -> Followed:
    """An order to Belgium of 1,000 pieces in cartons, ready on ``PROMISED``."""
    order = follow(orders, country="BE", po_number=po_number)
    order.hearing = hearing.get("hearing", order.hearing)
    order.hears(order.plan(), order.lot(lot), order.cartons(lot))
    return order


def expected(order: Followed) -> tuple[date | None, Any]:
    """The day on which its line comes, and the countries on its way."""
    with order.orders.database.transaction() as session:
        (found,) = session.execute(select(order_line).where(order_line.c.order_id == order.id)).all()
    return found.expected_on, found.transit


def test_goods_that_join_a_booked_shipment_come_by_its_way_on_its_day_and_are_moved_with_it(
    orders: Orders,
) -> None:
    first = packed(orders, "A")
    joining = packed(orders, "B", po_number="PO-2", hearing=first.hearing)
    a, b = first.part("A"), joining.part("B")
    first.hears(planned(1, a), booked(1, a, eta=310, via=("SGSIN",)))
    assert (expected(first), expected(joining)) == ((in_days(310), ["SG"]), (PROMISED, None))
    first.hears(put_in(1, b))
    assert expected(joining) == (in_days(310), ["SG"])
    first.hears(rescheduled(1, a, b, eta=319))
    assert (expected(first)[0], expected(joining)[0]) == (in_days(319), in_days(319))
    first.hears(booked(1, a, b, eta=315, via=("MYPKG",)))
    assert expected(first) == expected(joining) == (in_days(315), ["MY"])


def test_goods_that_join_a_booked_shipment_after_it_was_rescheduled_come_on_the_newer_day(
    orders: Orders,
) -> None:
    order = packed(orders, "A")
    half = order.part("A", 500)
    order.hears(planned(1, half), booked(1, half, eta=310), rescheduled(1, half, eta=290))
    order.hears(planned(2, half), booked(2, half, eta=300, via=("SGSIN",)))
    assert expected(order) == (in_days(300), ["SG"])
    order.hears(taken_out(2, half), put_in(1, half))
    assert expected(order) == (in_days(290), [])


@pytest.mark.parametrize("leave", [taken_out, given_up])
def test_a_line_whose_shipment_is_emptied_or_given_up_is_expected_with_the_others_alone(
    orders: Orders, leave: Any
) -> None:
    order = packed(orders, "A")
    half = order.part("A", 500)
    order.hears(planned(1, half), booked(1, half, eta=310), planned(2, half), booked(2, half, eta=305))
    assert expected(order)[0] == in_days(310)
    order.hears(leave(1, half))
    assert expected(order)[0] == in_days(305)
    order.hears(leave(2, half))
    assert expected(order)[0] == PROMISED


def test_what_was_taken_out_in_part_is_expected_as_before(orders: Orders) -> None:
    order = packed(orders, "A")
    order.hears(planned(1, order.part("A")), booked(1, order.part("A"), eta=310))
    order.hears(taken_out(1, order.part("A", 400)))
    assert expected(order)[0] == in_days(310)


def test_the_rest_of_a_line_is_expected_with_its_own_shipment_once_the_last_one_was_delivered(
    orders: Orders,
) -> None:
    order = packed(orders, "A")
    half = order.part("A", 500)
    order.hears(planned(1, half), booked(1, half, eta=310), planned(2, half), booked(2, half, eta=300))
    there: dict[str, Any] = {"place": "BEANR", "occurred_at": WHEN}
    order.hears(ShipmentDeparted(**about(1, half), **there))
    assert expected(order)[0] == in_days(310)
    order.hears(ShipmentDelivered(**about(1, half), **there))
    assert expected(order)[0] == in_days(300)


def test_a_shipment_that_all_of_a_line_was_taken_out_of_is_no_part_of_its_route(orders: Orders) -> None:
    order = packed(orders, "A")
    half = order.part("A", 500)
    order.hears(planned(1, half), planned(2, half))
    order.hears(booked(1, half, eta=300), booked(2, half, eta=300, via=("SGSIN",)))
    assert expected(order)[1] == ["SG"]
    order.hears(taken_out(2, half))
    assert expected(order)[1] == []


def test_no_rule_is_read_where_a_shipment_changes_neither_the_way_nor_the_day(orders: Orders) -> None:
    order = packed(orders, "A")
    order.hears(planned(1, order.part("A")), booked(1, order.part("A"), eta=310))
    again = rescheduled(1, order.part("A"), eta=310)
    asked = asked_by(orders.database, lambda: order.hears(again))
    assert [statement for statement in asked if "FROM destination_policy" in statement] == []
    later = replace(again, eta=in_days(311))
    asked = asked_by(orders.database, lambda: order.hears(later))
    assert [statement for statement in asked if "FROM destination_policy" in statement] != []


def at_sea(orders: Orders) -> Followed:
    """Half of an order to Belgium has departed, and the other half waits for a vessel; a port in the US is barred."""
    barred = {"action": "block", "countries": ["US"], "transit": True, "law": ["19 USC 1307"]}
    with orders.database.transaction() as session:
        session.execute(insert(destination_policy).values(id="DP-US-2", version=1, row=barred))
    order = packed(orders, "A")
    half = order.part("A", 500)
    order.hears(planned(1, half), booked(1, half, eta=310))
    order.hears(ShipmentDeparted(**about(1, half), place="IDSRG", occurred_at=WHEN))
    return order


def met(order: Followed, milestone: str, place: str, hours: int = 1) -> MilestoneRecorded:
    at = WHEN + timedelta(hours=hours)
    where: dict[str, Any] = {"place": place, "occurred_at": at}
    return MilestoneRecorded(**about(1, order.part("A", 500)), milestone=milestone, **where)


def caught(orders: Orders) -> list[tuple[str, str, int]]:
    with orders.database.transaction() as session:
        rows = session.execute(select(caught_line).order_by(caught_line.c.id)).all()
    return [(row.because, row.after, row.at_sea) for row in rows]


ALARM = "The law speaks against goods at sea: 1 line<"


@pytest.mark.parametrize("milestone", ["TRANSSHIPPED", "DISCHARGED"])
def test_goods_that_are_unloaded_where_nobody_cleared_them_for_are_an_alarm(
    orders: Orders, milestone: str
) -> None:
    order, officer = at_sea(orders), Visitor(orders, COMPLIANCE)
    order.hears(met(order, milestone, "BEANR"), met(order, "GATE_OUT", "USNYC"))
    assert (expected(order)[1], caught(orders)) == ([], [])
    assert ALARM not in officer.open("/orders/holds/")
    order.hears(met(order, milestone, "USNYC", 2))
    assert expected(order)[1] == ["US"]
    assert caught(orders) == [("route", "block", 500)]
    assert ALARM in officer.open("/orders/holds/")
    order.hears(met(order, milestone, "USLAX", 3))
    assert caught(orders) == [("route", "block", 500)]


def test_an_unloading_that_did_not_occur_there_is_no_part_of_the_way(orders: Orders) -> None:
    order = at_sea(orders)
    told = met(order, "TRANSSHIPPED", "USNYC")
    order.hears(told, met(order, "TRANSSHIPPED", "SGSIN", 2))
    assert expected(order)[1] == ["US", "SG"]
    wrong: dict[str, Any] = {
        **about(1, *told.lines),
        "milestone": "TRANSSHIPPED",
        "place": "USNYC",
        "occurred_at": told.occurred_at,
    }
    right: dict[str, Any] = {"right_place": "MYPKG", "right_at": told.occurred_at}
    order.hears(MilestoneCorrected(**wrong, **right, reason="incorrect_data"))
    assert expected(order)[1] == ["MY", "SG"]
    back = {**wrong, "place": "MYPKG", "right_place": "USNYC", "right_at": told.occurred_at}
    order.hears(MilestoneCorrected(**back, reason="incorrect_data"))
    assert expected(order)[1] == ["US", "SG"], "it was right at first"
    order.hears(MilestoneCorrected(**wrong, **right, reason="incorrect_data"))
    assert expected(order)[1] == ["MY", "SG"]
    wrong["place"] = "MYPKG"
    never: dict[str, Any] = {"right_place": None, "right_at": None}
    order.hears(MilestoneCorrected(**wrong, **never, reason="did_not_occur"))
    assert expected(order)[1] == ["SG"]


def test_a_facility_where_goods_are_unloaded_is_no_country(orders: Orders) -> None:
    order = at_sea(orders)
    order.hears(met(order, "DISCHARGED", SRAGEN))
    assert expected(order)[1] == []
