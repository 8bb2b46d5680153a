"""What orders hears of production and logistics moves the quantities of its lines, whatever comes first."""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import pytest
import uuid_utils.compat as uuid7s
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from services.orders import tasks
from services.orders.domain.hold import USUAL_RELEASE
from services.orders.handlers import REACTIONS
from services.orders.sentences import sentence
from services.orders.storage import facility
from shared.clock import advance, real_now
from shared.events import CONTRACTS, contract_of
from shared.events.logistics import (
    CartonsDamaged,
    CartonsFound,
    CartonsGathered,
    CartonsLeft,
    CartonsLost,
    CartonsPacked,
    CartonsQuarantined,
    CartonsUnpacked,
    MilestoneRecorded,
    QuarantineLifted,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentLine,
)
from shared.events.production import (
    AgreementEndMoved,
    Allocation,
    EvidenceRecorded,
    EvidenceWithdrawn,
    FacilityRegistered,
    LotReleased,
    MonthClosed,
    PiecesReported,
    ProductionPlanned,
    QuoteAnswered,
    WorkOrderStarted,
)
from shared.messaging.tables import Inbox, inbox, outbox_event
from shared.web.access import BUYER
from tests.clock import in_days
from tests.hearing import Hearing
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_pages import Visitor

ORDERS = "/orders/v1/orders"
WORK_ORDER, SHIPMENT = UUID(int=9), UUID(int=10)
SRAGEN, LOT = "LPS-SRG", "SRG-2503-001"
PROMISED = in_days(280)
WHEN = datetime(2025, 3, 22, 7, 30, tzinfo=UTC)
SAMPLES = Path(__file__).parents[1] / "contracts" / "samples"


@dataclass
class Followed:
    """An order that was placed, and what orders hears of it."""

    orders: Orders
    hearing: Hearing
    id: UUID

    def hears(self, *events: Any) -> None:
        self.hearing.hears(*events)

    def read(self) -> dict[str, Any]:
        order: dict[str, Any] = self.orders.buyer.get(f"{ORDERS}/{self.id}").json
        return order

    def quantities(self, line: int = 1) -> dict[str, int]:
        """Of a line: what is not zero."""
        names = ("allocated", "started", "good", "packed", "departed", "delivered")
        read = self.read()["lines"][line - 1]
        return {name: read[name] for name in names if read[name]}

    def timeline(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.orders.buyer.get(f"{ORDERS}/{self.id}/timeline").json
        return entries

    def told(self) -> list[str]:
        """The types of the events that orders recorded, in a word each."""
        with self.orders.database.transaction() as session:
            rows = session.execute(select(outbox_event.c.type).order_by(outbox_event.c.id)).scalars()
        return [type.split(".")[2] for type in rows]

    def about(self, line: int) -> dict[str, Any]:
        return {"order_id": self.id, "line": line}

    def plan(self, allocated: int = 1_000, *, line: int = 1) -> ProductionPlanned:
        return ProductionPlanned(
            **self.about(line),
            allocated=allocated,
            unallocated=1_000 - allocated,
            promised_date=PROMISED if allocated == 1_000 else None,
            allocations=(Allocation(facility=SRAGEN, quantity=allocated),),
        )

    def work(self) -> WorkOrderStarted:
        return WorkOrderStarted(work_order_id=WORK_ORDER, **self.about(1), facility=SRAGEN, quantity=1_000)

    def lot(self, code: str = LOT, quantity: int = 1_000, *, line: int = 1) -> LotReleased:
        return LotReleased(
            lot=code,
            work_order_id=WORK_ORDER,
            **self.about(line),
            sku="CR-BALL-07",
            facility=SRAGEN,
            quantity=quantity,
            lane="custodial",
        )

    def cartons(self, code: str = LOT, quantity: int = 1_000, *, line: int = 1) -> CartonsPacked:
        return CartonsPacked(
            lot=code, **self.about(line), sku="CR-BALL-07", facility=SRAGEN, quantity=quantity, ssccs=()
        )

    def part(self, code: str = LOT, quantity: int = 1_000, *, line: int = 1) -> ShipmentLine:
        return ShipmentLine(**self.about(line), lot=code, quantity=quantity)

    def departure(self, *parts: ShipmentLine) -> ShipmentDeparted:
        return ShipmentDeparted(
            shipment_id=SHIPMENT, place="IDSRG", occurred_at=WHEN, lines=parts or (self.part(),)
        )

    def arrival(self, *parts: ShipmentLine) -> ShipmentDelivered:
        return ShipmentDelivered(
            shipment_id=SHIPMENT, place="BEANR", occurred_at=WHEN, lines=parts or (self.part(),)
        )

    def story(self) -> list[Any]:
        """All that happens to one line, in its order."""
        return [self.plan(), self.work(), self.lot(), self.cartons(), self.departure(), self.arrival()]


def follow(
    orders: Orders, *, country: str = "ID", lines: int = 1, po_number: str = "PO-1", **changes: Any
) -> Followed:
    """Place an order of so many lines; to Indonesia they need no release."""
    asked = [a_line(consignee=CONSIGNEE | {"country": country})] * lines
    placed = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=asked, **changes))
    assert placed.status_code == 201, placed.text
    return Followed(orders, Hearing(orders.database, REACTIONS), UUID(placed.json["id"]))


