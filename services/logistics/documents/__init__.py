"""What the papers of a shipment say: its lists, invoice, instructions, notes and carton labels.

The builders are pure: the same paper gives the same bytes. They name the facility and the lot
that goods come from, never a person who made them.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from services.logistics.domain.sscc import check, check_gtin, check_lot

Told = Callable[[int], None]
"""Is told how many cartons stand on a long paper by now, again and again while it is made."""


def untold(_cartons: int) -> None:
    """For whoever waits for the whole."""


HIGHEST_COUNT = 99_999_999
"""A barcode has eight digits for the pieces in a carton."""


@dataclass(frozen=True, kw_only=True)
class PartyPaper:
    """Somebody named on a paper; ``country`` is ISO 3166-1 alpha-2."""

    name: str
    address: tuple[str, ...]
    country: str


@dataclass(frozen=True, kw_only=True)
class GoodsLine:
    """One order line of the shipment; ``manufacturers`` are the facilities by their true names."""

    po: str
    line: int
    sku: str
    description: str
    hs6: str
    quantity: int
    unit_price: Decimal
    manufacturers: tuple[PartyPaper, ...]


@dataclass(frozen=True, kw_only=True)
class CartonPaper:
    """One carton, ``number`` of ``count``; grams and millimetres are of the closed carton."""

    sscc: str
    number: int
    count: int
    po: str
    sku: str
    description: str
    gtin: str
    lot: str
    quantity: int
    facility: str
    gross_g: int
    length_mm: int
    width_mm: int
    height_mm: int
    full: int | None = None
    pallet: str | None = None

    @property
    def is_part(self) -> bool:
        """Whether it holds fewer pieces than a full one; ``full`` tells how many that are, if it is known."""
        return self.full is not None and self.quantity < self.full

    @property
    def volume_mm3(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, kw_only=True)
class PalletPaper:
    """A pallet as its label shows it: built at the hub, of what the makers made."""

    sscc: str
    hub: str
    makers: tuple[str, ...]
    cartons: int
    pieces: int
    gross_g: int


@dataclass(frozen=True, kw_only=True)
class ShipmentPaper:
    """A shipment as its papers show it. Ports are UN/LOCODE; what is not known yet is None.

    ``incoterm`` is the three letters of Incoterms 2020, at ``named_place``.
    """

    number: str
    made_on: date
    exporter: PartyPaper
    consignee: PartyPaper
    hub: str
    incoterm: str
    named_place: str
    currency: str
    lines: tuple[GoodsLine, ...]
    cartons: tuple[CartonPaper, ...]
    mode: str
    port_of_loading: str | None = None
    port_of_discharge: str | None = None
    vessel: str | None = None
    voyage: str | None = None
    container: str | None = None
    seal: str | None = None
    carrier: str | None = None
    etd: date | None = None
    declared: Mapping[str, str] = field(default_factory=dict)
    """What was filed with customs, by the names of the declaration's fields; nothing before it was."""

    @property
    def po_numbers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.po for line in self.lines))

    @property
    def manufacturers(self) -> tuple[PartyPaper, ...]:
        """Each facility once, in the order of the lines."""
        return tuple(dict.fromkeys(maker for line in self.lines for maker in line.manufacturers))

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)


def need_agreement(paper: ShipmentPaper) -> None:
    """Refuse a paper whose cartons and lines tell different stories, or that hides who made the goods."""
    for line in paper.lines:
        _need_line(line)
    for carton in paper.cartons:
        need_carton(carton)
    _need_each_carton_once(paper.cartons)
    _need_sums(paper)


def need_carton(carton: CartonPaper) -> None:
    """Refuse a carton that its label could not tell: numbers, lot and count must fit their barcodes."""
    check(carton.sscc)
    check_gtin(carton.gtin)
    check_lot(carton.lot)
    if not 1 <= carton.quantity <= HIGHEST_COUNT:
        raise ValueError(
            f"Carton {carton.sscc} holds {carton.quantity} pieces of {carton.sku}; "
            f"it must be 1 to {HIGHEST_COUNT}."
        )


def _need_line(line: GoodsLine) -> None:
    if line.quantity < 1:
        raise ValueError(f"Line {line.line} ({line.sku}) has {line.quantity} pieces; it needs at least one.")
    if line.unit_price < 0:
        raise ValueError(f"Line {line.line} ({line.sku}) has a price below zero: {line.unit_price}.")
    if not line.manufacturers:
        raise ValueError(f"Line {line.line} ({line.sku}) names no manufacturer: every paper must.")


def _need_each_carton_once(cartons: tuple[CartonPaper, ...]) -> None:
    for sscc, times in Counter(carton.sscc for carton in cartons).items():
        if times > 1:
            raise ValueError(f"Carton {sscc} is listed {times} times; a carton ships once.")


def _need_sums(paper: ShipmentPaper) -> None:
    listed: Counter[tuple[str, str]] = Counter()
    packed: Counter[tuple[str, str]] = Counter()
    for line in paper.lines:
        listed[line.po, line.sku] += line.quantity
    for carton in paper.cartons:
        packed[carton.po, carton.sku] += carton.quantity
    for po, sku in listed | packed:
        if listed[po, sku] != packed[po, sku]:
            raise ValueError(
                f"{sku} of {po}: the lines say {listed[po, sku]} pieces and the cartons hold "
                f"{packed[po, sku]}; they must be equal."
            )
