"""A claim over delivered pieces of one carton: decided once, settled once. What was made stays made, and paid."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.orders import ClaimDecision, Settlement


@dataclass(eq=False, kw_only=True)
class Claim:
    """``accepted`` of the ``quantity`` pieces, once it is decided; settled by one of credit, replacement, return."""

    id: UUID
    line_number: int
    sscc: str
    quantity: int
    reason: str
    made_by: str
    made_on: date
    decision: ClaimDecision | None = None
    accepted: int | None = None
    decision_reason: str | None = None
    decided_on: date | None = None
    settlement: Settlement | None = None
    credit: Decimal | None = None
    replacement_order_id: UUID | None = None
    settled_on: date | None = None

    @property
    def state(self) -> str:
        if self.decision is None:
            return "made"
        return "settled" if self.settlement else "refused" if self.decision == "refused" else "decided"

    @property
    def claimed(self) -> int:
        """Pieces that no other claim can be about: what was refused can be claimed again."""
        return self.quantity if self.accepted is None else self.accepted
