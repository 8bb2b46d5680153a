"""How much a facility can make, and by when: minutes of consenting workers, never of all inmates."""

from dataclasses import dataclass
from datetime import date, timedelta

SUNDAY = 6
WORKING_DAYS_A_WEEK = 6
"""One rest day a week, whatever the buyer's date."""
PACKING_AND_HUB_DAYS = 4
"""Working days between the last good piece and the goods at the hub, packed: two for each."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a facility has for one family of goods: minutes it is open a day, workers, their efficiency.

    ``committed_minutes`` is the work that it was asked for already; new pieces come after it, and after the
    ``material_days``, working days until the material for them has come.
    """

    facility: str
    open_minutes: int
    workers: int
    efficiency_pct: int
    committed_minutes: int = 0
    material_days: int = 0

    @property
    def minutes_a_day(self) -> int:
        return self.open_minutes * self.workers * self.efficiency_pct // 100

    @property
    def minutes_before(self) -> int:
        """What must pass before new pieces are begun."""
        return max(self.committed_minutes, self.material_days * self.minutes_a_day)

    def pieces_a_day(self, labour_minutes: int) -> int:
        """Whole pieces of a day; none where a piece takes longer than a day."""
        return self.minutes_a_day // labour_minutes

    def pieces_until(self, latest: date, labour_minutes: int, *, today: date) -> int:
        """What it can make beside its commitments by the end of ``latest``; never below zero."""
        minutes = self.minutes_a_day * working_days_between(today, latest) - self.minutes_before
        return max(0, minutes // labour_minutes)

    def finish_of(self, pieces: int, labour_minutes: int, *, today: date) -> date:
        """The working day on which that many more pieces are made, after what is committed already."""
        minutes = self.minutes_before + pieces * labour_minutes
        return working_day_after(today, -(-minutes // self.minutes_a_day))


def working_days_between(after: date, until: date) -> int:
    """Working days (Monday to Saturday) after the one and up to the other."""
    weeks, rest = divmod(max(0, (until - after).days), 7)
    begun = (after + timedelta(days=day) for day in range(1, rest + 1))
    return weeks * WORKING_DAYS_A_WEEK + sum(day.weekday() != SUNDAY for day in begun)


def working_day_after(today: date, days: int) -> date:
    """The day on which that many working days have passed."""
    if days and today.weekday() == SUNDAY:
        today -= timedelta(days=1)  # the same working days follow Saturday
    weeks, rest = divmod(days, WORKING_DAYS_A_WEEK)
    day = today + timedelta(weeks=weeks)
    while rest:
        day += timedelta(days=1)
        rest -= day.weekday() != SUNDAY
    return day


def ready_on(due: date) -> date:
    """When goods whose last piece is good on ``due`` can leave the hub."""
    return working_day_after(due, PACKING_AND_HUB_DAYS)