@pytest.fixture
def order(orders: Orders) -> Followed:
    return follow(orders)


def test_each_step_moves_the_quantities_of_the_line(order: Followed) -> None:
    seen = []
    for event in order.story():
        order.hears(event)
        seen.append((order.quantities(), order.read()["lines"][0]["state"]))
    names = ["allocated", "started", "good", "packed", "departed", "delivered"]
    assert [list(quantities) for quantities, _ in seen] == [names[: n + 1] for n in range(6)]
    assert all(set(quantities.values()) == {1_000} for quantities, _ in seen)
    states = ["allocated", "in_production", "ready", "ready", "shipped", "closed"]
    assert [state for _, state in seen] == states


def test_a_plan_brings_the_promised_date_and_replaces_the_one_before(order: Followed) -> None:
    order.hears(order.plan(600))
    assert (order.quantities(), order.read()["lines"][0]["promised_date"]) == ({"allocated": 600}, None)
    assert order.read()["lines"][0]["state"] == "part_allocated"
    order.hears(order.plan())
    assert order.quantities() == {"allocated": 1_000}
    assert order.read()["lines"][0]["promised_date"] == PROMISED.isoformat()


def test_lots_add_up_and_the_last_one_asks_for_the_export(order: Followed) -> None:
    order.hears(order.plan(), order.lot("A", 400))
    assert (order.quantities()["good"], order.read()["lines"][0]["state"]) == (400, "part_ready")
    assert order.told().count("clearance_granted") == 1
    order.hears(order.lot("B", 600))
    assert (order.quantities()["good"], order.read()["lines"][0]["state"]) == (1_000, "ready")
    assert order.told().count("clearance_granted") == 2


def test_good_pieces_for_a_held_destination_wait_for_a_second_release(orders: Orders) -> None:
    held = follow(orders, country="BE")
    held.hears(held.plan(), held.lot())
    assert held.told() == ["order_placed", "hold_opened", "hold_opened"]


def test_the_last_delivery_closes_the_line_and_the_last_line_the_order(orders: Orders) -> None:
    order = follow(orders, lines=2)
    for line in (1, 2):
        order.hears(order.plan(line=line), order.lot(f"L{line}", line=line))
        order.hears(order.cartons(f"L{line}", line=line))
    order.hears(order.departure(order.part("L1"), order.part("L2", line=2)))
    order.hears(order.arrival(order.part("L1", 400), order.part("L2", line=2)))
    assert order.told()[-1] == "order_line_closed"
    assert [line["state"] for line in order.read()["lines"]] == ["part_delivered", "closed"]
    assert order.read()["state"] == "in_progress"
    order.hears(order.arrival(order.part("L1", 600)))
    assert order.told()[-3:] == ["order_line_closed", "order_line_closed", "order_closed"]
    assert order.read()["state"] == "closed"


def test_a_shipment_of_two_orders_moves_both_and_shows_each_its_own_lines(orders: Orders) -> None:
    one, other = follow(orders), follow(orders, po_number="PO-2")
    other.hearing = one.hearing
    for order, lot in ((one, "A"), (other, "B")):
        order.hears(order.plan(), order.lot(lot), order.cartons(lot))
    one.hears(one.departure(one.part("A"), other.part("B", 700)))
    assert (one.quantities()["departed"], other.quantities()["departed"]) == (1_000, 700)
    for order, lot in ((one, "A"), (other, "B")):
        (entry,) = [entry for entry in order.timeline() if entry["type"].endswith("shipment_departed.v1")]
        assert [part["lot"] for part in entry["data"]["lines"]] == [lot]


def test_the_whole_story_in_a_batch_of_each_service_is_the_same(order: Followed) -> None:
    plan, work, lot, *shipping = order.story()
    order.hearing.comes(order.hearing.batch("production", plan, work, lot))
    order.hearing.comes(order.hearing.batch("logistics", *shipping))
    assert set(order.quantities().values()) == {1_000}
    assert order.read()["state"] == "closed"


