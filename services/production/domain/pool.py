"""How many people are there to work, week by week: counts only, of convicted adults who consented."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from services.production.domain.anonymity import in_fives
from shared.refusal import Refused

LEARNING_PCT = (25, 50, 75, 100)
"""What a trainee does of a trained worker's work in each week since the first. A planning value."""
WHOLE = 100
COUNTS = ("eligible", "consenting", "expected_releases", "expected_transfers", "trainees")
"""Of people."""
Staffing = tuple[tuple[date, int], ...]
"""From which day on there are how many hundredths of a trained worker; before the first, none."""


@dataclass(frozen=True, kw_only=True)
class Headcount:
    """The people of one week, which begins on a Monday; it holds until the next one that is told.

    Those who are expected to be released or transferred are not counted on. ``trainees`` are those of the
    consenting who begin to learn in that week.
    """

    week: date
    eligible: int
    consenting: int
    expected_releases: int = 0
    expected_transfers: int = 0
    trainees: int = 0

    @property
    def present(self) -> int:
        return self.consenting - self.expected_releases - self.expected_transfers

    @property
    def in_fives(self) -> "Headcount":
        """The same as it is told outside the facility; so rounded, its parts are no more than its whole, too."""
        counts: dict[str, Any] = {name: in_fives(getattr(self, name)) or 0 for name in COUNTS}
        return replace(self, **counts)

    def must_add_up(self) -> None:
        """Refuse counts that contradict each other."""
        if self.week.weekday():
            raise Refused("A week begins on a Monday: give {monday}.", field="week", monday=self.monday)
        if self.consenting > self.eligible:
            raise Refused(
                "{consenting} consent where {eligible} are eligible.",
                field="consenting",
                consenting=self.consenting,
                eligible=self.eligible,
            )
        if self.present < 0:
            raise Refused(
                "More are expected to leave than the {consenting} who consent.",
                field="expected_releases",
                consenting=self.consenting,
            )
        if self.trainees > self.present:
            raise Refused(
                "{trainees} are in training where {present} are there.",
                field="trainees",
                trainees=self.trainees,
                present=self.present,
            )

    @property
    def monday(self) -> date:
        return self.week - timedelta(days=self.week.weekday())


def staffing(workers: int, *, of: int, pool: tuple[Headcount, ...]) -> Staffing:
    """What a family's ``workers`` places are worth over time, ``of`` all places of the facility.

    Before the first week that was told all places are taken. Later the people who are there are spread
    over the places of all families alike, and never more than there are places.
    """
    steps = [(date.min, workers * WHOLE)]
    for day, there in _there(pool):
        steps.append((day, min(workers * WHOLE, workers * there // of) if of else 0))
    return tuple(steps)


def valid_between(steps: Staffing, first: date | None, last: date | None) -> Staffing:
    """The same, but nobody before the one day or after the other."""
    if first is not None:
        then = [there for day, there in steps if day <= first][-1]
        steps = ((date.min, 0), (first, then), *(step for step in steps if step[0] > first))
    if last is not None and last < date.max:
        steps = (*(step for step in steps if step[0] <= last), (last + timedelta(days=1), 0))
    return steps


def _there(pool: Sequence[Headcount]) -> list[tuple[date, int]]:
    """Hundredths of trained workers in the facility from each day on which they change."""
    told = sorted(pool, key=lambda entry: entry.week)
    learning: dict[date, int] = {}
    for entry in told:
        for weeks, pct in enumerate(LEARNING_PCT):
            monday = entry.week + timedelta(weeks=weeks)
            learning[monday] = learning.get(monday, 0) + entry.trainees * (WHOLE - pct)
    weeks_told = [entry.week for entry in told]
    return [
        (monday, max(0, told[bisect_right(weeks_told, monday) - 1].present * WHOLE - lost))
        for monday, lost in sorted(learning.items())
    ]
