"""What a buyer asks to take back of a line: only what production and logistics answer is cancelled."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

LONGEST_REASON = 500


@dataclass(eq=False, kw_only=True)
class Cancellation:
    """One line's part of a request; the parts of one request share its id.

    Production is asked first, for what nobody works on yet; what it did not stop is asked of logistics,
    for finished goods that can be withheld. So no piece is stopped twice.
    """

    id: UUID
    asked: int
    reason: str
    unpack: bool
    asked_on: date
    stopped: int | None = None
    withheld: int = 0
    lots: list[str] = field(default_factory=list)
    going_on: list[dict[str, Any]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    answered_on: date | None = None

    @property
    def cancelled(self) -> int:
        return (self.stopped or 0) + self.withheld

    @property
    def pending(self) -> int:
        """Pieces that may still be cancelled by an answer."""
        return 0 if self.answered_on else self.asked - self.cancelled

    @property
    def state(self) -> str:
        return "answered" if self.answered_on else "asked"
