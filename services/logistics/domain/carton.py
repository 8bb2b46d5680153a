"""Packing: the good pieces of a lot go into cartons, each with a number that is never used again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.logistics.domain.sscc import DEMONSTRATION_PREFIX, check_lot, sscc
from shared.events.logistics import CartonsGathered, CartonsLeft, CartonsPacked
from shared.refusal import Refused, Sentence

HEAVIEST_G = 25_000
"""What one person may lift: the gross weight of a closed carton, in grams."""

TOLERATED_PERCENT = 5
"""How far a carton may weigh from what it should: beyond that something is in it, or missing from it."""


@dataclass(frozen=True, kw_only=True)
class Packaging:
    """How the catalogue wants an item packed: millimetres and grams of a full, closed carton."""

    pieces_per_carton: int
    length_mm: int
    width_mm: int
    height_mm: int
    gross_g: int

    def weight_of(self, pieces: int) -> int:
        """The gross grams of a carton that holds fewer pieces, in proportion, to the nearest gram."""
        return max(1, (2 * self.gross_g * pieces + self.pieces_per_carton) // (2 * self.pieces_per_carton))

    def share_out(self, quantity: int) -> list[int]:
        """The pieces of each carton: full ones, and what is left over in a last one."""
        full, rest = divmod(quantity, self.pieces_per_carton)
        return [self.pieces_per_carton] * full + ([rest] if rest else [])


@dataclass(eq=False, kw_only=True)
class Carton:
    """A closed carton. It holds pieces of one lot, and so of one item, one order line and one lane.

    ``hub`` is where it arrived, ``shipment_id`` with what it leaves; both are empty before that. One
    that was unpacked never leaves, and its number is retired. One that came back stands at ``returned_to``
    and stays with its shipment. ``gross_g`` is what it should weigh.
    """

    sscc: str
    serial: int
    lot: "Lot"
    pieces: int
    gross_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    packed_at: datetime
    hub: str | None = None
    gathered_at: datetime | None = None
    shipment_id: UUID | None = None
    unpacked_at: datetime | None = None
    left_at: datetime | None = None
    bound_for: str | None = None
    seal: str | None = None
    measured_g: int | None = None
    weighed_at: datetime | None = None
    explained_by: str | None = None
    quarantined_at: datetime | None = None
    quarantine_reason: str | None = None
    damaged_at: datetime | None = None
    lost_at: datetime | None = None
    pallet: str | None = None
    palletised_at: datetime | None = None
    loaded_at: datetime | None = None
    returned_at: datetime | None = None
    returned_to: str | None = None

    @property
    def can_be_unpacked(self) -> bool:
        return self.shipment_id is None and self.unpacked_at is None and self.lost_at is None

    @property
    def weight_g(self) -> int:
        """What the papers say it weighs: as measured, and until then as expected."""
        return self.measured_g or self.gross_g

    @property
    def must_be_reopened(self) -> bool:
        """Whether it weighs too much or too little, and nobody answered for that."""
        if self.measured_g is None or self.explained_by is not None:
            return False
        return 100 * abs(self.measured_g - self.gross_g) > TOLERATED_PERCENT * self.gross_g

    @property
    def reason_to_stay(self) -> Sentence | None:
        """Why it may leave with no shipment; nothing if it may."""
        return (
            self._gone
            or self._misweighed
            or (self.damaged_at and Sentence("Carton {sscc} is damaged: unpack it.", sscc=self.sscc))
            or (
                self.quarantined_at
                and Sentence(
                    "Carton {sscc} is in quarantine: {reason}",
                    sscc=self.sscc,
                    reason=self.quarantine_reason,
                )
            )
            or None
        )

    @property
    def _gone(self) -> Sentence | None:
        if self.unpacked_at:
            return Sentence("Carton {sscc} was unpacked; its number is retired.", sscc=self.sscc)
        if self.lost_at:
            return Sentence("Carton {sscc} was reported lost; report it found first.", sscc=self.sscc)
        return None

    @property
    def _misweighed(self) -> Sentence | None:
        if not self.must_be_reopened:
            return None
        return Sentence(
            "Carton {sscc} weighs {measured} g and should weigh {expected} g: open and count it, close it "
            "with a new seal and weigh it again.",
            sscc=self.sscc,
            measured=self.measured_g,
            expected=self.gross_g,
        )

    def arrives(self, back: Collection[UUID]) -> bool:
        """Whether that it is at a hub is news; ``back`` are the shipments that were received back."""
        return self.hub is None or (self.shipment_id in back and self.returned_at is None)

    def may_leave_for(self, hub: str) -> bool:
        """Whether that it left for this hub is news; what stands in a shipment leaves with that only."""
        if self.hub is None:
            return self.left_at is None
        if self.hub != hub and self.shipment_id is not None:
            raise Refused(
                "Carton {sscc} stands in a shipment at {there}: take it out of that before it is moved.",
                field="ssccs",
                sscc=self.sscc,
                there=self.hub,
            )
        return self.hub != hub

    def need_there(self) -> None:
        """Refuse to tell of what nobody can see: it was opened for good, or lost, before."""
        if self._gone:
            raise Refused(self._gone, field="ssccs")

    def need_movable(self) -> None:
        """Refuse to move what is not there, or what must be opened first."""
        self.need_there()
        if self._misweighed:
            raise Refused(self._misweighed, field="ssccs")


@dataclass(eq=False, kw_only=True)
class Lot:
    """Good pieces that one facility made for one order line.

    ``withheld`` are those taken to stock because they were cancelled; they are in no carton.
    """

    code: str
    order_id: UUID
    line: int
    sku: str
    facility: str
    lane: str
    good: int
    packed: int = 0
    withheld: int = 0

    @property
    def free(self) -> int:
        """Pieces that wait for packing."""
        return self.good - self.packed - self.withheld

    def need_free(self, quantity: int | None) -> int:
        """How many pieces to pack: those asked for, or all that are free; refused if there are not as many."""
        wanted = self.free if quantity is None else quantity
        if not 1 <= wanted <= self.free:
            raise Refused(
                "Lot {lot} has {free} pieces free for packing: {good} good, {packed} packed already.",
                field="quantity",
                lot=self.code,
                free=self.free,
                good=self.good,
                packed=self.packed,
            )
        return wanted

    def pack(
        self,
        quantity: int,
        packaging: Packaging,
        serials: Sequence[int],
        *,
        at: datetime,
        prefix: str = DEMONSTRATION_PREFIX,
    ) -> tuple[list[Carton], CartonsPacked]:
        """Close cartons over free pieces: full ones, and a last one with what is left over.

        ``serials`` are as many numbers, never used before, as ``packaging`` makes cartons of the quantity.
        """
        contents = packaging.share_out(self.need_free(quantity))
        if packaging.weight_of(max(contents)) > HEAVIEST_G:
            raise Refused(
                "A carton of {pieces} {sku} would weigh {weight} g; {most} g is the most that may be lifted. "
                "Correct the item's packaging in the catalogue.",
                pieces=max(contents),
                sku=self.sku,
                weight=packaging.weight_of(max(contents)),
                most=HEAVIEST_G,
            )
        check_lot(self.code)
        cartons = [
            Carton(
                sscc=sscc(serial, prefix=prefix),
                serial=serial,
                lot=self,
                pieces=pieces,
                gross_g=packaging.weight_of(pieces),
                length_mm=packaging.length_mm,
                width_mm=packaging.width_mm,
                height_mm=packaging.height_mm,
                packed_at=at,
            )
            for serial, pieces in zip(serials, contents, strict=True)
        ]
        self.packed += quantity
        return cartons, self._packed(cartons)

    def _packed(self, cartons: Sequence[Carton]) -> CartonsPacked:
        return CartonsPacked(
            lot=self.code,
            order_id=self.order_id,
            line=self.line,
            sku=self.sku,
            facility=self.facility,
            quantity=sum(carton.pieces for carton in cartons),
            ssccs=tuple(carton.sscc for carton in cartons),
            pieces=tuple(carton.pieces for carton in cartons),
        )


def gather(
    cartons: Iterable[Carton],
    hub: str,
    *,
    at: datetime,
    back: Collection[UUID] = (),
    before: Collection[str] = (),
) -> list[CartonsGathered]:
    """Cartons arrived at a hub; one event for each lot. Those that are there already stay as they are.

    What came back with its shipment, one of ``back``, keeps where it left from. ``before`` are the numbers of those
    that had come to a hub before, and were moved from there, lost and found, or sent back.
    """
    found = list(cartons)
    for carton in found:
        need_arriving(carton, hub, back)
    arrived = by_lot(carton for carton in found if carton.arrives(back))
    for carton in (carton for of_lot in arrived.values() for carton in of_lot):
        if carton.hub is None:
            carton.hub, carton.gathered_at = hub, at
        else:
            carton.returned_to, carton.returned_at = hub, at
    return [_gathered(lot, of_lot, hub, before) for lot, of_lot in arrived.items()]


def need_arriving(carton: Carton, hub: str, back: Collection[UUID] = ()) -> None:
    """Refuse a carton that can't have come to this hub."""
    carton.need_movable()
    there = carton.returned_to if carton.shipment_id in back else carton.hub
    if there not in (None, hub):
        raise Refused(
            "Carton {sscc} arrived at {there} before, not at {hub}.",
            field="hub",
            sscc=carton.sscc,
            there=there,
            hub=hub,
        )


