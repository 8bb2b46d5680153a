"""What a facility can make is minutes of consenting workers, and the arithmetic of the container holds."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.capacity import (
    SUNDAY,
    Capacity,
    working_day_after,
    working_days_between,
)

MONDAY = date(2026, 3, 2)
DAYS = st.dates(date(2024, 1, 1), date(2027, 12, 31))


def sragen(*, workers: int = 100, committed_minutes: int = 0) -> Capacity:
    return Capacity(
        facility="LPS-SRG",
        open_minutes=360,
        workers=workers,
        efficiency_pct=85,
        committed_minutes=committed_minutes,
    )


def test_four_containers_a_month_are_not_possible_at_sragen_alone() -> None:
    month = working_day_after(MONDAY, 22)
    assert sragen().pieces_until(month, 24, today=MONDAY) < 64_800


def test_sunday_is_a_day_of_rest() -> None:
    saturday = date(2026, 3, 7)
    assert working_day_after(saturday, 1) == date(2026, 3, 9)
    assert working_days_between(saturday, date(2026, 3, 8)) == 0


@given(start=DAYS, days=st.integers(0, 200))
def test_working_days_are_counted_as_on_a_calendar(start: date, days: int) -> None:
    until = start + timedelta(days=days)
    after = [start + timedelta(days=n) for n in range(1, days + 1)]
    assert working_days_between(start, until) == sum(day.weekday() != SUNDAY for day in after)
    worked = [day for day in after if day.weekday() != SUNDAY]
    assert all(working_day_after(start, n) == day for n, day in enumerate(worked, start=1))


def test_before_and_on_the_same_day_no_working_day_passes() -> None:
    assert working_days_between(MONDAY, MONDAY - timedelta(days=9)) == 0
    assert working_day_after(date(2026, 3, 8), 0) == date(2026, 3, 8)


def test_what_is_committed_comes_first() -> None:
    free, busy = sragen(), sragen(committed_minutes=30_600 * 3)
    assert free.finish_of(100, 24, today=MONDAY) == date(2026, 3, 3)
    assert busy.finish_of(100, 24, today=MONDAY) == date(2026, 3, 6)


@given(pieces=st.integers(1, 100_000), labour=st.integers(1, 900), committed=st.integers(0, 10**6))
def test_the_promised_day_is_the_first_on_which_the_pieces_can_be_made(
    pieces: int, labour: int, committed: int
) -> None:
    one = sragen(committed_minutes=committed)
    due = one.finish_of(pieces, labour, today=MONDAY)
    assert one.pieces_until(due, labour, today=MONDAY) >= pieces
    assert one.pieces_until(due - timedelta(days=1), labour, today=MONDAY) < pieces


@pytest.mark.parametrize("workers", [0, 1])
def test_without_workers_nothing_is_made(workers: int) -> None:
    assert (sragen(workers=workers).pieces_a_day(14) > 0) is bool(workers)
