"""The rule of lateness: what is projected, how bad that is, and what is told of it."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity, ready_on
from services.production.domain.lateness import (
    LOOK_BACK,
    Finding,
    Pace,
    Progress,
    findings_of,
    lateness_of,
    latest_of,
    projected_finish,
)
from services.production.domain.warning import ESCALATES_AFTER, OWNERS, QUIET, Told, WorkWarning
from shared.events.production import Grade, LatenessCleared, LatenessWarned

MONDAY = date(2026, 9, 14)
"""No public holiday in the five weeks around it."""
LONG_AGO = MONDAY - timedelta(days=60)
NOW = datetime(2026, 9, 14, 2, tzinfo=UTC)


def pace(today: date = MONDAY, *, shut: tuple[date, ...] = (), workers: int = 10) -> Pace:
    """Ten workers, six hours a day, four on Friday: 3,600 minutes of labour, 2,400 on Friday."""
    capacity = Capacity(
        facility="A",
        today=today - LOOK_BACK,
        calendar=Calendar(week=ordinary_week(360), changed=tuple((day, 0) for day in shut)),
        staffing=((date.min, workers * 100),),
        efficiency_pct=100,
    )
    return Pace(capacity=capacity, today=today)


def work(**changes: Any) -> Progress:
    """Under way for long: a hundred pieces were made on each of the last working days, all of them good."""
    made_on = {MONDAY - timedelta(days=days): 100 for days in range(2, 8)}
    values = {
        "quantity": 2_000,
        "good": 1_000,
        "rework": 0,
        "scrap": 0,
        "made": 1_000,
        "due": date(2026, 12, 1),
        "requested": date(2026, 12, 1),
        "labour_minutes": 36,
        "yield_pct": 100,
        "started_on": LONG_AGO,
        "made_on": made_on,
        "reported_on": MONDAY - timedelta(days=2),
    }
    return Progress(**{**values, **changes})


def test_the_window_is_the_last_five_days_on_which_there_was_labour() -> None:
    assert [day.isoweekday() for day in pace().window] == [2, 3, 4, 5, 6]
    shut = tuple(MONDAY - timedelta(days=days) for days in range(1, 15))
    assert pace(shut=shut).window[-1] == MONDAY - timedelta(days=16)


def test_what_is_left_is_made_at_the_rate_of_the_window_over_the_labour_to_come() -> None:
    """500 pieces in 16,800 minutes; 1,000 are left, which takes 33,600: a week of 20,400, and four days."""
    assert projected_finish(work(), pace()) == MONDAY + timedelta(days=10)
    shut = (MONDAY + timedelta(days=3),)
    assert projected_finish(work(), pace(shut=shut)) == MONDAY + timedelta(days=11)


def test_days_before_work_began_count_as_planned_and_work_that_waits_comes_after_what_is_ahead() -> None:
    fresh = work(good=0, made=0, made_on={}, quantity=100, started_on=None)
    assert projected_finish(fresh, pace()) == MONDAY
    assert projected_finish(replace(fresh, ahead=3_600), pace()) == MONDAY + timedelta(days=1)
    assert projected_finish(replace(fresh, started_on=MONDAY), pace()) == MONDAY


def test_what_made_nothing_for_five_working_days_is_never_finished() -> None:
    assert projected_finish(work(made_on={}), pace()) is None


@st.composite
def works(draw: st.DrawFn) -> Progress:
    good, rework, scrap, awaiting = (draw(st.integers(0, 400)) for _ in range(4))
    made = good + rework + scrap + awaiting
    made_on: dict[date, int] = defaultdict(int)
    left = made
    for days in range(9):
        some = draw(st.integers(0, left))
        made_on[MONDAY - timedelta(days=days)] += some
        left -= some
    return work(
        quantity=made - scrap + draw(st.integers(0, 2_000)),
        good=good,
        rework=rework,
        scrap=scrap,
        made=made,
        made_on=dict(made_on),
        yield_pct=draw(st.integers(1, 100)),
        started_on=MONDAY - timedelta(days=draw(st.integers(0, 30))),
    )


@given(works(), st.integers(0, 8), st.integers(1, 300))
def test_more_good_pieces_never_make_it_later(before: Progress, days: int, more: int) -> None:
    day = MONDAY - timedelta(days=days)
    made_on = {**before.made_on, day: before.made_on.get(day, 0) + more}
    made = replace(before, made=before.made + more, good=before.good + more, made_on=made_on)
    awaiting = before.made - before.good - before.rework - before.scrap
    passed = replace(before, good=before.good + awaiting)
    for after in (made, passed):
        assert (projected_finish(after, pace()) or date.max) <= (projected_finish(before, pace()) or date.max)


@given(works(), st.integers(1, 300))
def test_more_scrap_never_makes_it_earlier(before: Progress, more: int) -> None:
    awaiting = before.made - before.good - before.rework - before.scrap
    after = replace(before, scrap=before.scrap + min(more, awaiting))
    assert (projected_finish(after, pace()) or date.max) >= (projected_finish(before, pace()) or date.max)


def test_slack_below_three_working_days_or_a_fifth_of_the_lead_is_amber() -> None:
    saturday, latest = MONDAY + timedelta(days=5), MONDAY + timedelta(days=8)
    assert lateness_of(saturday, latest, pace()) == "amber"  # Monday and Tuesday
    assert lateness_of(saturday, latest + timedelta(days=1), pace()) is None
    far = MONDAY + timedelta(days=70)  # 60 working days of lead
    assert lateness_of(far - timedelta(days=13), far, pace()) == "amber"
    assert lateness_of(far - timedelta(days=14), far, pace()) is None
    shut = tuple(saturday + timedelta(days=days) for days in range(1, 4))
    assert lateness_of(saturday, latest + timedelta(days=1), pace(shut=shut)) == "amber"


def test_beyond_the_latest_finish_is_red_and_after_the_goods_should_have_left_black() -> None:
    assert lateness_of(MONDAY + timedelta(days=1), MONDAY, pace()) == "red"
    assert lateness_of(None, MONDAY + timedelta(days=300), pace()) == "red"
    closing = ready_on(MONDAY)
    assert lateness_of(closing, MONDAY, pace(closing)) == "red"
    day_after = closing + timedelta(days=1)
    assert lateness_of(day_after, MONDAY, pace(day_after)) == "black"


@pytest.mark.parametrize(
    ("changes", "kind", "grade"),
    [
        ({"reported_on": MONDAY - timedelta(days=4)}, "silent", "amber"),
        ({"good": 890, "scrap": 110}, "low_yield", "amber"),
        ({"covered_until": date(2026, 11, 30)}, "agreement_ends", "amber"),
        ({"covered_until": MONDAY - timedelta(days=1)}, "agreement_ends", "red"),
        ({"covered_until": None}, "agreement_ends", "red"),
        ({"lacks_material": True}, "material_lacking", "amber"),
        ({"lacks_consent": True}, "consent_lacking", "amber"),
    ],
)
def test_what_else_endangers_accepted_work_is_found(changes: Any, kind: str, grade: str) -> None:
    def found(one: Progress) -> list[tuple[str, str]]:
        return [(each.kind, each.grade) for each in findings_of(one, pace(), latest=latest_of(one))]

    assert found(work()) == []
    assert found(work(**changes)) == [(kind, grade)]
    assert found(work(**changes, accepted=False)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"reported_on": MONDAY - timedelta(days=4), "paused": True},
        {"reported_on": MONDAY - timedelta(days=3)},  # Friday: only Saturday passed without
        {"good": 44, "scrap": 5, "made": 49},
        {"covered_until": date(2026, 12, 1)},
    ],
)
def test_what_is_in_order_is_not_warned_of(changes: Any) -> None:
    one = work(**changes)
    assert [each for each in findings_of(one, pace(), latest=latest_of(one)) if each.kind != "late"] == []


def a_warning(grade: Grade = "amber", at: datetime = NOW) -> WorkWarning:
    return WorkWarning(
        id=UUID(int=1),
        facility="A",
        kind="late",
        grade=grade,
        first_seen=at,
        grade_since=at,
        work_order_id=UUID(int=2),
        order_id=UUID(int=3),
        line=1,
    )


def finding(grade: Grade) -> Finding:
    return Finding(kind="late", grade=grade, projected=MONDAY, latest=MONDAY)


def told_of(events: list[object]) -> tuple[str, str]:
    (event,) = events
    assert isinstance(event, LatenessWarned)
    return event.grade, event.owner


def hours(count: float) -> datetime:
    return NOW + timedelta(hours=count)


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["amber", "red", "black", None])), max_size=30))
def test_nobody_is_told_the_same_twice_within_a_day_however_it_comes_and_goes(
    seen: list[tuple[int, Grade | None]],
) -> None:
    at, told = NOW, []
    standing: WorkWarning | None = None
    before: Told | None = None
    for passed, grade in seen:
        at += timedelta(hours=passed)
        if grade is None:
            if standing:
                standing.clear(at=at)
                before, standing = standing.told or before, None
            continue
        standing = standing or a_warning(grade, at)
        fresh = before if before and at - before.at < QUIET else None
        for event in standing.observe(finding(grade), at=at, before=fresh):
            assert isinstance(event, LatenessWarned)
            told.append((at, event.grade, event.owner))
    for number, (when, *what) in enumerate(told):
        assert [one for one in told[:number] if [*one[1:]] == what and when - one[0] < QUIET] == []


def test_it_goes_to_the_office_and_then_to_the_exporter_and_who_takes_it_up_has_more_time() -> None:
    delays = ESCALATES_AFTER["red"]
    assert ("facility", *delays) == OWNERS
    one = a_warning("red")
    owners = []
    for hour in range(0, 72, 12):
        one.observe(finding("red"), at=hours(hour))
        owners.append(one.owner)
    assert owners == ["facility", "facility", "kanwil", "kanwil", "exporter", "exporter"]
    taken_up = a_warning("red")
    taken_up.observe(finding("red"), at=hours(0))
    taken_up.acknowledge(by="facility_head", at=hours(20))
    assert taken_up.observe(finding("red"), at=hours(43)) == []
    assert told_of(taken_up.observe(finding("red"), at=hours(44))) == ("red", "kanwil")
    assert told_of(a_warning("black").observe(finding("black"), at=NOW)) == ("black", "exporter")


def test_an_amber_is_the_offices_after_three_days_and_the_exporters_after_a_week() -> None:
    one = a_warning()
    one.observe(finding("amber"), at=hours(0))
    told = []
    for hour in (71, 72, 167, 168):
        told.append([told_of([event]) for event in one.observe(finding("amber"), at=hours(hour))])
    assert told == [[], [("amber", "kanwil")], [], [("amber", "exporter")]]


def test_a_worse_grade_is_told_at_once_and_must_be_taken_up_anew_a_milder_one_a_day_later() -> None:
    one = a_warning()
    one.observe(finding("amber"), at=hours(0))
    one.acknowledge(by="facility_head", at=hours(1))
    assert told_of(one.observe(finding("red"), at=hours(2))) == ("red", "facility")
    assert one.acknowledged_by is None
    assert one.observe(finding("amber"), at=hours(25)) == []
    assert told_of(one.observe(finding("amber"), at=hours(26))) == ("amber", "facility")
    assert one.observe(finding("amber"), at=hours(27)) == []


def test_one_that_returns_is_a_new_one_that_is_told_when_a_day_has_passed_since_it_was_told_last() -> None:
    one = a_warning()
    one.observe(finding("amber"), at=hours(0))
    assert isinstance(one.clear(at=hours(1))[0], LatenessCleared)
    again = a_warning(at=hours(2))
    last = Told(hours(0), "amber")
    assert again.observe(finding("amber"), at=hours(2), before=last) == []
    assert again.clear(at=hours(3)) == []
    later = a_warning(at=hours(4))
    assert later.observe(finding("amber"), at=hours(4), before=last) == []
    assert len(later.observe(finding("amber"), at=hours(24), before=last)) == 1
