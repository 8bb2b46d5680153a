"""What a facility can make is minutes of consenting workers by its calendar, and the arithmetic of the container holds."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.anonymity import LEAST
from services.production.domain.calendar import (
    FARTHEST_DAYS,
    Calendar,
    ordinary_week,
    public_holidays,
    shortened,
    working_day_after,
)
from services.production.domain.capacity import Capacity
from services.production.domain.pool import COUNTS, Headcount, staffing, valid_between
from shared.refusal import Refused

MONDAY = date(2026, 3, 2)
SAME = (360, 360, 360, 360, 360, 0, 0)
"""Five days alike."""


def sragen(
    *,
    workers: int = 100,
    committed_minutes: int = 0,
    week: tuple[int, ...] = SAME,
    changed: tuple[tuple[date, int], ...] = (),
    pool: tuple[Headcount, ...] = (),
    efficiency_pct: int = 85,
    yield_pct: int = 100,
    today: date = MONDAY,
) -> Capacity:
    return Capacity(
        facility="LPS-SRG",
        today=today,
        calendar=Calendar(week=week, changed=changed),
        staffing=staffing(workers, of=workers, pool=pool),
        efficiency_pct=efficiency_pct,
        yield_pct=yield_pct,
        committed_minutes=committed_minutes,
    )


def in_week(n: int, **counts: int) -> Headcount:
    return Headcount(week=MONDAY + timedelta(weeks=n), **{"eligible": 500, "consenting": 100, **counts})


def minutes_of(one: Capacity, week: int) -> int:
    """Labour minutes of a week, counted from the Monday after the first."""
    sunday = MONDAY + timedelta(weeks=week, days=6)
    return one.minutes_until(sunday) - one.minutes_until(sunday - timedelta(weeks=1))


def test_a_container_a_month_is_the_work_of_about_196_people() -> None:
    nobody = sragen(workers=0, efficiency_pct=100, today=date(2026, 6, 30))
    last = date(2026, 7, 30)  # 22 open days, none of them a holiday
    assert sum(minutes > 0 for minutes in nobody.calendar.minutes_after(nobody.today, 30)) == 22
    assert nobody.more_workers_for(64_800, 24, latest=last) == 197  # 196.4 of them
    assert sragen(workers=197, efficiency_pct=100, today=nobody.today).pieces_until(last, 24) >= 64_800
    assert sragen(workers=196, efficiency_pct=100, today=nobody.today).pieces_until(last, 24) < 64_800


def test_four_containers_a_month_are_not_possible_at_sragen_alone() -> None:
    month = MONDAY + timedelta(days=31)
    assert sragen(week=ordinary_week(360)).pieces_until(month, 24) < 64_800
    assert sragen(week=ordinary_week(360)).more_workers_for(4 * 64_800, 24, latest=month) > 600


def test_days_of_rest_and_public_holidays_are_closed_and_friday_is_shorter() -> None:
    minutes = Calendar(week=ordinary_week(360)).minutes_after(date(2026, 3, 15), 7)
    assert minutes == [360, 360, 360, 0, 240, 0, 0]  # Nyepi on Thursday, Idulfitri on Saturday
    assert "Idul Fitri" in public_holidays(2026)[date(2026, 3, 21)]


def test_a_changed_day_counts_as_it_was_changed_even_on_a_holiday() -> None:
    days = ((date(2026, 3, 3), 0), (date(2026, 3, 19), 120), (date(2026, 2, 1), 360), (date(2036, 1, 1), 9))
    open_, plain = sragen(changed=days), sragen()
    assert open_.minutes_until(date(2026, 3, 3)) == 0
    assert plain.minutes_until(date(2026, 3, 3)) == 30_600
    assert open_.minutes_until(date(2026, 3, 31)) == plain.minutes_until(date(2026, 3, 31)) - 30_600 + 10_200


@given(
    week=st.tuples(*[st.integers(0, 420)] * 6, st.just(0)),
    changed=st.dictionaries(st.dates(MONDAY, MONDAY + timedelta(days=400)), st.integers(0, 420), max_size=9),
    start=st.dates(MONDAY, MONDAY + timedelta(days=300)),
    days=st.integers(0, 300),
)
def test_the_minutes_of_many_days_are_those_of_each_day(
    week: tuple[int, ...], changed: dict[date, int], start: date, days: int
) -> None:
    def of(day: date) -> int:
        ordinary = 0 if day in public_holidays(day.year) else week[day.weekday()]
        return changed.get(day, ordinary)

    calendar = Calendar(week=week, changed=tuple(changed.items()))
    assert calendar.minutes_after(start, days) == [of(start + timedelta(days=n + 1)) for n in range(days)]


def test_working_days_leave_out_sundays_and_public_holidays() -> None:
    assert working_day_after(date(2026, 3, 7), 1) == date(2026, 3, 9)
    assert working_day_after(date(2026, 3, 18), 1) == date(2026, 3, 20)
    assert working_day_after(date(2026, 3, 8), 0) == date(2026, 3, 8)


def test_what_is_committed_comes_first() -> None:
    free, busy = sragen(), sragen(committed_minutes=30_600 * 3)
    assert free.finish_of(100, 24) == date(2026, 3, 3)
    assert busy.finish_of(100, 24) == date(2026, 3, 6)
    assert busy.pieces_until(date(2026, 3, 5), 24) == 0


def test_more_is_begun_than_turns_out_good() -> None:
    one = sragen(yield_pct=50)
    day = date(2026, 3, 3)
    assert one.pieces_until(day, 24) * 2 == sragen().pieces_until(day, 24) - 1  # 1,275 begun, 637 good
    assert one.finish_of(638, 24) == date(2026, 3, 4)


@given(
    pieces=st.integers(1, 20_000),
    labour=st.integers(1, 200),
    committed=st.integers(0, 10**6),
    yield_pct=st.integers(1, 100),
    workers=st.integers(0, 200),
)
def test_the_promised_day_is_the_first_on_which_the_pieces_can_be_made(
    pieces: int, labour: int, committed: int, yield_pct: int, workers: int
) -> None:
    one = sragen(workers=workers, committed_minutes=committed, yield_pct=yield_pct)
    due = one.finish_of(pieces, labour)
    farthest = one.today + timedelta(days=FARTHEST_DAYS)
    assert one.pieces_until(due or farthest, labour) >= pieces or due is None
    assert one.pieces_until((due or farthest) - timedelta(days=1), labour) < pieces


@given(
    pieces=st.integers(1, 100_000),
    labour=st.integers(1, 200),
    days=st.integers(1, 200),
    workers=st.integers(0, 50),
)
def test_with_the_workers_that_are_missing_it_is_just_possible(
    pieces: int, labour: int, days: int, workers: int
) -> None:
    latest = MONDAY + timedelta(days=days)
    one = sragen(workers=workers)
    more = one.more_workers_for(pieces, labour, latest=latest)
    assert more is not None
    assert one.with_more(more).pieces_until(latest, labour) >= pieces
    assert more == 0 or one.with_more(more - 1).pieces_until(latest, labour) < pieces


def test_no_number_of_workers_helps_where_all_is_shut() -> None:
    assert sragen().more_workers_for(10, 14, latest=MONDAY) is None
    assert sragen().more_workers_for(10, 14, latest=MONDAY - timedelta(days=9)) is None


# People


def test_nobody_counts_who_is_expected_to_leave_and_a_week_that_was_not_told_is_as_the_one_before() -> None:
    one = sragen(pool=(in_week(1, expected_releases=20, expected_transfers=30), in_week(3, consenting=40)))
    weeks = [minutes_of(one, week) for week in (1, 2, 3, 4)]
    assert weeks[0] == 5 * 15_300
    assert weeks[2] == 5 * 360 * 40 * 85 // 100
    assert weeks[1] == weeks[0] - 15_300  # Nyepi


def test_trainees_learn_over_four_weeks_also_when_a_later_week_is_told() -> None:
    pool = (in_week(1, trainees=40), in_week(2))
    learning = sragen(week=(360, 0, 0, 0, 0, 0, 0), efficiency_pct=100, pool=pool)
    assert [minutes_of(learning, week) for week in range(1, 6)] == [
        360 * trained for trained in (70, 80, 90, 100, 100)
    ]


def test_no_more_work_than_there_are_places_and_families_share_alike() -> None:
    pool = (in_week(0, consenting=60),)
    assert staffing(30, of=120, pool=pool)[-1][1] == 1_500
    assert staffing(30, of=40, pool=pool)[-1][1] == 3_000
    assert staffing(0, of=0, pool=pool)[-1][1] == 0


def test_outside_the_days_of_a_capability_nobody_makes_anything() -> None:
    first, last = date(2026, 3, 4), date(2026, 3, 5)
    assert valid_between(staffing(5, of=5, pool=()), first, last) == (
        (date.min, 0),
        (first, 500),
        (last + timedelta(days=1), 0),
    )


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("week", {"week": date(2026, 3, 3)}),
        ("consenting", {"consenting": 501}),
        ("expected_releases", {"expected_releases": 60, "expected_transfers": 41}),
        ("trainees", {"trainees": 91, "expected_releases": 10}),
    ],
)
def test_counts_that_contradict_each_other_are_refused_by_field(field: str, wrong: dict[str, object]) -> None:
    values = {"week": MONDAY, "eligible": 500, "consenting": 100, **wrong}
    with pytest.raises(Refused) as refused:
        Headcount(**values).must_add_up()  # type: ignore[arg-type]  # made up on purpose
    assert refused.value.field == field


@pytest.mark.parametrize("workers", [0, 1])
def test_without_workers_nothing_is_made(workers: int) -> None:
    assert (sragen(workers=workers).pieces_a_day(14) > 0) is bool(workers)


@st.composite
def a_counted_week(draw: st.DrawFn) -> Headcount:
    """A week whose parts are no more than their whole."""
    released, transferred, trainees, others, unwilling = (draw(st.integers(0, 40)) for _ in range(5))
    consenting = released + transferred + trainees + others
    return in_week(
        0,
        eligible=consenting + unwilling,
        consenting=consenting,
        expected_releases=released,
        expected_transfers=transferred,
        trainees=trainees,
    )


@given(week=a_counted_week())
def test_a_week_in_fives_adds_up_and_tells_of_nobody_more_when_it_is_rounded_again(week: Headcount) -> None:
    week.in_fives.must_add_up()
    assert not any(getattr(week.in_fives, name) % LEAST for name in COUNTS)
    assert week.in_fives.in_fives == week.in_fives


def test_outside_less_labour_is_told_than_there_is_and_none_of_fewer_than_five() -> None:
    exact, few = (in_week(0, eligible=some, consenting=some) for some in (14, 4))
    for pool, there, told in ((exact, 14, 10), (few, 4, 0)):
        rounded = staffing(60, of=60, pool=(pool.in_fives,))
        one = replace(sragen(workers=60, pool=(pool,)), told=rounded)
        assert (one.workers_on(MONDAY), one.outside.workers_on(MONDAY)) == (there, told)
        assert one.outside.outside == one.outside


def test_of_several_days_none_is_open_for_longer_than_it_was() -> None:
    days = [date(2027, 2, 8) + timedelta(days=n) for n in range(4)]
    ordinary = dict(zip(days, (420, 420, 200, 0), strict=True))
    changed = {days[1]: 0, days[3]: 300}
    assert shortened(ordinary, changed, 250) == {days[0]: 250, days[3]: 250}, "a lockdown stays one"
