"""An order and its lines: quantities decide, states are derived."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.orders.domain.destination_policy import Action
from shared.events.orders import (
    ClearanceGranted,
    HoldOpened,
    OrderClosed,
    OrderLineClosed,
    OrderPlaced,
    Party,
    PlacedLine,
    Purpose,
    ReleaseSigned,
)
from shared.refusal import Refused
from shared.text import is_plain

RELEASE_ROLES = ("compliance_officer", "kanwil")
"""Who may sign a release: the exporter's compliance officer and the regional office, one of each."""
RELEASE_DAYS = 90
SHORTEST_REASON, LONGEST_REASON = 40, 2000
FARTHEST_REQUEST = timedelta(days=5 * 365)
"""Who asks for a later day has mistyped the year: prices, rules and capacity are known for far less."""

LANE: Final = "custodial"
"""Work planned in a Lapas or Rutan is custodial until its lots show otherwise."""


@dataclass(frozen=True)
class Signer:
    """A named person who signs a release, in the role that gives the right to."""

    id: str
    name: str
    role: str


@dataclass(eq=False, kw_only=True)
class Signature:
    """One of the two signatures under a release."""

    signer_id: str
    signer_name: str
    role: str
    reason: str
    signed_on: date


@dataclass(eq=False, kw_only=True)
class Hold:
    """A line waits for a decision: to produce it, or to export it."""

    purpose: Purpose
    quantity: int
    signatures: list[Signature] = field(default_factory=list)

    @property
    def released(self) -> bool:
        return {signature.role for signature in self.signatures} == set(RELEASE_ROLES)

    def sign(self, by: Signer, reason: str, on: date) -> None:
        """Add a signature; refused for a role without the right, twice the same person or the same role."""
        if by.role not in RELEASE_ROLES:
            raise Refused(f"A release is signed by {' and '.join(RELEASE_ROLES)}, not by {by.role}.")
        reason = _reason(reason)
        if any(by.id == earlier.signer_id or by.role == earlier.role for earlier in self.signatures):
            raise Refused(f"The release already has the signature of {by.role}; the other role signs next.")
        self.signatures.append(
            Signature(signer_id=by.id, signer_name=by.name, role=by.role, reason=reason, signed_on=on)
        )


def _reason(text: str) -> str:
    reason = text.replace("\r\n", "\n").strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused(f"Give the reason in {SHORTEST_REASON} characters or more.", field="reason")
    if len(reason) > LONGEST_REASON or not is_plain(reason, lines=True):
        plain = f"Give the reason in plain text of up to {LONGEST_REASON} characters."
        raise Refused(plain, field="reason")
    return reason


@dataclass(eq=False, kw_only=True)
class Line:
    """One item for one consignee.

    All quantities are pieces and only grow: ``ordered >= allocated >= good >= packed >= departed
    >= delivered``, each counted from what the services said.
    """

    number: int
    sku: str
    unit_price: Decimal
    requested_date: date
    consignee_name: str
    consignee_address: list[str]
    destination: str
    action: Action
    policies: list[str]
    needs: list[str]
    law: list[str]
    explanation_en: str
    explanation_id: str
    ordered: int
    cancelled: int = 0
    allocated: int = 0
    started: int = 0
    good: int = 0
    packed: int = 0
    departed: int = 0
    delivered: int = 0
    promised_date: date | None = None
    holds: list[Hold] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """What is still to be delivered in the end."""
        return self.ordered - self.cancelled

    @property
    def blocked(self) -> bool:
        return self.action == "block"

    @property
    def open_hold(self) -> Hold | None:
        """The hold that waits for signatures now, if any."""
        return next((hold for hold in self.holds if not hold.released), None)

    def cleared_to(self, purpose: Purpose) -> bool:
        if self.blocked:
            return False
        return self.action == "allow" or any(h.purpose == purpose and h.released for h in self.holds)

    @property
    def closed(self) -> bool:
        """Nothing is left to do for anybody."""
        return self.delivered == self.wanted

    @property
    def state(self) -> str:
        """The line's state in one word, a function of its quantities and its clearance."""
        if self.wanted == 0:
            return "cancelled"
        if self.closed:
            return "closed"
        if self.blocked:
            return "policy_blocked"
        for quantity, part, whole in (
            (self.delivered, "part_delivered", "delivered"),
            (self.departed, "part_shipped", "shipped"),
            (self.good, "part_ready", "ready"),
        ):
            if quantity:
                return whole if quantity == self.wanted else part
        if not self.cleared_to("produce"):
            return "policy_hold"
        if self.started:
            return "in_production"
        if self.allocated:
            return "allocated" if self.allocated == self.wanted else "part_allocated"
        return "accepted"

    def consignee(self) -> Party:
        return Party(
            name=self.consignee_name, address=tuple(self.consignee_address), country=self.destination
        )


