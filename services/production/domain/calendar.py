"""When a workshop is open: its ordinary week, public holidays, and days that differ for a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays

from shared.refusal import Refused

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REASONS = (
    "lockdown",
    "search",
    "visiting",
    "friday_prayer",
    "ramadan",
    "remission_day",
    "public_holiday",
    "power_cut",
    "other",
)
LONGEST_DAY, LONGEST_WEEK = 420, 2400
"""Minutes: nobody works more than seven hours a day or forty a week."""
FRIDAY_PRAYER = 120
"""Minutes by which a workshop closes earlier on Friday. A planning value."""
SUNDAY = 6
MOST_DAYS = 62
"""That are changed at once."""
FARTHEST_DAYS = 3 * 365
"""How far ahead anything is planned: nobody is asked for work that ends later."""


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Minutes of each ordinary weekday from Monday, and of the days that differ."""

    week: tuple[int, ...]
    changed: tuple[tuple[date, int], ...] = ()

    def minutes_after(self, day: date, days: int) -> list[int]:
        """The open minutes of each of so many days that follow a day."""
        first = day + timedelta(days=1)
        turn = first.weekday()
        minutes = [*self.week[turn:], *self.week[:turn]] * (days // 7 + 1)
        del minutes[days:]
        for year in range(first.year, (day + timedelta(days=days)).year + 1):
            for closed in public_holidays(year):
                if 0 <= (place := (closed - first).days) < days:
                    minutes[place] = 0
        for changed, open_minutes in self.changed:
            if 0 <= (place := (changed - first).days) < days:
                minutes[place] = open_minutes
        return minutes


@lru_cache
def public_holidays(year: int) -> dict[date, str]:
    """The public holidays of Indonesia by day; those by the moon are estimates until they are proclaimed."""
    return dict(holidays.country_holidays("ID", years=year, language="id"))


def ordinary_week(open_minutes: int) -> tuple[int, ...]:
    """Monday to Saturday alike, but that Friday is shorter for prayer; Sunday is a day of rest."""
    friday = max(0, open_minutes - FRIDAY_PRAYER)
    return (*(open_minutes,) * 4, friday, open_minutes, 0)


def working_day_after(day: date, days: int) -> date:
    """The day on which that many working days have passed: no Sundays, no public holidays."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() != SUNDAY and day not in public_holidays(day.year)
    return day


def week_that_may_be(week: Sequence[int]) -> tuple[int, ...]:
    """An ordinary week within what anybody may work, with a day of rest."""
    for name, minutes in zip(WEEKDAYS, week, strict=True):
        _may_be_open(minutes, field=name)
    if sum(week) > LONGEST_WEEK:
        raise Refused(
            "These days add up to {sum} minutes a week; nobody works more than {most}.",
            field="week",
            sum=sum(week),
            most=LONGEST_WEEK,
        )
    if all(week):
        raise Refused("Leave one day of rest at 0 minutes.", field="week")
    return tuple(week)


def change_that_may_be(day: date, *, open_minutes: int, today: date) -> None:
    """Refuse minutes that nobody may work, and a day that is over."""
    _may_be_open(open_minutes, field="open_minutes")
    must_be_to_come(day, today=today)


def days_that_may_be(first: date, last: date) -> list[date]:
    """The days of a time such as Ramadan or a lockdown."""
    if not 0 <= (last - first).days < MOST_DAYS:
        latest = first + timedelta(days=MOST_DAYS - 1)
        raise Refused("Give a last day from {first} to {last}.", field="until", first=first, last=latest)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def shortened(
    ordinary: Mapping[date, int], changed: Mapping[date, int], open_minutes: int
) -> dict[date, int]:
    """Of several days those that are then open for so long, where they were open for longer before; others stay as they are."""
    return {day: open_minutes for day, usual in ordinary.items() if changed.get(day, usual) > open_minutes}


def must_be_to_come(day: date, *, today: date, field: str = "day") -> None:
    """What was open is a fact by now: capacity in the past is not changed."""
    if day < today:
        raise Refused(
            "{day} is over; what was open then is not changed. Give {today} or later.",
            field=field,
            day=day,
            today=today,
        )
    if (day - today).days > FARTHEST_DAYS:
        raise Refused("Give a day within three years; {day} is too far away.", field=field, day=day)


def _may_be_open(minutes: int, *, field: str) -> None:
    if not 0 <= minutes <= LONGEST_DAY:
        raise Refused("Give minutes a day from {least} to {most}.", field=field, least=0, most=LONGEST_DAY)
