"""Every piece is shared out or said to be unallocated; the same facts give the same shares."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.allocation import (
    AND,
    KNOWN_FROM,
    LARGEST_SHARE_PCT,
    SMALLEST_SHARE,
    WHY,
    Plan,
    reasons_of,
    reliability,
    share_out,
)
from services.production.domain.calendar import FARTHEST_DAYS, Calendar, ordinary_week, working_day_after
from services.production.domain.capacity import Capacity
from services.production.domain.pool import staffing

TODAY = date(2026, 3, 2)
LATEST = TODAY + timedelta(days=90)


def able(
    code: str,
    *,
    workers: int = 50,
    committed: int = 0,
    reliability_pct: int | None = None,
    hub_steps: int = 2,
) -> Capacity:
    return Capacity(
        facility=code,
        today=TODAY,
        calendar=Calendar(week=ordinary_week(360)),
        staffing=staffing(workers, of=workers, pool=()),
        efficiency_pct=85,
        committed_minutes=committed,
        reliability_pct=reliability_pct,
        hub_steps=hub_steps,
    )


def shared(
    quantity: int, *facilities: Capacity, labour: int = 14, latest: date = LATEST, today: date = TODAY
) -> Plan:
    return share_out(quantity, labour_minutes=labour, latest=latest, today=today, able=facilities)


def amounts(plan: Plan) -> dict[str, int]:
    return {share.facility: share.quantity for share in plan.shares}


def test_a_small_quantity_goes_to_the_one_that_makes_the_most() -> None:
    assert amounts(shared(300, able("A"), able("B", workers=80))) == {"B": 300}


def test_no_facility_takes_more_than_its_largest_share_where_others_can() -> None:
    assert amounts(shared(10_000, able("A", workers=200), able("B"))) == {"A": 6_000, "B": 4_000}


def test_what_would_leave_a_second_facility_fewer_than_two_hundred_pieces_stays_whole() -> None:
    assert amounts(shared(500, able("A"), able("B"))) == {"A": 250, "B": 250}
    assert amounts(shared(496, able("A"), able("B"))) == {"A": 496}


def test_two_are_enough_where_two_finish_in_time() -> None:
    assert len(shared(10_000, *(able(code) for code in "ABCD")).shares) == 2


def test_the_only_one_able_takes_all() -> None:
    assert amounts(shared(10_000, able("A"))) == {"A": 10_000}


def test_one_that_makes_only_little_in_time_takes_that_and_the_other_the_rest() -> None:
    soon = working_day_after(TODAY, 10)
    plan = shared(10_000, able("A", workers=200), able("B", workers=8), latest=soon)
    assert sum(amounts(plan).values()) == 10_000
    assert 0 < amounts(plan)["B"] <= 8 * 306 * 10 // 14
    assert all(share.due <= soon for share in plan.shares)


def test_of_those_in_time_the_reliable_come_first_then_few_then_the_nearest_to_a_hub() -> None:
    doubtful, known = able("A", workers=90, reliability_pct=71), able("B", workers=60, reliability_pct=92)
    (share,) = shared(300, doubtful, known, able("C"), able("D", hub_steps=1)).shares
    assert share.facility == "D", "who is new is trusted, and all four make it in time"
    assert share.why == "makes 1092 a day; near a hub"
    (share,) = shared(300, doubtful, known, able("C")).shares
    assert share.facility == "B"
    assert "reliable to 92 %" in share.why
    some = able("A", workers=200), able("B"), able("C", reliability_pct=50)
    assert amounts(shared(10_000, *some)) == {"A": 6_000, "B": 4_000}


def test_few_come_before_the_way_to_a_hub() -> None:
    soon = working_day_after(TODAY, 10)
    hubs = [able(code, workers=12, hub_steps=0) for code in "AB"]
    far = [able(code, workers=200) for code in "CD"]
    assert all(2_000 < hub.pieces_until(soon, 14) < 4_000 for hub in hubs)
    assert set(amounts(shared(10_000, *hubs, *far, latest=soon))) == {"C", "D"}


def test_who_is_not_reliable_is_asked_where_nobody_else_makes_it_in_time() -> None:
    soon = working_day_after(TODAY, 10)
    plan = shared(10_000, able("A", reliability_pct=10), able("B", workers=8), latest=soon)
    assert amounts(plan).keys() == {"A", "B"}
    assert all(share.due <= soon for share in plan.shares)


@given(st.integers(0, 40), st.data())
def test_reliability_is_the_least_of_what_is_taken_on_in_time_and_good_at_once(
    offers: int, data: st.DataObject
) -> None:
    declined, late = data.draw(st.integers(0, offers)), data.draw(st.integers(0, offers))
    passed = data.draw(st.none() | st.integers(0, 100))
    pct = reliability(offers, declined=declined, late=late, passed_pct=passed)
    assert (pct is None) == (offers < KNOWN_FROM)
    if pct is not None:
        assert 0 <= pct <= (100 if passed is None else passed)
        assert pct == 100 or declined or late or passed is not None


def test_more_facilities_share_when_few_do_not_finish_in_time() -> None:
    soon = TODAY + timedelta(days=36)
    plan = shared(10_000, *(able(code, workers=5) for code in "ABCD"), latest=soon)
    assert len(plan.shares) == 4
    assert all(share.due <= soon for share in plan.shares)


def test_who_is_busy_is_asked_for_less_and_finishes_after_its_other_work() -> None:
    busy = able("A", committed=50 * 306 * 60)
    plan = shared(10_000, busy, able("B"), able("C"), latest=working_day_after(TODAY, 70))
    assert amounts(plan) == {"B": 5_000, "C": 5_000}
    (alone,) = shared(300, busy).shares
    assert "after 60 working days of other work" in alone.why
    assert alone.due > working_day_after(TODAY, 60)


def test_what_can_not_be_made_in_time_is_promised_for_the_first_day_that_is_honest() -> None:
    soon = TODAY + timedelta(days=3)
    slow, slower = able("A", workers=10), able("B", workers=5)
    plan = shared(10_000, slow, slower, latest=soon)
    assert all("after the latest finish" in share.why for share in plan.shares)
    day_before = max(share.due for share in plan.shares) - timedelta(days=1)
    together = sum(one.pieces_until(day_before, 14) for one in (slow, slower))
    assert together < 10_000


def test_four_containers_a_month_from_sragen_are_seen_to_be_impossible() -> None:
    month = working_day_after(TODAY, 26)
    plan = shared(4 * 64_800, able("LPS-SRG", workers=100), labour=24, latest=month)
    (share,) = plan.shares
    assert share.due > month + timedelta(days=6 * 30)
    assert "days after the latest finish, nobody is quicker" in share.why


def test_what_can_not_be_made_in_years_stays_unallocated() -> None:
    plan = shared(10_000_000, able("A", workers=4), able("B", workers=1), labour=900, latest=date.max)
    assert sum(amounts(plan).values()) + plan.unallocated == 10_000_000
    assert plan.unallocated > 9_000_000
    assert all(share.due <= TODAY + timedelta(days=FARTHEST_DAYS) for share in plan.shares)


def test_a_piece_that_takes_longer_than_a_day_is_made_too() -> None:
    (share,) = shared(10, able("A", workers=1), labour=900).shares
    assert (share.quantity, share.why) == (10, "makes one in 3 working days")


def test_what_nobody_is_able_to_make_stays_unallocated() -> None:
    assert shared(500, able("A", workers=0)) == shared(500) == Plan((), 500)


@given(
    quantity=st.integers(1, 200_000) | st.integers(1, 1_000),
    labour=st.integers(1, 900),
    facilities=st.lists(
        st.tuples(
            st.integers(0, 300), st.integers(0, 10**6), st.none() | st.integers(0, 100), st.integers(0, 2)
        ),
        max_size=8,
    ),
    days=st.integers(-10, 400),
)
def test_every_piece_is_accounted_for(
    quantity: int, labour: int, facilities: list[tuple[int, int, int | None, int]], days: int
) -> None:
    everyone = [
        able(f"F{n}", workers=workers, committed=committed, reliability_pct=known, hub_steps=steps)
        for n, (workers, committed, known, steps) in enumerate(facilities)
    ]
    latest = TODAY + timedelta(days=days)
    plan = shared(quantity, *everyone, labour=labour, latest=latest)
    shares = [share.quantity for share in plan.shares]
    assert sum(shares) + plan.unallocated == quantity
    assert plan.unallocated >= 0
    assert len(amounts(plan)) == len(shares)
    assert plan == shared(quantity, *reversed(everyone), labour=labour, latest=latest)
    if len(shares) > 1:
        assert min(shares) >= SMALLEST_SHARE
    capacities = {one.facility: one for one in everyone}
    for share in plan.shares:
        assert share.quantity > 0
        assert share.due == capacities[share.facility].finish_of(share.quantity, labour)
        told = reasons_of(share.why)
        assert AND.join(told) == share.why
        assert {reason.message for reason in told} <= set(WHY), "a page can say them in the reader's language"


@given(
    quantity=st.integers(500, 200_000),
    workers=st.lists(st.integers(20, 300), min_size=2, max_size=8),
    labour=st.integers(1, 60),
)
def test_where_others_can_in_time_nobody_has_more_than_the_largest_share(
    quantity: int, workers: list[int], labour: int
) -> None:
    everyone = [able(f"F{n}", workers=count) for n, count in enumerate(workers)]
    days = [one.finish_of(quantity, labour) for one in everyone]
    latest = max(day or date.max for day in days)
    plan = shared(quantity, *everyone, labour=labour, latest=latest)
    if latest <= TODAY + timedelta(days=FARTHEST_DAYS):
        assert max(share.quantity for share in plan.shares) <= quantity * LARGEST_SHARE_PCT // 100
        assert all(share.due <= latest for share in plan.shares)