# Across subjects nothing says what comes first


def test_a_lot_before_its_plan_waits_for_it(order: Followed) -> None:
    order.hears(order.lot())
    assert order.hearing.waits_for() == [f"production plan/{order.id}:1"]
    assert order.quantities() == {}
    order.hears(order.plan())
    assert (order.hearing.waits_for(), order.quantities()) == ([], {"allocated": 1_000, "good": 1_000})


def test_work_before_its_plan_waits_for_it(order: Followed) -> None:
    order.hears(order.plan(600), order.work())
    assert order.hearing.waits_for() == [f"production plan/{order.id}:1"]
    assert order.quantities() == {"allocated": 600}
    order.hears(order.plan())
    assert order.hearing.waits_for() == []
    assert order.quantities() == {"allocated": 1_000, "started": 1_000}


def test_the_table_refuses_more_work_than_was_allocated(order: Followed) -> None:
    with pytest.raises(IntegrityError, match="started"), order.orders.database.transaction() as session:
        session.execute(text("UPDATE order_line SET started = 1"))


def test_cartons_before_their_lot_wait_for_it(order: Followed) -> None:
    order.hears(order.plan(), order.cartons())
    assert order.hearing.waits_for() == [f"production lot/{LOT}"]
    assert order.quantities() == {"allocated": 1_000}
    order.hears(order.lot())
    assert order.hearing.waits_for() == []
    assert order.quantities() == {"allocated": 1_000, "good": 1_000, "packed": 1_000}


def test_a_departure_before_its_cartons_waits_for_them(order: Followed) -> None:
    order.hears(order.plan(), order.lot(), order.departure())
    assert order.hearing.waits_for() == [f"logistics packing/{LOT}"]
    assert "departed" not in order.quantities()
    order.hears(order.cartons())
    assert order.hearing.waits_for() == []
    assert order.quantities()["departed"] == 1_000


def test_all_of_it_backwards_ends_the_same(order: Followed) -> None:
    plan, work, lot, cartons, departure, arrival = order.story()
    order.hears(departure, arrival, cartons, lot, work)
    assert order.quantities() == {}
    order.hears(plan)
    assert order.hearing.waits_for() == []
    assert set(order.quantities().values()) == {1_000}
    assert order.read()["state"] == "closed"


def test_a_shipment_waits_as_a_whole(orders: Orders) -> None:
    order = follow(orders, lines=2)
    order.hears(order.plan(), order.lot("A"), order.cartons("A"))
    order.hears(order.departure(order.part("A"), order.part("B", line=2)))
    assert "departed" not in order.quantities()
    order.hears(order.plan(line=2), order.lot("B", line=2), order.cartons("B", line=2))
    assert (order.quantities()["departed"], order.quantities(2)["departed"]) == (1_000, 1_000)


# Clearances that run out


def renew(order: Followed) -> bool:
    """What the relay and the worker do: ask whether one ran out, and renew what did."""
    database = order.orders.database
    with database.transaction() as session:
        due = tasks.has_lapsed_clearance(session)
    tasks.renew_lapsed_clearances(
        database, order.orders.client.application.extensions["kendi"].settings, Event()
    )
    return due


def let_pass(order: Followed, days: int) -> None:
    with order.orders.database.transaction() as session:
        advance(session, timedelta(days=days))


def sign_by_two(order: Followed) -> None:
    for caller in (order.orders.officer, order.orders.office):
        reason = {"reason": "The dossier is complete and the buyer has acknowledged it."}
        signed = caller.post(f"{ORDERS}/{order.id}/lines/1/release", reason)
        assert signed.status_code == 200, signed.text


def test_a_release_that_ran_out_is_asked_for_again_and_signed_again(orders: Orders) -> None:
    held = follow(orders, country="BE")
    sign_by_two(held)
    held.hears(held.plan(600))
    let_pass(held, USUAL_RELEASE.days)
    assert not renew(held)
    let_pass(held, 1)
    assert renew(held)
    assert not renew(held)
    assert held.told()[-3:] == ["clearance_granted", "decision_requested", "hold_opened"]
    assert held.read()["lines"][0]["hold"]["purpose"] == "produce"
    sign_by_two(held)
    assert held.told()[-1] == "clearance_granted"
    assert held.read()["lines"][0]["hold"] is None


