"""Why is this order waiting? Its lines name the next step, who owes it, since when and by when."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from services.orders.domain.expected import STEPS, Told, next_step
from services.orders.sentences import tell_held_up
from shared.events import contract_of
from shared.events.logistics import (
    CartonsGathered,
    CartonsPutIn,
    CartonsTakenOut,
    DocumentsCompleted,
    ShipmentBooked,
    ShipmentCancelled,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentPlanned,
    ShipmentRescheduled,
)
from shared.events.orders import (
    AcknowledgementEnded,
    AcknowledgementGiven,
    ClearanceGranted,
    HoldOpened,
    OrderPlaced,
    ReleaseSigned,
)
from shared.events.production import (
    ProductionPlanned,
    WorkOrderAccepted,
    WorkOrderDeclined,
    WorkOrderOffered,
    WorkOrderStarted,
)
from shared.messaging.inbox import store
from shared.messaging.tables import inbox
from shared.web.access import BUYER, KANWIL
from tests.orders.conftest import Orders
from tests.orders.test_handlers import LOT, PROMISED, SHIPMENT, SRAGEN, WORK_ORDER, Followed, follow
from tests.orders.test_order import DAY, OFFICE, OFFICER, SAID, a_line, an_order
from tests.orders.test_pages import Visitor

BEGAN = datetime(2026, 3, 2, 1, tzinfo=UTC)
KLATEN = "LPS-KLT"


def type_of(event: type[Any]) -> str:
    return contract_of(event).type


def told(
    event: type[Any], hour: int, pieces: int = 100, *, facility: str | None = None, **days: date
) -> Told:
    return Told(type=type_of(event), facility=facility, pieces=pieces, last=at(hour), **days)


def at(hour: int) -> datetime:
    return BEGAN + timedelta(hours=hour)


def cleared(**quantities: int) -> Any:
    line = a_line(action="allow")
    an_order(line).place()
    for name, pieces in quantities.items():
        setattr(line, name, pieces)
    return line


def test_an_export_waits_for_its_buyer_as_long_as_they_have_not_acknowledged_it() -> None:
    line = a_line()
    order = an_order(line)
    order.place()
    opened = [told(HoldOpened, 1)]
    step = next_step(line, opened, "asked")
    assert step is not None
    assert step.expected == type_of(ReleaseSigned), "nothing stops the release to produce"
    line.allocated = line.good = line.ordered
    order.ask_to_export(line, DAY)
    step = next_step(line, [*opened, told(AcknowledgementEnded, 4)], "asked")
    assert step is not None
    assert (step.expected, step.owed_by, step.since) == (type_of(AcknowledgementGiven), ("buyer",), at(4))
    step = next_step(line, opened, "given")
    assert step is not None
    assert step.owed_by == ("compliance_officer", "kanwil")


def test_a_held_line_waits_for_those_who_have_not_signed() -> None:
    order = an_order()
    order.place()
    opened = [told(HoldOpened, 1)]
    step = next_step(order.line(1), opened)
    assert step is not None
    assert (step.expected, step.owed_by, step.since) == (
        type_of(ReleaseSigned),
        ("compliance_officer", "kanwil"),
        at(1),
    )
    order.sign_release(1, by=OFFICER, said=SAID, on=DAY)
    step = next_step(order.line(1), [*opened, told(ReleaseSigned, 5)])
    assert step is not None
    assert (step.owed_by, step.since) == (("kanwil",), at(5))
    order.sign_release(1, by=OFFICE, said=SAID, on=DAY)
    step = next_step(order.line(1), [*opened, told(ReleaseSigned, 6), told(ClearanceGranted, 6)])
    assert step is not None
    assert (step.expected, step.owed_by, step.since) == (type_of(ProductionPlanned), ("production",), at(6))


def test_a_blocked_line_waits_for_a_decision_of_the_buyer() -> None:
    step = next_step(a_line(action="block"), [told(OrderPlaced, 0)])
    assert step is not None
    assert (step.expected, step.owed_by, step.since, step.by) == (None, ("buyer",), at(0), None)


def test_a_line_that_is_closed_waits_for_nothing() -> None:
    assert next_step(cleared(delivered=100), []) is None


def test_what_a_facility_declined_is_owed_by_production_since_then() -> None:
    line = cleared(allocated=60)
    step = next_step(line, [told(ClearanceGranted, 1), told(WorkOrderDeclined, 7, 40, facility=KLATEN)])
    assert step is not None
    assert (step.expected, step.owed_by, step.since) == (type_of(ProductionPlanned), ("production",), at(7))


def test_each_facility_that_has_not_answered_owes_it_since_the_first_was_asked() -> None:
    asked = [
        told(WorkOrderOffered, 1, 50, facility=SRAGEN),
        told(WorkOrderOffered, 2, 30, facility=KLATEN),
        told(WorkOrderOffered, 3, 20, facility="RTN-BYL"),
        told(WorkOrderAccepted, 4, 50, facility=SRAGEN),
    ]
    step = next_step(cleared(allocated=100), asked)
    assert step is not None
    assert (step.expected, step.owed_by, step.since) == (
        type_of(WorkOrderAccepted),
        (KLATEN, "RTN-BYL"),
        at(2),
    )


def test_who_declined_owes_nothing() -> None:
    asked = [
        told(WorkOrderOffered, 1, 50, facility=SRAGEN),
        told(WorkOrderDeclined, 2, 50, facility=SRAGEN),
        told(WorkOrderOffered, 3, 100, facility=KLATEN),
    ]
    step = next_step(cleared(allocated=100), asked)
    assert step is not None
    assert (step.owed_by, step.since) == ((KLATEN,), at(3))


def test_the_vessel_is_expected_by_the_days_that_were_booked() -> None:
    booked = told(ShipmentBooked, 9, etd=date(2026, 5, 1), eta=date(2026, 6, 1))
    made = {"allocated": 100, "started": 100, "good": 100, "packed": 100}
    before = [told(e, 5) for e in (CartonsGathered, ShipmentPlanned, DocumentsCompleted)]
    left = [*before, booked, told(ShipmentDispatched, 10)]
    step = next_step(cleared(**made), left)
    assert step is not None
    assert (step.expected, step.since, step.by) == (type_of(ShipmentDeparted), at(10), date(2026, 5, 1))
    step = next_step(cleared(**made, departed=100), [*left, told(ShipmentDeparted, 30)])
    assert step is not None
    assert (step.expected, step.since, step.by) == (type_of(ShipmentDelivered), at(30), date(2026, 6, 1))


def test_steps_that_were_not_told_are_past_when_later_ones_are() -> None:
    step = next_step(cleared(allocated=100, started=100, good=100, packed=100, departed=100), [])
    assert step is not None
    assert (step.expected, step.since) == (type_of(ShipmentDelivered), None)


def test_goods_that_are_sealed_were_booked_though_they_joined_their_shipment_after_that_was_told() -> None:
    made = {"allocated": 100, "started": 100, "good": 100, "packed": 100}
    step = next_step(cleared(**made), [told(CartonsPutIn, 5), told(ShipmentDispatched, 10)])
    assert step is not None
    assert (step.expected, step.since) == (type_of(ShipmentDeparted), at(10))
    half = [told(ShipmentPlanned, 4), told(ShipmentDispatched, 10, 50)]
    step = next_step(cleared(**made), half)
    assert step is not None
    assert step.expected == type_of(ShipmentBooked)


# Over the whole way, as the API tells it


def way(order: Followed) -> list[Any]:
    """All that happens to the line, in its order."""
    work: dict[str, Any] = {
        "work_order_id": WORK_ORDER,
        **order.about(1),
        "facility": SRAGEN,
        "quantity": 1_000,
    }
    shipped: dict[str, Any] = {"shipment_id": SHIPMENT, "lines": (order.part(),)}
    return [
        order.plan(),
        WorkOrderOffered(**work, number="WO-1", sku="CR-BALL-07", due=date(2099, 1, 10)),
        WorkOrderAccepted(**work),
        order.work(),
        order.lot(),
        order.cartons(),
        CartonsGathered(lot=LOT, **order.about(1), hub=SRAGEN, quantity=1_000, cartons=5),
        ShipmentPlanned(**shipped, number="SH-1", hub=SRAGEN, destination="ID", cartons=5),
        ShipmentBooked(
            **shipped,
            carrier="Carrier",
            vessel="Vessel",
            voyage="1",
            port_of_loading="IDSRG",
            port_of_discharge="IDJKT",
            etd=date(2099, 2, 1),
            eta=date(2099, 2, 9),
        ),
        DocumentsCompleted(**shipped, documents=()),
        ShipmentDispatched(**shipped, container="MSKU1234565", seal="S1"),
        order.departure(),
        order.arrival(),
    ]


def test_at_each_moment_the_order_names_the_step_that_comes_next(orders: Orders) -> None:
    order = follow(orders)
    awaited, by = [], []
    for event in way(order):
        step = order.read()["lines"][0]["next"]
        assert step["since"] is not None
        awaited.append((step["expected"], step["owed_by"]))
        by.append(step["by"])
        order.hears(event)
    assert order.read()["lines"][0]["next"] is None
    owners = ["production", "production", *[SRAGEN] * 3, *["logistics"] * 8]
    steps = [STEPS[0], STEPS[1], *STEPS[1:]]
    assert awaited == [(step.type, owner) for step, owner in zip(steps, owners, strict=True)]
    assert by == [*[None] * 4, *[PROMISED.isoformat()] * 3, *[None] * 4, "2099-02-01", "2099-02-09"]


PARK = """
    UPDATE inbox SET state = 3 WHERE subject = :work_order AND state < 2"""


def test_the_page_says_first_that_an_event_is_missing_or_parked_before_who_owes_a_step(
    orders: Orders,
) -> None:
    order = follow(orders)
    visitors = [Visitor(orders, BUYER, account="CHEWY-LOUIS"), Visitor(orders, KANWIL, language="id")]
    planned, offered, accepted, begun = way(order)[:4]
    order.hears(planned, offered)
    lost = order.hearing.batch("production", accepted)
    order.hears(begun)

    def awaited() -> list[str]:
        pages = [visitor.open(f"/orders/order/{order.id}") for visitor in visitors]
        steps = [page.partition('<ol class="expected">')[2].partition("</li>")[0] for page in pages]
        return [" ".join(re.sub("<[^>]*>", "", step).split()).partition(" · ")[0] for step in steps]

    assert awaited() == [
        "news from production has not come yet; what is told here stops before it production",
        "kabar dari produksi belum datang; yang tertulis di sini berhenti sebelum kabar itu produksi",
    ]
    with orders.database.transaction() as session:
        store(session, lost)
        session.execute(text(PARK), {"work_order": lost.events[0].subject})
    assert awaited() == [
        "news from production could not be taken in; what is told here stops before it operator",
        "kabar dari produksi tidak dapat diproses; yang tertulis di sini berhenti sebelum kabar itu operator",
    ]


def test_what_is_held_up_alike_is_told_once_since_the_first_of_it(orders: Orders) -> None:
    order = follow(orders)
    about: dict[str, Any] = {**order.about(1), "facility": SRAGEN, "quantity": 500}
    for id in (1, 2):
        order.hearing.batch("production", WorkOrderAccepted(work_order_id=UUID(int=id), **about))
        order.hears(WorkOrderStarted(work_order_id=UUID(int=id), **about))
    with orders.database.transaction() as session:
        (told,) = tell_held_up(session, order.id, "en")
        first = session.execute(select(func.min(inbox.c.received_at))).scalar_one()
    assert (told["owners"], told["since"]) == (["production"], first)


def test_pieces_that_come_to_a_hub_once_more_are_gathered_once(orders: Orders) -> None:
    order = follow(orders)
    order.hears(*way(order)[:6])
    arrival: dict[str, Any] = {"lot": LOT, **order.about(1), "quantity": 500, "cartons": 3}
    order.hears(CartonsGathered(**arrival, hub=SRAGEN))
    order.hears(CartonsGathered(**arrival, hub=KLATEN, again=500))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(CartonsGathered)
    order.hears(CartonsGathered(**arrival, hub=KLATEN))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(ShipmentPlanned)


def two_halves(order: Followed) -> tuple[list[Any], list[Any]]:
    """What is told of two shipments with 500 pieces each, up to their departure and arrival."""
    order.hears(*way(order)[:7])
    steps = way(order)[7:]
    halves = [{"shipment_id": UUID(int=n), "lines": (order.part(quantity=500),)} for n in (21, 22)]
    one, other = ([replace(step, **half) for step in steps] for half in halves)
    return one, other


def test_a_shipment_that_is_booked_anew_counts_once(orders: Orders) -> None:
    order = follow(orders)
    (planned, booked, *_), (also_planned, also_booked, *_) = two_halves(order)
    order.hears(planned, also_planned, booked, replace(booked, voyage="2"))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(ShipmentBooked)
    order.hears(also_booked)
    assert order.read()["lines"][0]["next"]["expected"] == type_of(DocumentsCompleted)


def test_what_joins_or_leaves_a_booked_shipment_is_booked_or_not_with_it(orders: Orders) -> None:
    order = follow(orders)
    (planned, booked, *_), _ = two_halves(order)
    rest: dict[str, Any] = {"number": "SH-1", "cartons": 2, "shipment_id": planned.shipment_id}
    order.hears(planned, booked, CartonsPutIn(**rest, lines=planned.lines))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(DocumentsCompleted)
    order.hears(CartonsTakenOut(**rest, lines=planned.lines))
    order.hears(replace(planned, shipment_id=UUID(int=23)))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(ShipmentBooked)


def test_the_days_of_a_shipment_that_left_or_arrived_are_awaited_no_more(orders: Orders) -> None:
    order = follow(orders)
    one, other = two_halves(order)
    planned, booked, papers, sealed, departure, arrival = one
    late = replace(booked, etd=date(2099, 2, 5), eta=date(2099, 2, 20))
    *before, also_departure, _ = other
    order.hears(planned, late, papers, sealed, *before)
    assert order.read()["lines"][0]["next"]["by"] == "2099-02-05"
    order.hears(departure)
    assert order.read()["lines"][0]["next"]["by"] == "2099-02-01"
    order.hears(also_departure)
    assert order.read()["lines"][0]["next"]["by"] == "2099-02-20"
    order.hears(arrival)
    assert order.read()["lines"][0]["next"]["by"] == "2099-02-09"


@pytest.mark.parametrize("etd", [date(2099, 1, 30), date(2099, 2, 12)])
def test_a_vessel_that_leaves_earlier_or_later_is_expected_then(orders: Orders, etd: date) -> None:
    order = follow(orders)
    *before, departure, _ = way(order)
    eta = etd + timedelta(days=8)
    rescheduled = ShipmentRescheduled(
        shipment_id=SHIPMENT,
        vessel="Vessel",
        voyage="2",
        etd=etd,
        eta=eta,
        reason="carrier",
        lines=(order.part(),),
    )
    order.hears(*before, rescheduled)
    assert order.read()["lines"][0]["next"]["by"] == etd.isoformat()
    order.hears(departure)
    assert order.read()["lines"][0]["next"]["by"] == eta.isoformat()


def given_up(order: Followed) -> ShipmentCancelled:
    return ShipmentCancelled(shipment_id=SHIPMENT, number="SH-1", cartons=5, lines=(order.part(),))


def test_after_a_booked_shipment_was_given_up_another_one_is_expected(orders: Orders) -> None:
    order = follow(orders)
    *told, booked = way(order)[:9]
    order.hears(*told, booked)
    assert order.read()["lines"][0]["next"]["expected"] == type_of(DocumentsCompleted)
    order.hears(given_up(order))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(ShipmentPlanned)
    another: dict[str, Any] = {"shipment_id": UUID(int=11), "lines": (order.part(),)}
    order.hears(ShipmentPlanned(**another, number="SH-2", hub=SRAGEN, destination="ID", cartons=5))
    assert order.read()["lines"][0]["next"]["expected"] == type_of(ShipmentBooked)
    order.hears(replace(booked, **another, etd=date(2099, 3, 1)))
    order.hears(DocumentsCompleted(**another, documents=()))
    order.hears(ShipmentDispatched(**another, container="MSKU1234565", seal="S1"))
    step = order.read()["lines"][0]["next"]
    assert (step["expected"], step["by"]) == (type_of(ShipmentDeparted), "2099-03-01")


def test_a_placed_order_says_at_once_whom_it_waits_for(orders: Orders) -> None:
    order = follow(orders, country="BE")
    step = order.read()["lines"][0]["next"]
    assert step["owed_by"] == "compliance_officer, kanwil"
    (opened,) = [e for e in order.timeline() if e["type"] == type_of(HoldOpened)]
    assert datetime.fromisoformat(step["since"]) == datetime.fromisoformat(opened["occurred_at"])


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Expected next", "Line 1, 2: the release is signed", "compliance officer, regional office")),
        ("id", ("Baris 1, 2: izin ditandatangani", "petugas kepatuhan, kantor wilayah", "sejak")),
    ],
)
def test_the_page_names_it_in_the_readers_language(
    orders: Orders, language: str, said: tuple[str, ...]
) -> None:
    order = follow(orders, country="BE", lines=2)
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS", language=language).open(f"/orders/order/{order.id}")
    for words in said:
        assert words in page
