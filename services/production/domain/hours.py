"""Hours of work: 7 a day, 40 a week, and a day of rest in any seven. All work counts, whoever it is for."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from shared.refusal import Refused

MINUTES_A_DAY, MINUTES_A_WEEK, DAYS_IN_A_ROW = 7 * 60, 40 * 60, 6
STEP = 15
"""Minutes: hours are entered in quarters."""


def hours(minutes: int) -> Decimal:
    """Minutes as hours for people: 6.5."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.01")).normalize() + 0


def must_fit(code: str, worked: Mapping[date, int], day: date, more: int, *, field: str) -> None:
    """Refuse what are no quarters of hours, and more than the limits leave; ``worked`` are the minutes that are there, by day."""
    if more <= 0 or more % STEP:
        raise Refused("Give hours in quarters above 0, such as 6.5.", field=field)
    there = worked.get(day, 0)
    if there + more > MINUTES_A_DAY:
        raise Refused(
            "At most 7 hours a day: {code} has {there} on {day}, and {more} more are too many.",
            field=field,
            code=code,
            there=hours(there),
            day=day,
            more=hours(more),
        )
    monday = day - timedelta(days=day.weekday())
    week = sum(worked.get(monday + timedelta(days=n), 0) for n in range(7))
    if week + more > MINUTES_A_WEEK:
        raise Refused(
            "At most 40 hours a week: {code} has {there} in the week from {monday}, and {more} more are too many.",
            field=field,
            code=code,
            there=hours(week),
            monday=monday,
            more=hours(more),
        )
    if _in_a_row(worked, day) > DAYS_IN_A_ROW:
        raise Refused(
            "One day of rest in seven: {code} has worked on six days around {day}; this would be the seventh.",
            field=field,
            code=code,
            day=day,
        )


def _in_a_row(worked: Mapping[date, int], day: date) -> int:
    """How many days in a row there would be work, this one included."""
    days = 1
    for step in (timedelta(days=-1), timedelta(days=1)):
        at = day + step
        while worked.get(at, 0) > 0:
            days, at = days + 1, at + step
    return days
