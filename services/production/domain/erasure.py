"""When what is kept of a worker who left may be erased, and what stops it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

NOT_OLD_ENOUGH = "not_old_enough"
STOPS: Final[Mapping[str, str]] = {
    "owed": "money is owed, or was paid too much",
    "not_shared_out": "work for a lot that is not shared out yet",
    "claim": "a claim about goods of this work is open",
    "grievance": "a grievance of the facility is open",
    "legal_hold": "a legal hold",
    "month_not_told": "the figures of the last month are not told yet",
}
"""What stops the erasing of somebody, in the order in which it is told: only the first is."""


@dataclass(frozen=True, kw_only=True)
class Former:
    """A worker who left, with what is open; ``settled_on`` is when the account saw its last entry, or the day of leaving."""

    id: UUID
    facility: str
    left_on: date
    settled_on: date
    owed: bool
    not_shared_out: bool
    claim: bool
    grievance: bool
    legal_hold: bool
    month_not_told: bool


def why_kept(one: Former, before: date) -> str | None:
    """Why nothing of this worker is erased by a rule that keeps what is of ``before`` or later."""
    if one.settled_on >= before:
        return NOT_OLD_ENOUGH
    return next((stop for stop in STOPS if getattr(one, stop)), None)
