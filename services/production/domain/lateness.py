"""Will a work order be late, and what else endangers it: pure rules over its counts and its facility's days."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil
from typing import Final, Literal

from services.production.domain.calendar import FARTHEST_DAYS
from services.production.domain.capacity import Capacity, latest_finish, ready_on
from shared.events.production import Grade, WarningKind

WINDOW = 5
"""Working days over which the rate of good pieces is measured."""
LOOK_BACK = timedelta(days=21)
"""Where the working days of the window are looked for: a facility may have been shut for two weeks."""
LEAST_SLACK, LEAST_SLACK_PCT = 3, 20
"""Working days, and share of the lead that is left: less slack than either is a warning."""
SILENT_DAYS = 2
"""Working days without a report."""
LEAST_YIELD_PCT = 90
EXPECTED_LIKE = 50
"""Pieces: the expected yield weighs as much as so many inspected ones, and fewer are too few to warn of."""


INSIDE: Final = "consent_lacking"
"""What stays in the facility: whoever is to be asked is asked by nobody from outside."""
Kind = WarningKind | Literal["consent_lacking"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong with a work order, how badly, and by which day it is going to be finished."""

    kind: Kind
    grade: Grade
    projected: date | None
    latest: date | None


@dataclass(frozen=True, kw_only=True)
class Pace:
    """A facility's labour for one family, from ``LOOK_BACK`` before today on."""

    capacity: Capacity
    today: date

    @cached_property
    def window(self) -> tuple[date, ...]:
        """The last working days before today."""
        days = [self.capacity.today + timedelta(days=n) for n in range(1, LOOK_BACK.days)]
        return tuple(day for day in days if self.minutes_on(day))[-WINDOW:]

    def minutes_on(self, day: date) -> int:
        return self.capacity.minutes_until(day) - self.capacity.minutes_until(day - timedelta(days=1))

    @cached_property
    def _worked(self) -> list[int]:
        """How many working days there are up to each day of the horizon."""
        worked, until, days = 0, self.capacity.until, [0]
        for before, after in pairwise(until):
            worked += after > before
            days.append(worked)
        return days

    def working_days(self, after: date, until: date) -> int:
        """Working days after the one day up to the other, both within the horizon; below zero if it is before."""
        return self._worked[self._place(until)] - self._worked[self._place(after)]

    def day_after(self, minutes: int | Fraction) -> date | None:
        """The day by which so much labour has passed, today's included; none within the horizon."""
        before = self.capacity.minutes_until(self.today - timedelta(days=1))
        place = bisect_left(self.capacity.until, before + ceil(minutes))
        if place > FARTHEST_DAYS:
            return None
        return max(self.today, self.capacity.today + timedelta(days=place))

    def _place(self, day: date) -> int:
        return min(max((day - self.capacity.today).days, 0), FARTHEST_DAYS)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A work order as it is now. ``made_on`` counts the pieces that were reported, by the day they were made.

    ``ahead`` is the labour that comes before it while it is not begun; ``lock`` whether missing tools have
    locked its facility, ``lacks_material`` whether the stock ends before it, ``lacks_consent`` whether somebody who
    works on it has not consented to the words as they are now; ``covered_until`` the last day of the agreement it
    is done under.
    """

    quantity: int
    good: int
    rework: int
    scrap: int
    made: int
    due: date
    requested: date
    labour_minutes: int
    yield_pct: int
    accepted: bool = True
    paused: bool = False
    started_on: date | None = None
    made_on: Mapping[date, int] = field(default_factory=dict)
    reported_on: date | None = None
    ahead: int = 0
    lacks_material: bool = False
    lacks_consent: bool = False
    covered_until: date | None = date.max

    @property
    def inspected(self) -> int:
        return self.good + self.rework + self.scrap

    @property
    def share_good(self) -> Fraction:
        """How many of the pieces turn out good: what was expected, more and more what was found."""
        expected = Fraction(self.yield_pct * EXPECTED_LIKE, 100)
        return (expected + self.good) / (EXPECTED_LIKE + self.inspected)

    def still_needed(self, today: date) -> Fraction:
        """Good pieces that were still to be made this morning; of those not found good yet a share is going to be."""
        waiting = self.made - self.good - self.scrap - self.made_on.get(today, 0)
        return max(Fraction(0), self.quantity - self.good - waiting * self.share_good)

    def minutes_a_piece(self, pace: Pace) -> Fraction | None:
        """Labour there was for each piece that was made in the window; none if nothing was made.

        Its days before work began count as the plan has them.
        """
        minutes = {day: pace.minutes_on(day) for day in pace.window}
        begun = self.started_on or pace.today
        planned = Fraction(sum(there for day, there in minutes.items() if day < begun), self.labour_minutes)
        made = planned + sum(self.made_on.get(day, 0) for day in minutes if day >= begun)
        if not minutes:
            return Fraction(self.labour_minutes)
        return sum(minutes.values()) / made if made > 0 else None


def projected_finish(work: Progress, pace: Pace) -> date | None:
    """Today + what is needed at the rate of the last five working days, over the labour there is going to be.

    What was made today counts as a part of today. None if it is not going to be finished at all.
    """
    needed, each = work.still_needed(pace.today), work.minutes_a_piece(pace)
    if not needed:
        return pace.today
    return None if each is None else pace.day_after(work.ahead + needed / work.share_good * each)


def latest_of(work: Progress) -> date:
    """The last day on which its last piece may be good: that of the buyer's day, or the day that was agreed."""
    return max(work.due, latest_finish(work.requested))


def lateness_of(projected: date | None, latest: date, pace: Pace) -> Grade | None:
    """Black when the goods should have left the hub, red when they will not be done in time, amber when it is near."""
    if pace.today > ready_on(latest):
        return "black"
    if projected is None or projected > latest:
        return "red"
    slack, lead = pace.working_days(projected, latest), pace.working_days(pace.today, latest)
    return "amber" if slack < LEAST_SLACK or 100 * slack < LEAST_SLACK_PCT * lead else None


def findings_of(work: Progress, pace: Pace, *, latest: date) -> list[Finding]:
    """All that is wrong with a work order; what a facility has not accepted yet can only be late."""
    projected = projected_finish(work, pace)
    found: dict[Kind, Grade | None] = {"late": lateness_of(projected, latest, pace)}
    if work.accepted:
        found["silent"] = "amber" if _silent(work, pace) else None
        found["low_yield"] = "amber" if _low_yield(work) else None
        found["agreement_ends"] = _agreement_ends(work, projected, pace.today)
        found["material_lacking"] = "amber" if work.lacks_material else None
        found["consent_lacking"] = "amber" if work.lacks_consent else None
    return [
        Finding(kind=kind, grade=grade, projected=projected, latest=latest)
        for kind, grade in found.items()
        if grade is not None
    ]


def _silent(work: Progress, pace: Pace) -> bool:
    if work.started_on is None or work.paused or work.made - work.scrap >= work.quantity:
        return False
    last = max(work.started_on, work.reported_on or work.started_on)
    return pace.working_days(last, pace.today - timedelta(days=1)) >= SILENT_DAYS


def _low_yield(work: Progress) -> bool:
    return work.inspected >= EXPECTED_LIKE and 100 * work.good < LEAST_YIELD_PCT * work.inspected


def _agreement_ends(work: Progress, projected: date | None, today: date) -> Grade | None:
    if work.covered_until is None or work.covered_until < today:
        return "red"
    return "amber" if work.covered_until < max(work.due, projected or work.due) else None
