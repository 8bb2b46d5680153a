"""What becomes of cartons beside their usual way: set aside, damaged, lost, found, unpacked. One event a lot.

What may not leave stands in no shipment: it was taken out of the one it was in before.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from services.logistics.domain.carton import Carton, by_lot
from shared.events.logistics import (
    CartonsDamaged,
    CartonsFound,
    CartonsLost,
    CartonsQuarantined,
    CartonsUnpacked,
    QuarantineLifted,
)
from shared.refusal import Refused


def quarantine(cartons: Iterable[Carton], *, reason: str, at: datetime) -> list[object]:
    """Set cartons aside; those that are set aside already stay as they are, with the reason they have."""

    def set_aside(carton: Carton) -> None:
        carton.need_there()
        carton.quarantined_at, carton.quarantine_reason = at, reason

    return _told(CartonsQuarantined, cartons, lambda each: each.quarantined_at is None, set_aside)


def lift_quarantine(cartons: Iterable[Carton]) -> list[object]:
    def let_go(carton: Carton) -> None:
        carton.quarantined_at = carton.quarantine_reason = None

    return _told(QuarantineLifted, cartons, lambda each: each.quarantined_at is not None, let_go)


def damage(cartons: Iterable[Carton], *, at: datetime) -> list[object]:
    """A damaged carton is not mended: its pieces are unpacked, looked at and packed anew."""

    def spoil(carton: Carton) -> None:
        carton.need_there()
        carton.damaged_at = at

    return _told(CartonsDamaged, cartons, lambda each: each.damaged_at is None, spoil)


def lose(cartons: Iterable[Carton], *, at: datetime) -> list[object]:
    def miss(carton: Carton) -> None:
        carton.need_there()
        carton.lost_at = at
        carton.pallet = carton.palletised_at = None

    return _told(CartonsLost, cartons, lambda each: each.lost_at is None, miss)


def find(cartons: Iterable[Carton]) -> list[object]:
    """Cartons that were lost are there again; they are counted in at the hub where they turned up."""

    def turn_up(carton: Carton) -> None:
        carton.lost_at = carton.hub = carton.gathered_at = None

    return _told(CartonsFound, cartons, lambda each: each.lost_at is not None, turn_up)


def unpack(cartons: Iterable[Carton], *, at: datetime) -> list[object]:
    """Open cartons for good: their pieces wait for packing again, and their numbers are retired."""

    def open_up(carton: Carton) -> None:
        carton.need_there()
        if carton.returned_at is not None:
            raise Refused(
                "Carton {sscc} came back with its shipment: its pieces have left their order, and what becomes of them"
                " is settled there.",
                field="ssccs",
                sscc=carton.sscc,
            )
        if carton.shipment_id is not None:
            raise Refused(
                "Carton {sscc} is in a shipment: what is in one is not unpacked.",
                field="ssccs",
                sscc=carton.sscc,
            )
        carton.unpacked_at = at
        carton.pallet = carton.palletised_at = None
        carton.lot.packed -= carton.pieces

    return _told(CartonsUnpacked, cartons, lambda each: each.unpacked_at is None, open_up)


def explain(carton: Carton, *, role: str) -> None:
    """Somebody answers for the weight of a carton that weighs too much or too little."""
    if not carton.must_be_reopened:
        raise Refused(
            "There is nothing to explain: carton {sscc} weighs what it should.",
            field="ssccs",
            sscc=carton.sscc,
        )
    carton.explained_by = role


def _told(
    kind: Callable[..., object],
    cartons: Iterable[Carton],
    is_news: Callable[[Carton], bool],
    change: Callable[[Carton], None],
) -> list[object]:
    """Change the cartons of which this is news, and tell it lot by lot."""
    news = [carton for carton in cartons if is_news(carton)]
    for carton in news:
        change(carton)
    return [kind(**_of(of_lot)) for of_lot in by_lot(news).values()]


def _of(cartons: Sequence[Carton]) -> dict[str, Any]:
    lot = cartons[0].lot
    return {
        "lot": lot.code,
        "order_id": lot.order_id,
        "line": lot.line,
        "quantity": sum(carton.pieces for carton in cartons),
        "ssccs": tuple(carton.sscc for carton in cartons),
    }
