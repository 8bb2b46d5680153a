"""Every piece is shared out or said to be unallocated; the same facts give the same shares."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.production.domain.allocation import LARGEST_SHARE_PCT, SMALLEST_SHARE, share_out
from services.production.domain.capacity import Capacity

TODAY = date(2026, 3, 2)
LATEST = TODAY + timedelta(days=90)


def able(code: str, *, workers: int = 50, committed: int = 0) -> Capacity:
    return Capacity(
        facility=code, open_minutes=360, workers=workers, efficiency_pct=85, committed_minutes=committed
    )


def test_a_small_quantity_goes_to_one_facility() -> None:
    plan = share_out(
        300, labour_minutes=14, latest=LATEST, today=TODAY, able=[able("A"), able("B", workers=80)]
    )
    assert [(share.facility, share.quantity) for share in plan.shares] == [("B", 300)]


def test_no_facility_takes_more_than_its_largest_share_where_others_can() -> None:
    plan = share_out(
        10_000, labour_minutes=14, latest=LATEST, today=TODAY, able=[able("A", workers=200), able("B")]
    )
    assert [share.quantity for share in plan.shares] == [6_000, 4_000]


def test_more_facilities_share_when_few_do_not_finish_in_time() -> None:
    facilities = [able(code, workers=5) for code in "ABCD"]
    soon = TODAY + timedelta(days=30)
    plan = share_out(10_000, labour_minutes=14, latest=soon, today=TODAY, able=facilities)
    assert len(plan.shares) == 4
    assert all(share.due <= soon for share in plan.shares)


def test_what_can_not_be_made_in_time_is_promised_later_and_says_so() -> None:
    soon = TODAY + timedelta(days=3)
    plan = share_out(10_000, labour_minutes=14, latest=soon, today=TODAY, able=[able("A", workers=5)])
    (share,) = plan.shares
    assert share.due > soon
    assert "after the latest finish" in share.why


def test_what_nobody_is_able_to_make_stays_unallocated() -> None:
    plan = share_out(500, labour_minutes=14, latest=LATEST, today=TODAY, able=[able("A", workers=0)])
    assert (plan.shares, plan.unallocated) == ((), 500)


@given(
    quantity=st.integers(1, 200_000),
    labour=st.integers(1, 900),
    workers=st.lists(st.integers(0, 300), max_size=8),
    days=st.integers(1, 400),
)
def test_every_piece_is_accounted_for(quantity: int, labour: int, workers: list[int], days: int) -> None:
    facilities = [able(f"F{n}", workers=count) for n, count in enumerate(workers)]
    latest = TODAY + timedelta(days=days)
    plan = share_out(quantity, labour_minutes=labour, latest=latest, today=TODAY, able=facilities)
    amounts = [share.quantity for share in plan.shares]
    assert sum(amounts) + plan.unallocated == quantity
    assert all(amount > 0 for amount in amounts)
    assert len({share.facility for share in plan.shares}) == len(amounts)
    if len(amounts) > 1:
        assert min(amounts) >= min(SMALLEST_SHARE, quantity // len(amounts))
        assert plan == share_out(
            quantity, labour_minutes=labour, latest=latest, today=TODAY, able=list(reversed(facilities))
        )
    assert LARGEST_SHARE_PCT < 100
