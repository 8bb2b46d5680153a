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
    """A question that production answers; it reserves nothing. ``promises`` are none until then.

    ``if_free`` is what the law says of the blocked lines if free workers made them, where it was asked.
    """

    actions: Mapping[int, Action]
    if_free: Mapping[int, Action | None]
    requested: Mapping[int, date]
    promises: Mapping[int, date | None] | None
    expires_on: date

    def state(self, on: date) -> str:
        if on > self.expires_on:
            return "expired"
        return "asked" if self.promises is None and self.asks else "answered"

    @property
    def asks(self) -> list[int]:
        """The lines about which production is asked: all that somebody may make."""
        return [number for number in self.actions if self._may_be_made(number)]

    def _may_be_made(self, number: int) -> bool:
        decided = self.if_free.get(number) if self.actions[number] == "block" else self.actions[number]
        return decided not in (None, "block")

    def promised(self, number: int) -> date | None:
        """The date by which the line could be ready; the nearest one if that is later than was asked for."""
        return self.promises.get(number) if self.promises else None

    def outcome(self, number: int) -> Outcome:
        """What is known of a line."""
        return "blocked" if self.actions[number] == "block" else self.possible(number)

    def possible(self, number: int) -> Outcome:
        """Whether those who may make a line could: of a blocked one, free workers."""
        if not self._may_be_made(number):
            return "blocked"
        if self.promises is None:
            return "asked"
        promised = self.promised(number)
        if promised is None:
            return "not_possible"
        return "in_time" if promised <= self.requested[number] else "later"
