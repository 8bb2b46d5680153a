"""Whatever is packed, gathered, cleared, planned and sent, in whatever order, each piece is in one place at a time.

Cartons, clearances and shipments together, as the rules of one service meet: lots come in, clearances
come and run out, and every command may be impossible.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from services.logistics.domain import order as orders
from services.logistics.domain import reporting
from services.logistics.domain.carton import Carton, Lot, Packaging, gather
from services.logistics.domain.milestones import Graph
from services.logistics.domain.order import LANES, Standing, sort_out
from services.logistics.domain.shipment import Shipment
from services.logistics.domain.withholding import withhold
from shared.events.logistics import (
    CartonsGathered,
    CartonsPacked,
    GoodsWithheld,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentPlanned,
)
from shared.refusal import Refused
from tests.breaking import Breaking, finds_out
from tests.facts import facts
from tests.logistics.builders import (
    BOOKING,
    CONTAINER,
    DAY,
    NOW,
    SEAL,
    WAY,
    a_clearance,
    a_document,
    a_graph,
    a_line,
    a_lot,
    an_order,
)

GRAPH = a_graph()
BOX = Packaging(pieces_per_carton=10, length_mm=600, width_mm=400, height_mm=400, gross_g=9_200)
HUBS = st.sampled_from(["LPS-SRG", "LPS-SMG"])
WHICH = st.integers(0, 5)
LINES = st.integers(1, 2)
PIECES = st.integers(-1, 40)


class Goods(RuleBasedStateMachine):
    """Two order lines, their lots, cartons and shipments, and a calendar."""

    @initialize(
        lots=st.lists(st.tuples(LINES, st.integers(1, 60), st.sampled_from(LANES)), min_size=1, max_size=4)
    )
    def begin(self, lots: list[tuple[int, int, str]]) -> None:
        order = an_order()
        self.lines = {number: a_line(number, order=order) for number in (1, 2)}
        self.lots = [
            a_lot(good=good, line=line, code=f"L-{n}", lane=lane) for n, (line, good, lane) in enumerate(lots)
        ]
        self.cartons: list[Carton] = []
        self.shipments: list[Shipment] = []
        self.later = timedelta(0)
        self.told: list[Any] = []
        self.most_cleared = dict.fromkeys(self.lines, 0)
        for number in self.lines:
            self.clear(number, 30, 3, "custodial", "export", "BE")

    @rule(which=WHICH, quantity=PIECES)
    def pack(self, which: int, quantity: int) -> None:
        lot = self.lots[which % len(self.lots)]
        serials = range(len(self.cartons), len(self.cartons) + len(BOX.share_out(quantity)))

        def packed() -> list[Any]:
            cartons, event = lot.pack(quantity, BOX, serials, at=self.now)
            self.cartons += cartons
            return [event]

        self._do(packed)

    @rule(number=LINES, quantity=st.integers(1, 40), unpack=st.booleans())
    def withhold(self, number: int, quantity: int, unpack: bool) -> None:
        """What was cancelled is taken to stock, as far as it is in no shipment."""
        about = {"order_id": UUID(int=1), "line": number, "cancellation_id": UUID(int=7)}
        lots = [lot for lot in self.lots if lot.line == number]
        cartons = [carton for carton in self.cartons if carton.lot.line == number]
        self._do(
            lambda: withhold(quantity, about=about, lots=lots, cartons=cartons, unpack=unpack, at=self.now)
        )

    @rule(first=WHICH, last=WHICH, hub=HUBS)
    def gather(self, first: int, last: int, hub: str) -> None:
        self._do(lambda: gather(self.cartons[first : last + 1], hub, at=self.now))

    @rule(which=WHICH, quantity=st.integers(1, 20), hub=HUBS)
    def make_a_shipment(self, which: int, quantity: int, hub: str) -> None:
        self.pack(which, quantity)
        self._do(lambda: gather([carton for carton in self._free() if carton.hub is None], hub, at=self.now))
        self.plan(hub, False)

    @rule(
        number=LINES,
        quantity=st.sampled_from([10, 30, 60]),
        days=st.sampled_from([-1, 3, 90]),
        lane=st.sampled_from([*LANES, "custodial"]),
        purpose=st.sampled_from(["export", "export", "produce"]),
        destination=st.sampled_from(["BE", "BE", "BE", "FR"]),
    )
    def clear(self, number: int, quantity: int, days: int, lane: str, purpose: str, destination: str) -> None:
        """The newest decision replaces the one before."""
        line = self.lines[number]
        if purpose == "export":
            self.most_cleared[number] = max(self.most_cleared[number], quantity)
        new = a_clearance(
            purpose=purpose,
            quantity=quantity,
            destination=destination,
            lane=lane,
            expires_on=self.today + timedelta(days=days),
        )
        line.clearances = [each for each in line.clearances if each.purpose != purpose] + [new]

    @rule(hub=HUBS, greedy=st.booleans())
    def plan(self, hub: str, greedy: bool) -> None:
        """What may leave; or, greedily, all there is, which the shipment itself must refuse."""
        standing = self._standing(carton for carton in self._free() if carton.hub == hub)
        going, _ = (standing, []) if greedy else sort_out(standing, self.today)
        lines = {goods.line.number for goods in going}
        there = [carton for carton in self._free() if carton.hub == hub and carton.lot.line in lines]
        shipment = self._new_shipment(hub, self.cartons if greedy else there)

        def planned() -> list[object]:
            told = shipment.plan(going, graph=GRAPH)
            self.shipments.append(shipment)
            return told

        self._do(planned)

    @rule(which=WHICH, upto=st.sampled_from(["booked", *WAY]))
    def send(self, which: int, upto: str) -> None:
        """Everything that a shipment needs to come that far, as far as it is let."""
        if self.shipments:
            shipment = self.shipments[which % len(self.shipments)]
            booking = replace(BOOKING, etd=self.today, eta=self.today + timedelta(days=30))
            self._do(lambda: shipment.book(booking, today=self.today, graph=GRAPH))
            for code in WAY if upto != "booked" else ():
                self._reach(shipment, code)
                if code == upto:
                    break

    @rule(which=WHICH, code=st.sampled_from([*WAY, "UNKNOWN"]))
    def record(self, which: int, code: str) -> None:
        if self.shipments:
            self._reach(self.shipments[which % len(self.shipments)], code)

    @rule(days=st.integers(1, 5))
    def wait(self, days: int) -> None:
        self.later += timedelta(days=days)

    @property
    def today(self) -> date:
        return DAY + self.later

    @property
    def now(self) -> datetime:
        return NOW + self.later

    def _reach(self, shipment: Shipment, code: str) -> None:
        if code == "STUFFED_SEALED":
            self._dispatch(shipment)
        else:
            self._do(
                lambda: reporting.record(
                    shipment, code, place="IDSRG", occurred_at=self.now, now=self.now, graph=GRAPH
                )
            )

    def _dispatch(self, shipment: Shipment) -> None:
        goods, before = self._standing(shipment.cartons, but=shipment.id), shipment.dispatched
        self._do(
            lambda: shipment.dispatch(
                CONTAINER,
                SEAL,
                goods=goods,
                sealed_at=self.now,
                now=self.now,
                today=self.today,
                graph=GRAPH,
            )
        )
        if shipment.dispatched and not before:
            self._assert_may_leave(shipment)

    def _assert_may_leave(self, shipment: Shipment) -> None:
        """Each line in it has a live decision that covers all of the line that leaves, whoever made it."""
        for line in (self.lines[number] for number in {part.line for part in shipment.lines}):
            ours = [
                carton for carton in self.cartons if carton.lot.line == line.number and carton.shipment_id
            ]
            lanes = {carton.lot.lane for carton in ours if carton.shipment_id == shipment.id}
            assert any(
                clearance.purpose == "export"
                and clearance.expires_on >= self.today
                and clearance.destination == line.destination
                and lanes <= set(LANES[: LANES.index(clearance.lane) + 1])
                and sum(carton.pieces for carton in ours) <= clearance.quantity
                for clearance in line.clearances
            )

    def _free(self) -> list[Carton]:
        return [carton for carton in self.cartons if carton.can_be_unpacked]

    def _standing(self, cartons: Iterable[Carton], *, but: UUID | None = None) -> list[Standing]:
        """As the service counts it over its tables."""
        by_line: dict[int, list[Carton]] = defaultdict(list)
        for carton in cartons:
            by_line[carton.lot.line].append(carton)
        return [
            Standing(
                line=self.lines[number],
                lanes=frozenset(carton.lot.lane for carton in here),
                cartons=len(here),
                pieces=_pieces(here),
                shipped=_pieces(
                    carton
                    for carton in self.cartons
                    if carton.lot.line == number and carton.shipment_id not in (None, but)
                ),
            )
            for number, here in sorted(by_line.items())
        ]

    def _new_shipment(self, hub: str, cartons: Sequence[Carton]) -> Shipment:
        number = len(self.shipments) + 1
        return Shipment(
            id=UUID(int=number),
            number=f"SHP-2025-{number:04d}",
            hub=hub,
            destination="BE",
            planned_on=self.today,
            tracking_token="token",
            cartons=list(cartons),
            documents=[a_document("CI", "PEB_SUBMITTED", made_by_system=True)],
        )

    def _do(self, command: Callable[[], Sequence[object]]) -> None:
        before = self._facts()
        try:
            self.told += command()
        except Refused:
            assert self._facts() == before

    def _facts(self) -> Any:
        return facts([*self.lots, *self.cartons, *self.lines.values(), *self.shipments])

    @invariant()
    def every_packed_piece_is_in_one_carton_and_every_carton_in_one_shipment_at_most(self) -> None:
        for lot in self.lots:
            ours = [carton for carton in self.cartons if carton.lot is lot]
            assert _pieces(carton for carton in ours if carton.unpacked_at is None) == lot.packed
            assert 0 <= lot.packed <= lot.packed + lot.withheld <= lot.good
        assert len({carton.sscc for carton in self.cartons}) == len(self.cartons)
        assert all(0 < carton.pieces <= BOX.pieces_per_carton for carton in self.cartons)
        carried = [(carton.sscc, shipment.id) for shipment in self.shipments for carton in shipment.cartons]
        assert sorted(carried) == sorted((c.sscc, c.shipment_id) for c in self.cartons if c.shipment_id)
        assert all(carton.hub and not carton.unpacked_at for carton in self.cartons if carton.shipment_id)

    @invariant()
    def no_more_is_in_shipments_than_was_ever_cleared(self) -> None:
        for number, most in self.most_cleared.items():
            assert most >= _pieces(c for c in self.cartons if c.shipment_id and c.lot.line == number)

    @invariant()
    def a_shipment_counts_as_the_most_restricted_goods_in_it(self) -> None:
        for shipment in self.shipments:
            assert shipment.lane == LANES[max(LANES.index(carton.lot.lane) for carton in shipment.cartons)]

    @invariant()
    def what_was_told_adds_up_to_the_cartons(self) -> None:
        packed, gathered = self._told(CartonsPacked), self._told(CartonsGathered)
        assert sorted(s for event in packed for s in event.ssccs) == sorted(c.sscc for c in self.cartons)
        assert sum(event.cartons for event in gathered) == len([c for c in self.cartons if c.hub])
        for lot in self.lots:
            ours = [carton for carton in self.cartons if carton.lot is lot]
            withheld = [event for event in self._told(GoodsWithheld) if event.lot == lot.code]
            unpacked = sum(event.unpacked for event in withheld)
            assert sum(event.quantity for event in packed if event.lot == lot.code) == lot.packed + unpacked
            assert sum(event.quantity for event in withheld) == lot.withheld
            here = sum(event.quantity for event in gathered if event.lot == lot.code)
            assert here == _pieces(carton for carton in ours if carton.hub)

    @invariant()
    def a_shipment_leaves_and_arrives_once_with_all_it_holds(self) -> None:
        for shipment in self.shipments:
            planned, sealed, departed, delivered = (
                [event.lines for event in self._told(kind) if event.shipment_id == shipment.id]
                for kind in WAY_TOLD
            )
            assert planned == [shipment.lines]
            assert sealed == [shipment.lines] * shipment.dispatched
            assert len(delivered) <= len(departed) <= len(sealed)
            assert {*departed, *delivered} <= {shipment.lines}
            assert sum(line.quantity for line in shipment.lines) == _pieces(shipment.cartons)

    def _told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


WAY_TOLD = (ShipmentPlanned, ShipmentDispatched, ShipmentDeparted, ShipmentDelivered)


def _pieces(cartons: Iterable[Carton]) -> int:
    return sum(carton.pieces for carton in cartons)


Goods.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestGoods = Goods.TestCase


def dispatch_does_not_ask_for_the_clearance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shipment, "held", lambda shipment, goods, on: [])


def other_shipments_do_not_use_the_clearance_up(patch: pytest.MonkeyPatch) -> None:
    reason = orders.reason_to_stay

    def as_if_alone(goods: Standing, on: date, route: Sequence[str] = ()) -> Any:
        return reason(replace(goods, shipped=0), on, route)

    patch.setattr(orders, "reason_to_stay", as_if_alone)


def pieces_are_packed_twice(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lot, "free", property(lambda lot: lot.good))


def a_carton_does_not_know_that_it_left(patch: pytest.MonkeyPatch) -> None:
    plan = Shipment.plan

    def forget_one(shipment: Shipment, goods: Sequence[Standing], *, graph: Graph) -> list[object]:
        told = plan(shipment, goods, graph=graph)
        shipment.cartons[0].shipment_id = None
        return told

    patch.setattr(Shipment, "plan", forget_one)


@pytest.mark.parametrize(
    "breaking",
    [
        dispatch_does_not_ask_for_the_clearance,
        other_shipments_do_not_use_the_clearance_up,
        pieces_are_packed_twice,
        a_carton_does_not_know_that_it_left,
    ],
    ids=lambda breaking: breaking.__name__,
)
def test_a_broken_rule_is_found_out(monkeypatch: pytest.MonkeyPatch, breaking: Breaking) -> None:
    finds_out(Goods, breaking, monkeypatch)
