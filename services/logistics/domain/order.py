"""Our copy of what was ordered, and of what may be exported: we act on nothing we have not heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from shared.refusal import Refused, Sentence, one_after_another

LANES: Final = ("free", "parole_community", "custodial")
"""Who made the goods, from the least to the most restricted."""

EXPORT: Final = "export"
BEFORE_DOCUMENTS: Final = "before_documents"
"""Payment terms under which the transport document is released only once the order is paid."""


@dataclass(eq=False, kw_only=True)
class Clearance:
    """The newest decision of the orders service over one line and one purpose."""

    purpose: str
    quantity: int
    destination: str
    lane: str
    policies: list[str]
    granted_on: date
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What one invoice can cover: one seller, one consignee, one currency, one delivery term."""

    buyer: str
    consignee: tuple[str, ...]
    currency: str
    incoterm: str
    named_place: str


@dataclass(eq=False, kw_only=True)
class Order:
    id: UUID
    buyer: str
    buyer_name: str
    po_number: str
    currency: str
    incoterm: str
    named_place: str
    payment_terms: str = "open_account"
    payment_status: str | None = None

    @property
    def awaits_payment(self) -> bool:
        """Whether its transport document is kept back; while nobody told of a payment it is, if the order says so."""
        return self.payment_terms == BEFORE_DOCUMENTS and self.payment_status != "settled"


@dataclass(eq=False, kw_only=True)
class Line:
    """One item for one consignee."""

    order: Order
    number: int
    sku: str
    ordered: int
    unit_price: Decimal
    consignee_name: str
    consignee_address: list[str]
    destination: str
    clearances: list[Clearance] = field(default_factory=list)

    @property
    def terms(self) -> Terms:
        return Terms(
            buyer=self.order.buyer,
            consignee=(self.consignee_name, *self.consignee_address, self.destination),
            currency=self.order.currency,
            incoterm=self.order.incoterm,
            named_place=self.order.named_place,
        )

    def clearance(self, purpose: str) -> Clearance | None:
        return next((clearance for clearance in self.clearances if clearance.purpose == purpose), None)

    def sentence(self, message: str, **values: object) -> Sentence:
        """What is said of this line, which ``{line}`` stands for."""
        line = Sentence("line {number} of {order}", number=self.number, order=self.order.po_number)
        return Sentence(message, line=line, **values)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands at a hub of one order line. ``shipped`` are its pieces in shipments already."""

    line: Line
    lanes: frozenset[str]
    cartons: int
    pieces: int
    shipped: int


@dataclass(frozen=True, kw_only=True)
class Left:
    """What stays at the hub, and why."""

    standing: Standing
    reason: Sentence


def reason_to_stay(goods: Standing, on: date) -> Sentence | None:
    """Why these goods may not be exported, or nothing if an unexpired clearance covers all of them."""
    line, clearance = goods.line, goods.line.clearance(EXPORT)
    if clearance is None:
        return line.sentence(
            "{line} has no clearance to export yet; the orders service grants it after the release."
        )
    if clearance.destination != line.destination:
        return line.sentence(
            "{line} goes to {destination}, but is cleared for {cleared}.",
            destination=line.destination,
            cleared=clearance.destination,
        )
    if clearance.expires_on < on:
        return line.sentence(
            "The clearance of {line} expired on {day}; ask for a new release.", day=clearance.expires_on
        )
    if LANES.index(strictest(goods.lanes)) > LANES.index(clearance.lane):
        return line.sentence(
            "{line} is cleared for goods made in the {lane} lane, and holds {strictest} ones.",
            lane=clearance.lane,
            strictest=strictest(goods.lanes),
        )
    if goods.shipped + goods.pieces > clearance.quantity:
        return line.sentence(
            "{line} is cleared for {cleared} pieces: {shipped} are in shipments, and {pieces} more stand here.",
            cleared=clearance.quantity,
            shipped=goods.shipped,
            pieces=goods.pieces,
        )
    return None


def strictest(lanes: Iterable[str]) -> str:
    """A mixed load counts as the most restricted goods in it."""
    return max(lanes, key=LANES.index)


def sort_out(goods: Iterable[Standing], on: date) -> tuple[list[Standing], list[Left]]:
    """What may leave in one shipment: cleared to export and on one invoice; and what stays, with the reason."""
    going: list[Standing] = []
    left: list[Left] = []
    for standing in sorted(goods, key=lambda each: (each.line.order.id, each.line.number)):
        reason = reason_to_stay(standing, on)
        if reason is None and going and standing.line.terms != going[0].line.terms:
            reason = standing.line.sentence(
                "{line} has another consignee or other terms, so it leaves in a shipment of its own."
            )
        if reason is None:
            going.append(standing)
        else:
            left.append(Left(standing=standing, reason=reason))
    return going, left


def need_one_invoice(goods: Sequence[Standing]) -> None:
    """Refuse to put goods together that one invoice can't cover."""
    other = next((each for each in goods if each.line.terms != goods[0].line.terms), None)
    if other:
        raise Refused(
            other.line.sentence(
                "{line} has another consignee or other terms, so it leaves in a shipment of its own."
            ),
            field="other",
        )


def need_cleared(goods: Iterable[Standing], on: date) -> None:
    """Refuse to act on goods that may not be exported, naming each line."""
    reasons = [reason for standing in goods if (reason := reason_to_stay(standing, on))]
    if reasons:
        raise Refused(one_after_another(reasons))
