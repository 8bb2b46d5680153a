"""How much a facility can make, and by when: minutes of consenting workers, never of all inmates."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise

from services.production.domain.calendar import FARTHEST_DAYS, Calendar, working_day_after
from services.production.domain.clearance import LANE
from services.production.domain.facility import FIRST_LEVEL, Zone
from services.production.domain.pool import WHOLE, Staffing
from shared.events.orders import Lane

PACKING_AND_HUB_DAYS = 4
"""Working days between the last good piece and the goods at the hub, packed: two for each."""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What a facility has for one family of goods: open minutes, workers, their efficiency, what turns out good.

    ``committed_minutes`` is the work on the good pieces that it was asked for already; new pieces come
    after it, and after the ``material_days``, working days until the material for them has come. What is left of ``today`` counts for nothing.
    ``told`` is the staffing by the counts in fives that are told outside the facility, where it differs.
    A hub is 0 ``hub_steps`` from a hub, whoever is in a former residency that has one 1, everybody else 2.
    """

    facility: str
    today: date
    calendar: Calendar
    staffing: Staffing
    efficiency_pct: int
    yield_pct: int = 100
    skill_level: int = FIRST_LEVEL
    zone: Zone = "workshop"
    lane: Lane = LANE
    reliability_pct: int | None = None
    hub_steps: int = 2
    committed_minutes: int = 0
    material_days: int = 0
    told: Staffing | None = None

    @cached_property
    def outside(self) -> "Capacity":
        """The same as it may be told outside the facility: made of places, hours and counts in fives."""
        return self if self.told is None else replace(self, staffing=self.told, told=None)

    @cached_property
    def minutes_a_day(self) -> int:
        """Labour of a full day with the most workers that are going to be there."""
        return self._full_day(max(there for _, there in self.staffing[self._step_on(self.today) :]))

    def minutes_of_a_full_day(self, day: date) -> int:
        """Labour of a full day with the workers who are there on that one."""
        return self._full_day(self._there_on(day))

    def workers_on(self, day: date) -> int:
        """How many are there; one who learns is one."""
        return -(-self._there_on(day) // WHOLE)

    def _full_day(self, there: int) -> int:
        return max(self.calendar.week) * there * self.efficiency_pct // (WHOLE * 100)

    def _there_on(self, day: date) -> int:
        return self.staffing[self._step_on(day)][1]

    def _step_on(self, day: date) -> int:
        return bisect_right(self.staffing, day, key=lambda step: step[0]) - 1

    @cached_property
    def minutes_a_day_now(self) -> int:
        """Labour of the fullest of the seven days to come: by its calendar, with the workers who are there."""
        week = self.until[:8]
        return max(after - before for before, after in pairwise(week))

    @cached_property
    def busy_minutes(self) -> int:
        """What its commitments take, with the pieces that do not turn out good."""
        return -(-self.committed_minutes * 100 // self.yield_pct)

    @cached_property
    def until(self) -> Sequence[int]:
        """Labour minutes from tomorrow up to each day of the horizon; none up to today."""
        return _until(self.today, self.calendar, self.staffing, self.efficiency_pct)

    @cached_property
    def material_minutes(self) -> int:
        """Labour that passes until the material has come."""
        come = working_day_after(self.today, self.material_days)
        return self.minutes_until(come) if self.material_days else 0

    @property
    def minutes_before(self) -> int:
        """What must pass before new pieces are begun."""
        return max(self.busy_minutes, self.material_minutes)

    def has_more_than(self, before: "Capacity") -> bool:
        """Whether by some day it has more labour than it had."""
        return any(now > then for now, then in zip(self.until, before.until, strict=True))

    def pieces_a_day(self, labour_minutes: int) -> int:
        """Whole pieces of a full day; none where a piece takes longer than a day."""
        return self.minutes_a_day // labour_minutes

    def minutes_until(self, latest: date) -> int:
        """Labour minutes by the end of a day, whatever they are needed for."""
        return self.until[min(max((latest - self.today).days, 0), FARTHEST_DAYS)]

    def minutes_for(self, pieces: int, labour_minutes: int) -> int:
        """What so many good pieces take: more are begun, since some do not turn out good."""
        return -(-pieces * 100 // self.yield_pct) * labour_minutes

    def pieces_until(self, latest: date, labour_minutes: int) -> int:
        """Good pieces that it can make beside its commitments by the end of ``latest``; never below zero."""
        begun = max(0, self.minutes_until(latest) - self.minutes_before) // labour_minutes
        return begun * self.yield_pct // 100

    def finish_of(self, pieces: int, labour_minutes: int) -> date | None:
        """The day on which that many more are good, after what is committed already; none within the horizon."""
        return self.day_after(self.minutes_before + self.minutes_for(pieces, labour_minutes))

    def day_after(self, minutes: int) -> date | None:
        """The day on which so much labour has been done since today; none within the horizon."""
        days = bisect_left(self.until, minutes)
        return self.today + timedelta(days=days) if days <= FARTHEST_DAYS else None

    def with_more(self, workers: int) -> "Capacity":
        """The same with so many more trained workers."""
        return replace(self, staffing=tuple((day, there + workers * WHOLE) for day, there in self.staffing))

    def more_workers_for(self, pieces: int, labour_minutes: int, *, latest: date) -> int | None:
        """How many more trained workers make so many good pieces by the end of ``latest``; none if it is shut until then."""
        come = (
            min(working_day_after(self.today, self.material_days), latest)
            if self.material_days
            else self.today
        )
        makes = self.minutes_for(pieces, labour_minutes)
        workers = 0
        for since, before in ((self.today, self.busy_minutes), (come, 0)):
            each = self._open_between(since, latest) * self.efficiency_pct
            if not each:
                return None
            there = self.minutes_until(latest) - self.minutes_until(since)
            workers = max(workers, -(-(before + makes - there) * 100 // each))
        while self.with_more(workers).pieces_until(latest, labour_minutes) < pieces:
            workers += 1  # parts of minutes are lost each day
        return workers

    def _open_between(self, since: date, latest: date) -> int:
        """Open minutes after the one day, up to the end of the other."""
        first, last = ((day - self.today).days for day in (since, latest))
        return sum(self.calendar.minutes_after(self.today, min(max(last, 0), FARTHEST_DAYS))[first:])


@lru_cache(maxsize=1024)
def _until(today: date, calendar: Calendar, staffing: Staffing, efficiency_pct: int) -> Sequence[int]:
    minutes = calendar.minutes_after(today, FARTHEST_DAYS)
    first = today + timedelta(days=1)
    ends = [*(day for day, _ in staffing[1:]), date.max]
    for (begin, there), end in zip(staffing, ends, strict=True):
        days = slice(max(0, (begin - first).days), max(0, (end - first).days))
        minutes[days] = [open_ * there * efficiency_pct // (WHOLE * 100) for open_ in minutes[days]]
    return array("q", accumulate(minutes, initial=0))


def ready_on(due: date) -> date:
    """When goods whose last piece is good on ``due`` can leave the hub."""
    return working_day_after(due, PACKING_AND_HUB_DAYS)


def latest_finish(requested: date) -> date:
    """The last day on which the last piece may be good for goods that are to leave the hub on a day."""
    due = requested
    while ready_on(due) > requested:
        due -= timedelta(days=1)
    return due
