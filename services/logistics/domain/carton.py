"""Packing: the good pieces of a lot go into cartons, each with a number that is never used again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.logistics.domain.sscc import check_lot, sscc
from shared.events.logistics import CartonsGathered, CartonsPacked
from shared.refusal import Refused

HEAVIEST_G = 25_000
"""What one person may lift: the gross weight of a closed carton, in grams."""


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
    that was unpacked never leaves, and its number is retired.
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

    @property
    def can_be_unpacked(self) -> bool:
        return self.shipment_id is None and self.unpacked_at is None


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
        self, quantity: int, packaging: Packaging, serials: Sequence[int], *, at: datetime
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
                sscc=sscc(serial),
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
        )


def gather(cartons: Iterable[Carton], hub: str, *, at: datetime) -> list[CartonsGathered]:
    """Cartons arrived at a hub; one event for each lot. Those that are there already stay as they are."""
    arrived: dict[Lot, list[Carton]] = {}
    for carton in cartons:
        if carton.unpacked_at is not None:
            raise Refused(
                "Carton {sscc} was unpacked because its goods were cancelled; its number is retired.",
                field="ssccs",
                sscc=carton.sscc,
            )
        if carton.hub is None:
            arrived.setdefault(carton.lot, []).append(carton)
        elif carton.hub != hub:
            raise Refused(
                "Carton {sscc} arrived at {there} before, not at {hub}.",
                field="hub",
                sscc=carton.sscc,
                there=carton.hub,
                hub=hub,
            )
    for carton in (carton for of_lot in arrived.values() for carton in of_lot):
        carton.hub, carton.gathered_at = hub, at
    return [_gathered(lot, of_lot, hub) for lot, of_lot in arrived.items()]


def _gathered(lot: Lot, cartons: Sequence[Carton], hub: str) -> CartonsGathered:
    return CartonsGathered(
        lot=lot.code,
        order_id=lot.order_id,
        line=lot.line,
        hub=hub,
        quantity=sum(carton.pieces for carton in cartons),
        cartons=len(cartons),
    )
