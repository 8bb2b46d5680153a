"""Pallets: cartons that stand at one hub are put on one, and move with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.logistics.domain.carton import Carton
from services.logistics.domain.sscc import DEMONSTRATION_PREFIX, sscc
from shared.refusal import Refused

EXTENSION = 1
"""By our custom a pallet's SSCC begins with 1 and a carton's with 0."""
HEAVIEST_G = 1_000_000
"""What a pallet of wood carries when it is lifted by a fork."""


@dataclass(eq=False, kw_only=True)
class Pallet:
    """What cartons stand on. Its number is never used again."""

    sscc: str
    serial: int
    hub: str
    built_at: datetime


def new_pallet(serial: int, hub: str, *, at: datetime, prefix: str = DEMONSTRATION_PREFIX) -> Pallet:
    number = sscc(serial, prefix=prefix, extension=EXTENSION)
    return Pallet(sscc=number, serial=serial, hub=hub, built_at=at)


def put_on(pallet: Pallet, carton: Carton, *, at: datetime) -> None:
    """A carton that stands at the pallet's hub is put on it; on one pallet only."""
    carton.need_movable()
    if carton.hub != pallet.hub:
        raise Refused(
            "Carton {sscc} does not stand at {hub}, where pallet {pallet} is: scan its arrival first.",
            field="sscc",
            sscc=carton.sscc,
            hub=pallet.hub,
            pallet=pallet.sscc,
        )
    if carton.pallet not in (None, pallet.sscc):
        raise Refused(
            "Carton {sscc} stands on pallet {other}: take it off there first.",
            field="sscc",
            sscc=carton.sscc,
            other=carton.pallet,
        )
    carton.pallet, carton.palletised_at = pallet.sscc, at


def need_liftable(pallet: Pallet, on_it: Iterable[Carton]) -> None:
    grams = sum(carton.weight_g for carton in on_it)
    if grams > HEAVIEST_G:
        raise Refused(
            "Pallet {pallet} would weigh {weight} g; {most} g is the most that it carries.",
            field="pallet",
            pallet=pallet.sscc,
            weight=grams,
            most=HEAVIEST_G,
        )


def take_off(carton: Carton) -> None:
    carton.pallet = carton.palletised_at = None
