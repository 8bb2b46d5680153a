"""All open work planned at once: never worse than the plan in force, by the same rules, the same each time."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.production.domain.allocation import LARGEST_SHARE_PCT, SMALLEST_SHARE
from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity, latest_finish
from services.production.domain.replanning import DOUBT, LATE, MOVE, SPLIT, WAY, Held, OpenLine, of_part
from services.production.domain.terms import Terms
from services.production.open_work import Family, OpenWork
from services.production.solving import propose

TODAY = date(2026, 3, 2)
CODES = ("LPS-AAA", "LPS-BBB", "LPS-CCC", "LPS-DDD")


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def a_place(
    code: str, workers: int, busy: int = 0, *, reliability_pct: int | None = None, hub_steps: int = 2
) -> Capacity:
    return Capacity(
        facility=code,
        today=TODAY,
        calendar=Calendar(week=ordinary_week(360), changed=()),
        staffing=((date.min, workers * 100),),
        efficiency_pct=80,
        yield_pct=95,
        committed_minutes=busy,
        reliability_pct=reliability_pct,
        hub_steps=hub_steps,
    )


def a_line(number: int, quantity: int, days: int, held: tuple[Held, ...] = (), **places: Terms) -> OpenLine:
    return OpenLine(
        order_id=UUID(int=number),
        line=1,
        sku="CR-BALL-07",
        labour_minutes=14,
        quantity=quantity,
        latest=latest_finish(in_days(days)),
        held=held,
        places={code.replace("_", "-"): terms for code, terms in places.items()},
    )


def held(number: int, code: str, quantity: int, days: int) -> Held:
    return Held(
        id=UUID(int=1000 + number), number=f"WO-{number}", facility=code, quantity=quantity, due=in_days(days)
    )


FOR_YEARS = Terms(until=in_days(2000))


@st.composite
def open_plans(draw: st.DrawFn) -> OpenWork:
    """Lines with terms, work orders and due days as they may be, whether or not anybody can keep them."""
    able = {
        code: a_place(
            code,
            draw(st.integers(1, 60)),
            draw(st.integers(0, 90_000)),
            reliability_pct=draw(st.none() | st.integers(0, 100)),
            hub_steps=draw(st.integers(0, 2)),
        )
        for code in CODES[:3]
    }
    lines = []
    for number in range(draw(st.integers(1, 6))):
        quantity = draw(st.integers(1, 6_000))
        terms = st.builds(
            Terms,
            until=st.integers(20, 400).map(in_days),
            pieces=st.none() | st.integers(0, 5_000),
        )
        places = draw(st.dictionaries(st.sampled_from(CODES[:3]), terms))
        has = [
            held(10 * number + n, code, pieces, draw(st.integers(1, 200)))
            for n, (code, pieces) in enumerate(
                draw(st.dictionaries(st.sampled_from(CODES), st.integers(1, 2_000))).items()
            )
        ]
        line = a_line(
            number, quantity + sum(each.quantity for each in has), draw(st.integers(1, 150)), tuple(has)
        )
        lines.append(OpenLine(**{**line.__dict__, "places": places}))
    return OpenWork(TODAY, {"coco_rope": Family(lines, able)})


@settings(max_examples=60, deadline=None)
@given(work=open_plans())
def test_a_proposal_is_never_worse_and_keeps_to_the_rules_of_sharing_out(work: OpenWork) -> None:
    proposed = propose(work, seconds=2)
    assert proposed.bound <= proposed.after.total <= proposed.before.total
    for change in proposed.changes:
        line = change.line
        back = {each.id: pieces for each, pieces in change.taken_back}
        assert all(0 < back[each.id] <= each.quantity for each in line.held if each.id in back)
        offered = sum(share.quantity for share in change.offered)
        nobodys = line.quantity - sum(each.quantity for each in line.held)
        assert offered + sum(back.values()) > 0
        assert offered <= nobodys + sum(back.values()), "pieces are offered twice"
        for share in change.offered:
            had = [each.quantity for each in line.held if each.facility == share.facility]
            assert share.quantity >= min([SMALLEST_SHARE, *had]) or line.quantity < 2 * SMALLEST_SHARE
            assert share.due <= line.places[share.facility].until, "the agreement ends before"
    assert propose(work, seconds=2) == proposed


def test_work_goes_where_it_is_done_in_time_and_no_further() -> None:
    """One facility has far too much, the other nothing; what it can do in time stays."""
    lines = [
        a_line(
            n, 3_000, 30 + n, (held(n, CODES[0], 3_000, 60 + 10 * n),), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS
        )
        for n in range(6)
    ]
    able = {code: a_place(code, 40) for code in CODES[:2]}
    proposed = propose(OpenWork(TODAY, {"coco_rope": Family(lines, able)}), seconds=5)
    assert proposed.before.late > 0
    assert proposed.after.late < proposed.before.late // 2
    assert {share.facility for change in proposed.changes for share in change.offered} >= {CODES[1]}


def test_a_plan_that_is_in_time_and_unsplit_is_left_alone() -> None:
    line = a_line(1, 400, 90, (held(1, CODES[0], 400, 20),), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS)
    able = {code: a_place(code, 40) for code in CODES[:2]}
    proposed = propose(OpenWork(TODAY, {"coco_rope": Family([line], able)}), seconds=5)
    assert (proposed.changes, proposed.after) == ((), proposed.before)


def test_others_share_where_they_can() -> None:
    line = a_line(1, 5_000, 90, (), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS)
    able = {code: a_place(code, 40) for code in CODES[:2]}
    proposed = propose(OpenWork(TODAY, {"coco_rope": Family([line], able)}), seconds=5)
    (change,) = proposed.changes
    assert max(share.quantity for share in change.offered) <= 5_000 * LARGEST_SHARE_PCT // 100
    assert sum(share.quantity for share in change.offered) == 5_000


def test_what_a_facility_lacks_of_what_is_preferred_is_less_than_anything_else() -> None:
    worst = of_part(a_place(CODES[0], 1, reliability_pct=0, hub_steps=2))
    assert (worst.doubt, worst.way) == (9, 2)
    assert 0 < DOUBT * worst.doubt + WAY * worst.way < MOVE < SPLIT <= LATE


@pytest.mark.parametrize(
    ("preferred", "other"),
    [
        ({"reliability_pct": 100}, {"reliability_pct": 60}),
        ({"hub_steps": 0}, {"hub_steps": 2}),
        ({"reliability_pct": 80, "hub_steps": 2}, {"reliability_pct": 60, "hub_steps": 0}),
    ],
    ids=str,
)
@pytest.mark.parametrize("first", [0, 1])
def test_what_nobody_has_goes_to_the_reliable_and_to_a_hub_among_those_in_time(
    preferred: dict[str, int], other: dict[str, int], first: int
) -> None:
    liked, unliked = CODES[first], CODES[1 - first]
    able = {liked: a_place(liked, 40, **preferred), unliked: a_place(unliked, 40, **other)}
    lines = [a_line(n, 350, 90, (), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS) for n in range(3)]
    proposed = propose(OpenWork(TODAY, {"coco_rope": Family(lines, able)}), seconds=5)
    assert {share.facility for change in proposed.changes for share in change.offered} == {liked}


def test_nothing_is_moved_for_reliability_or_a_hub_alone_and_nothing_is_late_for_it() -> None:
    liked, unliked = CODES[:2]
    able = {
        liked: a_place(liked, 40, reliability_pct=100, hub_steps=0),
        unliked: a_place(unliked, 40, reliability_pct=0, hub_steps=2),
    }
    there = a_line(1, 400, 90, (held(1, unliked, 400, 20),), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS)
    proposed = propose(OpenWork(TODAY, {"coco_rope": Family([there], able)}), seconds=5)
    assert (proposed.changes, proposed.after) == ((), proposed.before)
    assert (proposed.before.doubt, proposed.before.way) == (9, 2)
    busy = able | {liked: a_place(liked, 40, 2_000_000, reliability_pct=100, hub_steps=0)}
    new = a_line(2, 350, 20, (), LPS_AAA=FOR_YEARS, LPS_BBB=FOR_YEARS)
    (change,) = propose(OpenWork(TODAY, {"coco_rope": Family([new], busy)}), seconds=5).changes
    assert [share.facility for share in change.offered] == [unliked]
