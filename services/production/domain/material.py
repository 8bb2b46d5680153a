"""Lots of material at a facility: what was received, used and written off, and what may not be used."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.production.domain.remarks import said
from shared.refusal import Refused

UNITS = ("kg", "m", "m2", "piece")
GEOLOCATION = re.compile(r"-?\d{1,2}\.\d{4,}, ?-?\d{1,3}\.\d{4,}", re.ASCII)
"""Latitude and longitude in decimal degrees; the European Union asks for six decimals where they are known."""


@dataclass(eq=False, kw_only=True)
class MaterialLot:
    """One receipt. ``used`` and ``written_off`` never exceed ``quantity``; what is quarantined is not used."""

    id: UUID
    number: str
    facility: str
    material: str
    supplier: str
    quantity: Decimal
    received_on: date
    plot: str | None = None
    geolocation: str | None = None
    used: Decimal = Decimal(0)
    written_off: Decimal = Decimal(0)
    quarantined_reason: str | None = None

    @property
    def stock(self) -> Decimal:
        return self.quantity - self.used - self.written_off

    def quarantine(self, *, reason: str) -> None:
        if self.quarantined_reason is not None:
            raise Refused("{number} is quarantined already.", number=self.number)
        self.quarantined_reason = said(reason)

    def release(self) -> None:
        if self.quarantined_reason is None:
            raise Refused("{number} is not quarantined.", number=self.number)
        self.quarantined_reason = None

    def write_off(self, quantity: Decimal) -> None:
        """It is spoilt or lost; what is quarantined may be written off too."""
        if not 0 < quantity <= self.stock:
            raise Refused(
                "Give a quantity above 0 and up to {most}.", field="quantity", most=self.stock.normalize() + 0
            )
        self.written_off += quantity

    def take(self, most: Decimal) -> Decimal:
        """Use up to that much of it; what was used."""
        taken = min(most, self.stock)
        self.used += taken
        return taken

    def give_back(self, quantity: Decimal, *, used_by_it: Decimal) -> None:
        """Less was used than was counted; a correction, never of more than was counted."""
        if not 0 < quantity <= used_by_it:
            raise Refused(
                "Give a quantity above 0 and up to {most}.", field="quantity", most=used_by_it.normalize() + 0
            )
        self.used -= quantity


def must_be_traced(*, plot_needed: bool, plot: str | None, geolocation: str | None) -> None:
    """Refuse wood whose plot nobody knows: goods made of it could not go to the European Union."""
    if geolocation is not None and not GEOLOCATION.fullmatch(geolocation):
        raise Refused(
            "Give latitude and longitude in degrees with four or more decimals, such as -7.4300, 111.0200.",
            field="geolocation",
        )
    if plot_needed and not plot:
        raise Refused("Give the plot that this material grew on.", field="plot")
    if plot_needed and not geolocation:
        raise Refused("Give the geolocation of the plot that this material grew on.", field="geolocation")


@dataclass(frozen=True)
class Used:
    """What was taken of a lot; of none where the books have no stock left."""

    lot: MaterialLot | None
    quantity: Decimal


def use(quantity: Decimal, lots: Sequence[MaterialLot]) -> list[Used]:
    """Take a quantity of the lots, in their order. What they do not have is counted as used without a receipt."""
    used = []
    for lot in lots:
        if quantity and (taken := lot.take(quantity)):
            used.append(Used(lot, taken))
            quantity -= taken
    return [*used, *([Used(None, quantity)] if quantity else [])]


def stopped(
    needs: Sequence[tuple[UUID, Decimal]], *, used_by: Collection[UUID], stock: Decimal
) -> list[UUID]:
    """Which of the work orders stand still when a lot is quarantined: they used it, or what else there is is not enough."""
    without = lacking(needs, stock)
    return [id for id, _ in needs if id in used_by or id in without]


def lacking(needs: Sequence[tuple[UUID, Decimal]], stock: Decimal) -> list[UUID]:
    """Which of the work orders, in their order, the stock is not enough for."""
    without = []
    for id, need in needs:
        if need > stock:
            without.append(id)
        else:
            stock -= need
    return without
