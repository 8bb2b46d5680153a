"""How much a facility can make, and by when: minutes of consenting workers, never of all inmates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

SUNDAY = 6
PACKING_AND_HUB_DAYS = 4
"""Working days between the last good piece and the goods at the hub, packed: two for each."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a facility has for one family of goods: minutes it is open a day, workers, their efficiency."""

    facility: str
    open_minutes: int
    workers: int
    efficiency_pct: int
    committed_minutes: int = 0

    @property
    def minutes_a_day(self) -> int:
        return self.open_minutes * self.workers * self.efficiency_pct // 100

    def pieces_a_day(self, labour_minutes: int) -> int:
        return self.minutes_a_day // labour_minutes

    def pieces_until(self, latest: date, labour_minutes: int, *, today: date) -> int:
        """What it can make beside its commitments by the end of ``latest``; never below zero."""
        minutes = self.minutes_a_day * working_days_between(today, latest) - self.committed_minutes
        return max(0, minutes // labour_minutes)

    def finish_of(self, pieces: int, labour_minutes: int, *, today: date) -> date:
        """The working day on which that many more pieces are made, after what is committed already."""
        minutes = self.committed_minutes + pieces * labour_minutes
        days = -(-minutes // self.minutes_a_day)
        return working_day_after(today, days)


def workers_for(pieces: int, labour_minutes: int, *, days: int, open_minutes: int) -> int:
    """How many full-time workers make so many pieces in so many days."""
    return -(-pieces * labour_minutes // (days * open_minutes))


def working_days_between(after: date, until: date) -> int:
    """Working days (Monday to Saturday) after the one and up to the other."""
    return sum(1 for _ in _working_days(after, until))


def working_day_after(today: date, days: int) -> date:
    """The day on which that many working days have passed."""
    day = today
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() != SUNDAY:
            days -= 1
    return day


def _working_days(after: date, until: date) -> Iterator[date]:
    day = after + timedelta(days=1)
    while day <= until:
        if day.weekday() != SUNDAY:
            yield day
        day += timedelta(days=1)