def test_an_export_that_waits_for_long_is_released_again(orders: Orders) -> None:
    held = follow(orders, country="BE")
    sign_by_two(held)
    held.hears(held.plan(), held.lot())
    sign_by_two(held)
    let_pass(held, USUAL_RELEASE.days + 1)
    assert renew(held)
    assert held.read()["lines"][0]["hold"]["purpose"] == "export"
    assert held.told().count("hold_opened") == 3
    sign_by_two(held)
    held.hears(held.cartons(), held.departure())
    let_pass(held, USUAL_RELEASE.days + 1)
    assert not renew(held)


# The timeline


def test_the_timeline_has_every_event_once_however_often_it_comes(order: Followed) -> None:
    plan, work, lot, *shipping = order.story()
    gathered = CartonsGathered(lot=LOT, **order.about(1), hub=SRAGEN, quantity=1_000, cartons=5)
    passed = MilestoneRecorded(
        shipment_id=SHIPMENT, milestone="GATE_IN", place="IDSRG", occurred_at=WHEN, lines=(order.part(),)
    )
    reported = PiecesReported(
        work_order_id=WORK_ORDER,
        **order.about(1),
        facility=SRAGEN,
        pieces=1_000,
        worked_on=WHEN.date(),
        kind="made",
    )
    order.hearing.comes(order.hearing.batch("production", plan, work, reported, lot), times=3)
    order.hearing.comes(
        order.hearing.batch("logistics", shipping[0], gathered, passed, *shipping[1:]), times=3
    )
    entries = order.timeline()
    kinds = [entry["type"].split(".")[2] for entry in entries]
    assert sorted(kinds) == sorted(
        [
            *("order_placed", "clearance_granted", "production_planned", "work_order_started"),
            *("pieces_reported", "lot_released", "clearance_granted", "cartons_packed", "cartons_gathered"),
            *("milestone_recorded", "shipment_departed", "shipment_delivered"),
            *("order_line_closed", "order_closed"),
        ]
    )
    assert len({entry["event_id"] for entry in entries}) == len(entries)
    assert set(order.quantities().values()) == {1_000}


