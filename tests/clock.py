"""The business clock of the databases that tests empty, by which no day ends while they run.

Dates are worked out while tests are collected and compared when they run. Where the day of Central Java
ends within two hours, the clock is two hours ahead: the next day has begun. A whole system that a test starts
has the time of all; its tests ask for the day when they need it.
"""

from datetime import date, datetime, timedelta

from shared.clock import WIB, real_now

SUITE_TAKES_LESS = timedelta(hours=2)


def _day_at(moment: datetime) -> date:
    return moment.astimezone(WIB).date()


AHEAD = SUITE_TAKES_LESS if _day_at(real_now()) < _day_at(real_now() + SUITE_TAKES_LESS) else timedelta()


def now() -> datetime:
    return real_now() + AHEAD


def today() -> date:
    """The date in Central Java."""
    return _day_at(now())


def real_today() -> date:
    """The date in Central Java of what the database stamps with real time."""
    return _day_at(real_now())


def in_days(days: int) -> date:
    return today() + timedelta(days=days)