@dataclass(eq=False, kw_only=True)
class Order:
    """What a buyer asked for under one purchase order number."""

    id: UUID
    buyer: str
    buyer_name: str
    po_number: str
    currency: str
    incoterm: str
    named_place: str
    placed_by: str
    placed_on: date
    lines: list[Line]

    def line(self, number: int) -> Line:
        for line in self.lines:
            if line.number == number:
                return line
        raise Refused(f"The order has no line {number}; its lines are 1 to {len(self.lines)}.", field="line")

    @property
    def state(self) -> str:
        """The header's roll-up: closed when every line is, else what the least advanced open line is at."""
        open_lines = [line for line in self.lines if not line.closed]
        workable = [line for line in open_lines if not line.blocked]
        if not open_lines:
            return "closed"
        if not workable:
            return "blocked"
        return "on_hold" if all(line.state == "policy_hold" for line in workable) else "in_progress"

    def place(self) -> list[object]:
        """What happened when the order was placed: it stands, and each line was held or cleared."""
        events: list[object] = [self._placed()]
        for line in self.lines:
            if not line.blocked:
                events += self._ask_or_clear(line, "produce", self.placed_on)
        return events

    def sign_release(self, number: int, *, by: Signer, reason: str, on: date) -> list[object]:
        """One of two named people releases a held line; the second signature clears it."""
        line = self.line(number)
        if line.blocked:
            raise Refused(
                f"Line {number} is blocked by {', '.join(line.law)} and can't be released: change the destination,"
                " sell it at home, or cancel it."
            )
        hold = line.open_hold
        if hold is None:
            raise Refused(f"Line {number} waits for no release.")
        if by.id == self.placed_by:
            raise Refused("Who placed the order can't release it.")
        hold.sign(by, reason, on)
        signed = ReleaseSigned(order_id=self.id, line=number, purpose=hold.purpose, role=by.role)
        return [signed, self._clearance(line, hold.purpose, on)] if hold.released else [signed]

    def plan(self, number: int, *, allocated: int, promised_date: date | None) -> None:
        """Production shared the line out; what it allocated replaces what it had."""
        line = self.line(number)
        line.allocated, line.promised_date = allocated, promised_date

    def finish(self, number: int, quantity: int, *, on: date) -> list[object]:
        """Good pieces were released as a lot. The last of them asks for the second release, to export."""
        line = self.line(number)
        line.good += quantity
        return self._ask_or_clear(line, "export", on) if line.good == line.wanted else []

    def deliver(self, number: int, quantity: int) -> list[object]:
        """The consignee received pieces; the last of them closes the line, the last line the order."""
        line = self.line(number)
        line.delivered += quantity
        if not line.closed:
            return []
        closed: list[object] = [OrderLineClosed(order_id=self.id, line=number, delivered=line.delivered)]
        if self.state == "closed":
            closed.append(OrderClosed(order_id=self.id))
        return closed

    def _placed(self) -> OrderPlaced:
        return OrderPlaced(
            order_id=self.id,
            buyer=self.buyer,
            buyer_name=self.buyer_name,
            po_number=self.po_number,
            currency=self.currency,
            incoterm=self.incoterm,
            named_place=self.named_place,
            lines=tuple(_placed_line(line) for line in self.lines),
        )

    def _ask_or_clear(self, line: Line, purpose: Purpose, on: date) -> list[object]:
        if line.action == "allow":
            return [self._clearance(line, purpose, on)]
        line.holds.append(Hold(purpose=purpose, quantity=line.wanted))
        return [
            HoldOpened(
                order_id=self.id,
                line=line.number,
                purpose=purpose,
                policies=tuple(line.policies),
                needs=tuple(line.needs),
            )
        ]

    def _clearance(self, line: Line, purpose: Purpose, on: date) -> ClearanceGranted:
        return ClearanceGranted(
            order_id=self.id,
            line=line.number,
            purpose=purpose,
            quantity=line.wanted,
            destination=line.destination,
            lane=LANE,
            policies=tuple(line.policies),
            expires_on=on + timedelta(days=RELEASE_DAYS),
        )


def _placed_line(line: Line) -> PlacedLine:
    return PlacedLine(
        number=line.number,
        sku=line.sku,
        quantity=line.ordered,
        unit_price=line.unit_price,
        requested_date=line.requested_date,
        consignee=line.consignee(),
        screening=line.action,
        policies=tuple(line.policies),
    )