def test_the_timeline_tells_from_which_service_an_event_came_and_how_long_that_took(order: Followed) -> None:
    batch = order.hearing.batch("production", order.plan())
    (event,) = batch.events
    order.hearing.comes(replace(batch, events=(replace(event, id=uuid7s.uuid7()),)))
    placed, *_, planned = order.timeline()
    assert placed["hop"] is None
    assert (planned["hop"]["from"], planned["hop"]["to"]) == ("production", "orders")
    assert 0 <= planned["hop"]["milliseconds"] < 60_000
    shown = Visitor(order.orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{order.id}")
    assert shown.count("from production") == 1


def test_what_became_of_cartons_is_told_and_only_unpacking_moves_pieces(order: Followed) -> None:
    order.hears(order.plan(), order.work(), order.lot(), order.cartons())
    some = {"lot": LOT, **order.about(1), "quantity": 200, "ssccs": ("095299000000000015",)}
    left = CartonsLeft(lot=LOT, **order.about(1), facility=SRAGEN, hub="LPS-SMG", quantity=1_000, cartons=5)
    order.hears(
        left, *(kind(**some) for kind in (CartonsQuarantined, QuarantineLifted, CartonsLost, CartonsFound))
    )
    assert order.quantities()["packed"] == 1_000
    order.hears(CartonsDamaged(**some), CartonsUnpacked(**some))
    assert order.quantities()["packed"] == 800
    order.hears(order.cartons(quantity=200))
    assert order.quantities()["packed"] == 1_000
    assert [entry["text"] for entry in order.timeline()][-8:] == [
        f"Cartons of lot {LOT} that left for LPS-SMG: 5",
        f"200 packed pieces of lot {LOT} were set aside",
        f"200 packed pieces of lot {LOT} may be shipped again",
        f"Cartons with 200 pieces of lot {LOT} are missing",
        f"Cartons with 200 pieces of lot {LOT} were found again",
        f"Cartons with 200 pieces of lot {LOT} were damaged",
        f"200 pieces of lot {LOT} were unpacked, to be packed again",
        f"200 pieces of lot {LOT} were packed",
    ]


def test_the_timeline_names_a_facility_as_it_is_called_now(order: Followed) -> None:
    order.hears(order.plan(), order.work())
    assert f"{SRAGEN} began 1,000 pieces" in [entry["text"] for entry in order.timeline()]
    for name in ("Lapas Sragen", "Lapas Kelas IIA Sragen"):
        order.hears(a_facility(name))
    assert "Lapas Kelas IIA Sragen began 1,000 pieces" in [entry["text"] for entry in order.timeline()]
    with order.orders.database.transaction() as session:
        assert session.execute(select(facility.c.name)).scalars().all() == ["Lapas Kelas IIA Sragen"]


def test_the_timeline_tells_when_and_by_whom_things_happened_however_late_they_are_heard(
    orders: Orders,
) -> None:
    order = follow(orders, lines=2)
    earlier = real_now().replace(microsecond=0) + timedelta(days=1)
    later = earlier + timedelta(hours=2)
    for line, moment in ((2, later), (1, earlier)):
        batch = order.hearing.batch("production", order.plan(600 + line, line=line))
        (event,) = batch.events
        told = replace(event, actorrole="facility_officer", time=moment)
        order.hearing.comes(replace(batch, events=(told,)))
    planned = [entry for entry in order.timeline() if entry["type"].endswith("production_planned.v1")]
    assert [(entry["line"], entry["actor_role"], entry["occurred_at"]) for entry in planned] == [
        (1, "facility_officer", earlier.isoformat()),
        (2, "facility_officer", later.isoformat()),
    ]
    page = Visitor(orders, BUYER, account="CHEWY-LOUIS").open(f"/orders/order/{order.id}")
    entry = r'<time datetime="([^"]*)">[^<]*</time>\s*<p>([^<\n]*)\s*<span class="by">(\w+ \w+)'
    said = {each["text"] for each in planned}
    assert [(moment, by) for moment, text, by in re.findall(entry, page) if text in said] == [
        (earlier.isoformat(), "facility officer"),
        (later.isoformat(), "facility officer"),
    ]


def a_facility(name: str) -> FacilityRegistered:
    return FacilityRegistered(
        code=SRAGEN, name=name, place="Sragen", address=("Sragen",), gln="9529900000107", hub=True
    )


def test_an_event_about_no_order_of_ours_is_kept_and_harms_no_other(order: Followed) -> None:
    stranger = Followed(order.orders, order.hearing, UUID(int=1))
    order.hears(stranger.plan(), order.plan())
    assert order.quantities() == {"allocated": 1_000}
    with order.orders.database.transaction() as session:
        states = session.execute(select(inbox.c.state).order_by(inbox.c.event_id)).scalars().all()
    assert states == [Inbox.PENDING, Inbox.DONE]


# Sentences

OF_NO_ORDER = (
    AgreementEndMoved,
    FacilityRegistered,
    EvidenceRecorded,
    EvidenceWithdrawn,
    MonthClosed,
    QuoteAnswered,
)
HEARD = [contract_of(event) for event in REACTIONS if event not in OF_NO_ORDER]
"""A facility stands in sentences and has none of its own, nor has what is known of it or agreed with it, and a quote is
of no order: they are on no timeline."""
OUR_OWN = [c for c in CONTRACTS.values() if c.owner == "orders" and c.subject_kind == "order"]


@pytest.mark.parametrize("contract", [*HEARD, *OUR_OWN], ids=lambda contract: contract.type)
def test_every_event_of_a_timeline_is_said_in_both_languages(contract: Any) -> None:
    data = json.loads((SAMPLES / f"{contract.type}.json").read_text())
    said = [sentence(contract.type, data, {SRAGEN: "Lapas Sragen"}, language) for language in ("en", "id")]
    assert said[0] != said[1]
    for one in said:
        assert one
        assert "{" not in one
        assert SRAGEN not in one
        assert re.search(r"\d{4}-\d\d-\d\d", one) is None, "a date as a machine writes it"


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_plan_without_a_promise_promises_nothing(order: Followed, language: str) -> None:
    data = contract_of(ProductionPlanned).dump(order.plan(600))
    text = sentence("kendi.production.production_planned.v1", data, {}, language)
    assert "None" not in text
    assert "600" in text
    assert "400" in text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Lapas Sragen corrected its inspection by -6 to rework and 3 scrap: Tiga buah salah hitung",
        ),
        (
            "id",
            "Lapas Sragen membetulkan hasil pemeriksaannya: diperbaiki -6, cacat 3 (Tiga buah salah hitung)",
        ),
    ],
)
def test_a_corrected_inspection_is_told_as_one(language: str, said: str) -> None:
    data = json.loads((SAMPLES / "kendi.production.work_order_inspected.v1.json").read_text())
    corrected = data | {"passed": 0, "rework": -6, "scrap": 3, "reason": "Tiga buah salah hitung"}
    names = {SRAGEN: "Lapas Sragen"}
    assert sentence("kendi.production.work_order_inspected.v1", corrected, names, language) == said
