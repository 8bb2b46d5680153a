"""What a buyer is told before placing an order: what may go where, and by when it could be ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.orders.domain.destination_policy import Action

VALID = timedelta(days=7)
"""Facilities fill up: what was possible a week ago is asked for again."""

Outcome = Literal["blocked", "asked", "in_time", "later", "not_possible"]


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A question that production answers; it reserves nothing. ``promises`` are none until then."""

    actions: Mapping[int, Action]
    requested: Mapping[int, date]
    promises: Mapping[int, date | None] | None
    expires_on: date

    def state(self, on: date) -> str:
        if on > self.expires_on:
            return "expired"
        return "asked" if self.promises is None and self.asks else "answered"

    @property
    def asks(self) -> list[int]:
        """The lines about which production is asked: all that the law does not block."""
        return [number for number, action in self.actions.items() if action != "block"]

    def promised(self, number: int) -> date | None:
        """The date by which the line could be ready; the nearest one if that is later than was asked for."""
        return self.promises.get(number) if self.promises else None

    def outcome(self, number: int) -> Outcome:
        """What is known of a line."""
        if self.actions[number] == "block":
            return "blocked"
        if self.promises is None:
            return "asked"
        promised = self.promised(number)
        if promised is None:
            return "not_possible"
        return "in_time" if promised <= self.requested[number] else "later"
