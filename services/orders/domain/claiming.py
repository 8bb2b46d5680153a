"""What may be claimed, and how a claim is decided and settled."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.orders.domain.claim import Claim
from services.orders.domain.order import Line, Order
from services.orders.domain.payment import amount_of, smallest_unit
from shared.events.orders import ClaimDecided, ClaimMade, ClaimSettled, Settlement
from shared.refusal import Refused


def shared_out(quantity: int, cartons: int, *, full: int) -> list[int]:
    """What so many cartons hold: full ones, and the rest in the last; as good as alike, where that is not so many."""
    last = quantity - full * (cartons - 1)
    if 1 <= last <= full:
        return [full] * (cartons - 1) + [last]
    return [-(-quantity // cartons)] * cartons


def make(order: Order, claim: Claim, *, holds: int, arrived: bool) -> list[object]:
    """The buyer claims pieces of a carton that arrived, or was reported as not having done so; each piece once."""
    if not arrived:
        raise Refused(
            "Carton {sscc} is not delivered; claim it once it is there, or reported as short-landed.",
            field="sscc",
            sscc=claim.sscc,
        )
    claimed = sum(each.claimed for each in order.claims if each.sscc == claim.sscc)
    left = max(0, holds - claimed)
    if not 1 <= claim.quantity <= left:
        raise Refused(
            "{left} pieces of carton {sscc} can be claimed: it holds {holds}, of which {claimed} are claimed already.",
            field="quantity",
            left=left,
            sscc=claim.sscc,
            holds=holds,
            claimed=claimed,
        )
    order.claims.append(claim)
    return [ClaimMade(**_about(order, claim), sscc=claim.sscc, quantity=claim.quantity)]


def decide(order: Order, claim: Claim, *, accepted: int, reason: str, on: date) -> list[object]:
    """Somebody who answers for it accepts all, a part, or nothing of a claim."""
    if claim.decision:
        raise Refused("This claim was decided already: {decision}.", decision=claim.decision)
    if not 0 <= accepted <= claim.quantity:
        raise Refused("Give a number of pieces from 0 to {most}.", field="accepted", most=claim.quantity)
    claim.accepted, claim.decision_reason, claim.decided_on = accepted, reason, on
    claim.decision = "refused" if not accepted else "part" if accepted < claim.quantity else "accepted"
    return [ClaimDecided(**_about(order, claim), decision=claim.decision, accepted=accepted)]


def settle(
    order: Order,
    line: Line,
    claim: Claim,
    *,
    settlement: Settlement,
    credit: Decimal | None,
    replacement_order_id: UUID | None,
    on: date,
) -> list[object]:
    """What was accepted is credited, replaced by a new order, or taken back."""
    if claim.state != "decided":
        raise Refused(
            "Only a claim that was accepted can be settled, once; this one is {state}.", state=claim.state
        )
    if settlement == "credit":
        need_credit(order, line, claim, credit)
    elif credit is not None:
        raise Refused("Leave the credit out, or settle by credit.", field="credit")
    claim.settlement, claim.settled_on = settlement, on
    claim.credit, claim.replacement_order_id = credit, replacement_order_id
    return [
        ClaimSettled(
            **_about(order, claim),
            sscc=claim.sscc,
            quantity=claim.claimed,
            settlement=settlement,
            credit=credit,
            currency=order.currency,
            replacement_order_id=replacement_order_id,
        )
    ]


def need_credit(order: Order, line: Line, claim: Claim, credit: Decimal | None) -> None:
    """No more than the accepted pieces cost."""
    most = amount_of(claim.claimed, line.unit_price, order.currency)
    unit = smallest_unit(order.currency)
    if credit is None or not 0 < credit <= most or credit != credit.quantize(unit):
        raise Refused(
            "Give a credit up to {most} {currency}, the price of the accepted pieces.",
            field="credit",
            most=most,
            currency=order.currency,
        )


def _about(order: Order, claim: Claim) -> dict[str, Any]:
    return {"order_id": order.id, "line": claim.line_number, "claim_id": claim.id}