def leave(cartons: Iterable[Carton], hub: str, *, seal: str | None, at: datetime) -> list[CartonsLeft]:
    """Cartons left their facility, or the hub where they stood, for a hub; the others stay as they are.

    When and whereto they left their facility stays, whatever way they take from hub to hub then.
    """
    gone: dict[tuple[Lot, str], list[Carton]] = {}
    for carton in cartons:
        carton.need_movable()
        if carton.may_leave_for(hub):
            gone.setdefault((carton.lot, carton.hub or carton.lot.facility), []).append(carton)
    for carton in (carton for together in gone.values() for carton in together):
        if carton.left_at is None and carton.hub in (None, carton.lot.facility):
            carton.left_at, carton.bound_for = at, hub
        carton.hub = carton.gathered_at = carton.pallet = carton.palletised_at = None
        carton.seal = seal or carton.seal
    return [
        CartonsLeft(
            lot=lot.code,
            order_id=lot.order_id,
            line=lot.line,
            facility=place,
            hub=hub,
            quantity=sum(carton.pieces for carton in together),
            cartons=len(together),
        )
        for (lot, place), together in gone.items()
    ]


def reasons_to_stay(cartons: Iterable[Carton]) -> list[Sentence]:
    """Why some of these may leave with no shipment, whatever is cleared."""
    return [reason for carton in cartons if (reason := carton.reason_to_stay)]


def by_lot(cartons: Iterable[Carton]) -> dict[Lot, list[Carton]]:
    groups: dict[Lot, list[Carton]] = {}
    for carton in cartons:
        groups.setdefault(carton.lot, []).append(carton)
    return groups


def _gathered(lot: Lot, cartons: Sequence[Carton], hub: str, before: Collection[str]) -> CartonsGathered:
    return CartonsGathered(
        lot=lot.code,
        order_id=lot.order_id,
        line=lot.line,
        hub=hub,
        quantity=sum(carton.pieces for carton in cartons),
        cartons=len(cartons),
        again=sum(carton.pieces for carton in cartons if carton.sscc in before),
    )
