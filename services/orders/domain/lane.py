"""The labour lane of a lot: who made it, by where each operation was done. It is a fact and nobody's choice.

What can be chosen is where a line is to be made; who made its lots says whether it was."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from shared.events.orders import ClearedLot, Lane
from shared.refusal import Refused

LANES: Final[tuple[Lane, ...]] = ("free", "parole_community", "custodial")
"""From the least to the most restricted."""

FREE: Final[Lane] = "free"

PACKING: Final = "pack"
"""The one operation that changes nothing of the goods: where they are only packed, they are not made."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """A step of the work, and the lane of the people at the site where it was done."""

    name: str
    lane: Lane


@dataclass(eq=False, kw_only=True)
class Lot:
    """Good pieces that an inspection released together, as production told of them."""

    code: str
    work_order_id: UUID
    facility: str
    quantity: int
    lane: Lane
    released_at: datetime
    departed: int = 0
    withheld: int = 0

    @property
    def staying(self) -> int:
        """Pieces that have neither departed nor gone to stock."""
        return self.quantity - self.departed - self.withheld

    def cleared(self) -> ClearedLot:
        return ClearedLot(lot=self.code, quantity=self.quantity, lane=self.lane)


@dataclass(eq=False, kw_only=True)
class LaneWord:
    """What somebody said of making a line in a free workshop, apart from prisons; the newest word counts."""

    said: Literal["asked", "chosen", "declined", "ended"]
    by_id: str
    by_name: str
    role: str
    said_at: datetime
    reason: str | None = None


def lane_of(operations: Iterable[Operation]) -> Lane:
    """Made wholly or in part: one custodial operation beyond packing makes all of it custodial.

    What nobody tells an operation of is custodial.
    """
    made = [operation.lane for operation in operations if operation.name != PACKING]
    return strictest(made) if made else "custodial"


def strictest(lanes: Iterable[Lane]) -> Lane:
    return max(lanes, key=LANES.index)


def correct(lot: Lot, operations: Sequence[Operation]) -> Lane:
    """Let the lot have the lane that its operations give it, if that is a more restricted one; the one it had."""
    before, after = lot.lane, lane_of(operations)
    if LANES.index(after) <= LANES.index(before):
        raise Refused(
            "By these operations {lot} is {after}, and it counts as {before}: a correction only restricts."
            " What was made elsewhere is a lot of its own.",
            field="operations",
            lot=lot.code,
            after=after,
            before=before,
        )
    lot.lane = after
    return before
