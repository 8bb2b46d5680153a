"""Taking finished goods to stock that were cancelled: free pieces first, then cartons that may be opened."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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
) -> list[object]:
    """Withhold up to the quantity from the line's lots, and say where the others are.

    ``about`` names the order, the line and the cancellation. ``unpack`` lets cartons be opened that
    are in no shipment, those not on their way to the port yet first; what one held beyond the
    quantity waits for packing again.
    """
    taken = {lot.code: _Taken() for lot in lots}
    rest = quantity
    for lot in lots:
        rest -= _take(lot, min(rest, lot.free), taken[lot.code])
    for carton in sorted(filter(_can_be_unpacked, cartons), key=_farthest_from_port) if unpack else ():
        if not rest:
            break
        carton.unpacked_at = at
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


def _can_be_unpacked(carton: Carton) -> bool:
    return carton.can_be_unpacked


def _farthest_from_port(carton: Carton) -> tuple[bool, str]:
    return carton.hub is not None, carton.sscc


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
    shut = sum(carton.pieces for carton in found if carton.shipment_id is None and carton.unpacked_at is None)
    shipped = sum(carton.pieces for carton in found if carton.shipment_id is not None)
    if packed := min(rest, shut):
        yield Kept(quantity=packed, reason="packed")
    if gone := min(rest - packed, shipped):
        yield Kept(quantity=gone, reason="in_shipment")
    if unfinished := rest - packed - gone:
        yield Kept(quantity=unfinished, reason="not_finished")
