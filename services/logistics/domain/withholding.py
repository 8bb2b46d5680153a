"""Taking finished goods to stock that were cancelled: free pieces first, then cartons that may be opened."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.logistics.domain.carton import Carton, Lot
from shared.events.logistics import GoodsWithheld, Kept, WithholdingAnswered


@dataclass
class _Taken:
    """What was taken of one lot, and the cartons that were opened for it."""

    pieces: int = 0
    opened: list[Carton] = field(default_factory=list)


def withhold(
    quantity: int,
    *,
    about: dict[str, Any],
    lots: Sequence[Lot],
    cartons: Sequence[Carton],
    unpack: bool,
    at: datetime,
    open_shipments: Collection[UUID] = (),
) -> list[object]:
    """Withhold up to the quantity from the line's lots, and say where the others are.

    ``about`` names the order, the line and the cancellation. ``unpack`` lets cartons be opened that
    are in no shipment or in one of ``open_shipments``, those farthest from the port first; what one
    held beyond the quantity waits for packing again.
    """
    taken = {lot.code: _Taken() for lot in lots}
    rest = quantity
    for lot in lots:
        rest -= _take(lot, min(rest, lot.free), taken[lot.code])
    may_be_opened = [each for each in cartons if _can_be_opened(each, open_shipments)]
    for carton in sorted(may_be_opened, key=_farthest_from_port) if unpack else ():
        if not rest:
            break
        carton.unpacked_at = at
        carton.shipment_id = carton.loaded_at = carton.pallet = carton.palletised_at = None
        carton.lot.packed -= carton.pieces
        taken[carton.lot.code].opened.append(carton)
        rest -= _take(carton.lot, min(rest, carton.pieces), taken[carton.lot.code])
    withheld = [_withheld(about, code, each) for code, each in taken.items() if each.pieces]
    answer = WithholdingAnswered(
        **about,
        asked=quantity,
        withheld=quantity - rest,
        lots=tuple(each.lot for each in withheld),
        kept=tuple(_kept(rest, cartons)),
    )
    return [*withheld, answer]


def _take(lot: Lot, pieces: int, taken: _Taken) -> int:
    lot.withheld += pieces
    taken.pieces += pieces
    return pieces


def _can_be_opened(carton: Carton, open_shipments: Collection[UUID]) -> bool:
    if carton.shipment_id in open_shipments:
        return carton.unpacked_at is None and carton.lost_at is None
    return carton.can_be_unpacked


def _farthest_from_port(carton: Carton) -> tuple[bool, bool, str]:
    return carton.shipment_id is not None, carton.hub is not None, carton.sscc


def _withheld(about: dict[str, Any], lot: str, taken: _Taken) -> GoodsWithheld:
    return GoodsWithheld(
        **about,
        lot=lot,
        quantity=taken.pieces,
        unpacked=sum(carton.pieces for carton in taken.opened),
        ssccs=tuple(carton.sscc for carton in taken.opened),
    )


def _kept(rest: int, cartons: Iterable[Carton]) -> Iterable[Kept]:
    """Where the pieces are that were not withheld, as far as there are as many."""
    found = list(cartons)
    shut = sum(carton.pieces for carton in found if carton.can_be_unpacked)
    shipped = sum(carton.pieces for carton in found if carton.shipment_id is not None)
    if packed := min(rest, shut):
        yield Kept(quantity=packed, reason="packed")
    if gone := min(rest - packed, shipped):
        yield Kept(quantity=gone, reason="in_shipment")
    if unfinished := rest - packed - gone:
        yield Kept(quantity=unfinished, reason="not_finished")
