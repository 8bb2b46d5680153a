"""Sharing a cleared order line out over facilities: deterministic, explained, and every piece accounted for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.production.domain.capacity import Capacity

SMALLEST_SHARE = 200
"""Pieces below which a share is not worth a start. A planning value."""
LARGEST_SHARE_PCT = 60
"""No facility takes more where others can share. A planning value, for spread of benefit."""


@dataclass(frozen=True)
class Share:
    """What one facility is to make, by when, and why it."""

    facility: str
    quantity: int
    due: date
    why: str


@dataclass(frozen=True)
class Plan:
    shares: tuple[Share, ...]
    unallocated: int


def share_out(
    quantity: int, *, labour_minutes: int, latest: date, today: date, able: Sequence[Capacity]
) -> Plan:
    """The fewest able facilities that finish in time, in proportion to what they make a day.

    Where no number of them finishes in time, all share and the due dates say so. What nobody can
    make stays unallocated.
    """
    ranked = sorted(
        (one for one in able if one.pieces_a_day(labour_minutes) > 0),
        key=lambda one: (-one.pieces_until(latest, labour_minutes, today=today), one.facility),
    )
    if not ranked:
        return Plan((), quantity)
    chosen = _fewest(quantity, ranked, labour_minutes, latest, today)
    amounts = _proportional(quantity, [one.pieces_a_day(labour_minutes) for one in chosen])
    shares = tuple(
        _share(one, amount, labour_minutes, latest, today)
        for one, amount in zip(chosen, amounts, strict=True)
        if amount
    )
    return Plan(shares, 0)


def _fewest(
    quantity: int, ranked: Sequence[Capacity], labour_minutes: int, latest: date, today: date
) -> Sequence[Capacity]:
    """The first few of the ranking that make the quantity in time, each within its largest share."""
    for count in range(_least(quantity), len(ranked) + 1):
        able = ranked[:count]
        amounts = _proportional(quantity, [one.pieces_a_day(labour_minutes) for one in able])
        if all(
            amount <= one.pieces_until(latest, labour_minutes, today=today)
            for one, amount in zip(able, amounts, strict=True)
        ):
            return able
    return ranked[: max(1, min(len(ranked), quantity // SMALLEST_SHARE))]


def _least(quantity: int) -> int:
    """Two where the quantity is enough for two worthwhile shares under the largest share, else one."""
    return 2 if quantity * (100 - LARGEST_SHARE_PCT) // 100 >= SMALLEST_SHARE else 1


def _proportional(quantity: int, rates: Sequence[int]) -> list[int]:
    """Whole pieces in proportion to the rates, none above the largest share; the sum is the quantity."""
    if len(rates) == 1:
        return [quantity]
    most = quantity * LARGEST_SHARE_PCT // 100
    amounts = [min(most, quantity * rate // sum(rates)) for rate in rates]
    amounts = [amount if amount >= SMALLEST_SHARE else 0 for amount in amounts]
    rest = quantity - sum(amounts)
    for index in sorted(range(len(rates)), key=lambda i: (amounts[i] == 0, -rates[i], i)):
        more = min(rest, max(0, most - amounts[index]))
        amounts[index] += more
        rest -= more
    amounts[0] += rest
    return amounts


def _share(one: Capacity, amount: int, labour_minutes: int, latest: date, today: date) -> Share:
    due = one.finish_of(amount, labour_minutes, today=today)
    rate = one.pieces_a_day(labour_minutes)
    late = "" if due <= latest else f"; {(due - latest).days} days after the latest finish, nobody is quicker"
    return Share(one.facility, amount, due, f"makes {rate} a day beside its other work{late}")
