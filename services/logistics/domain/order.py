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
HOME: Final = "ID"
BEFORE_DOCUMENTS: Final = "before_documents"
"""Payment terms under which the transport document is released only once the order is paid."""


class NotCleared(Refused):
    """Goods were to pass a gate that no decision of the orders service opens for them."""


@dataclass(eq=False, kw_only=True)
class Clearance:
    """The newest decision of the orders service over one line and one purpose.

    One that takes more lots in leaves the others cleared since the day on which each of them was (``lots_since``).
    """

    purpose: str
    quantity: int
    destination: str
    lane: str
    policies: list[str]
    granted_on: date
    expires_on: date
    transit: list[str] | None = None
    lots: list[str] | None = None
    lots_since: list[date] | None = None

    @property
    def since(self) -> dict[str, date]:
        """The day since which each lot is cleared, as far as lots are named."""
        lots = self.lots or []
        return dict(zip(lots, self.lots_since or [self.granted_on] * len(lots), strict=True))

    def since_of(self, lot: str) -> date | None:
        """The day since which it covers a lot, if it does: one that names no lots covers each of them."""
        return self.granted_on if self.lots is None else self.since.get(lot)

    def went_on(self, on: date, destination: str) -> bool:
        """Whether a decision of that day for this destination follows without a break."""
        return self.destination == destination and self.expires_on >= on

    def covers_since(self, lots: Iterable[str]) -> date:
        """The day from which on all of these were cleared."""
        since = self.since
        return max((since.get(lot, self.granted_on) for lot in lots), default=self.granted_on)

    def lets_through(self, country: str) -> bool:
        """Whether goods may enter this country; on a route that nobody told, only that of their destination."""
        return country in (HOME, self.destination, *(self.transit or ()))


def cleared_since(former: Clearance | None, lots: Iterable[str], on: date, destination: str) -> list[date]:
    """The day since which each lot is cleared by a decision of that day; what the one before covers stays covered."""
    if former is None or not former.went_on(on, destination):
        return [on for _ in lots]
    return [former.since_of(lot) or on for lot in lots]


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
    lots: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Left:
    """What stays at the hub, and why; ``cleared`` where that has nothing to do with a decision."""

    standing: Standing
    reason: Sentence
    cleared: bool


def reason_to_stay(goods: Standing, on: date, route: Iterable[str] = ()) -> Sentence | None:
    """Why these goods may not be exported, or nothing if an unexpired clearance covers all of them.

    ``route`` are the countries that they are to enter, as far as a booking has told.
    """
    line, clearance = goods.line, goods.line.clearance(EXPORT)
    if clearance is None:
        return line.sentence(
            "{line} has no clearance to export yet; the orders service grants it after the release."
        )
    since = clearance.covers_since(goods.lots)
    uncovered = _uncovered(line, clearance, strictest(goods.lanes), since, on) or _of_other_lots(
        goods, clearance
    )
    if uncovered:
        return uncovered
    if goods.shipped + goods.pieces > clearance.quantity:
        return line.sentence(
            "{line} is cleared for {cleared} pieces: {shipped} are in shipments, and {pieces} more stand here.",
            cleared=clearance.quantity,
            shipped=goods.shipped,
            pieces=goods.pieces,
        )
    return _off_the_route(line, clearance, route)


def _uncovered(line: Line, clearance: Clearance, lane: str, since: date, on: date) -> Sentence | None:
    """Why a decision is none for goods of this lane on that day, however many they are."""
    if clearance.destination != line.destination:
        return line.sentence(
            "{line} goes to {destination}, but is cleared for {cleared}.",
            destination=line.destination,
            cleared=clearance.destination,
        )
    if on < since:
        return line.sentence("{line} was cleared only on {day}.", day=since)
    if clearance.expires_on < on:
        return line.sentence(
            "The clearance of {line} expired on {day}; ask for a new release.", day=clearance.expires_on
        )
    if LANES.index(lane) > LANES.index(clearance.lane):
        return line.sentence(
            "{line} is cleared for goods made in the {lane} lane, and holds {strictest} ones.",
            lane=clearance.lane,
            strictest=lane,
        )
    return None


def _of_other_lots(goods: Standing, clearance: Clearance) -> Sentence | None:
    """What was finished after the decision needs one of its own."""
    others = [] if clearance.lots is None else sorted(goods.lots - set(clearance.lots))
    if not others:
        return None
    return goods.line.sentence(
        "{line} holds {lots}, which the decision to export does not name; ask for their release, or choose the cartons"
        " of the lots that it names.",
        lots=", ".join(others),
    )


def _off_the_route(line: Line, clearance: Clearance, route: Iterable[str]) -> Sentence | None:
    entered = sorted(country for country in set(route) if not clearance.lets_through(country))
    if not entered:
        return None
    return line.sentence(
        "{line} is not cleared for a route through {countries}; amend the route of the order line, which has it"
        " screened again.",
        countries=", ".join(entered),
    )


def need_cleared_to_pack(line: Line, *, lane: str, pieces: int, packed: int, on: date) -> None:
    """Refuse to pack what no unexpired clearance of the line covers: to produce while it is made, then to export."""
    none = line.sentence("{line} has no clearance, so nothing of it is packed.")
    reasons = [_not_to_pack(line, each, lane, packed + pieces, on) for each in line.clearances] or [none]
    if all(reasons):
        raise NotCleared(one_after_another([reason for reason in reasons if reason]), field="lot")


def _not_to_pack(line: Line, clearance: Clearance, lane: str, pieces: int, on: date) -> Sentence | None:
    uncovered = _uncovered(line, clearance, lane, clearance.granted_on, on)
    if uncovered is None and pieces > clearance.quantity:
        return line.sentence(
            "{line} is cleared for {cleared} pieces, and {pieces} would be in cartons.",
            cleared=clearance.quantity,
            pieces=pieces,
        )
    return uncovered


def strictest(lanes: Iterable[str]) -> str:
    """A mixed load counts as the most restricted goods in it."""
    return max(lanes, key=LANES.index)


def sort_out(goods: Iterable[Standing], on: date) -> tuple[list[Standing], list[Left]]:
    """What may leave in one shipment: cleared to export and on one invoice; and what stays, with the reason."""
    going: list[Standing] = []
    left: list[Left] = []
    for standing in sorted(goods, key=lambda each: (each.line.order.id, each.line.number)):
        reason = reason_to_stay(standing, on)
        cleared = reason is None
        if cleared and going and standing.line.terms != going[0].line.terms:
            reason = standing.line.sentence(
                "{line} has another consignee or other terms, so it leaves in a shipment of its own."
            )
        if reason is None:
            going.append(standing)
        else:
            left.append(Left(standing=standing, reason=reason, cleared=cleared))
    return going, left


def need_all(left: Sequence[Left], *, field: str) -> None:
    """Refuse to leave anything of what was chosen."""
    held = [each.reason for each in left if not each.cleared]
    if held:
        raise NotCleared(one_after_another(held), field=field)
    if left:
        raise Refused(one_after_another([each.reason for each in left]), field=field)


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


def need_cleared(goods: Iterable[Standing], on: date, route: Sequence[str] = ()) -> None:
    """Refuse to act on goods that may not be exported, naming each line."""
    reasons = [reason for standing in goods if (reason := reason_to_stay(standing, on, route))]
    if reasons:
        raise NotCleared(one_after_another(reasons))
