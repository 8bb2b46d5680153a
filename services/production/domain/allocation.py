"""Sharing a cleared order line out over facilities: deterministic, explained, and every piece accounted for."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Final

from services.production.domain.calendar import FARTHEST_DAYS
from services.production.domain.capacity import Capacity
from shared.refusal import Sentence

SMALLEST_SHARE = 200
"""Pieces below which a share is not worth a start. A planning value."""
LARGEST_SHARE_PCT = 60
"""No facility takes more where others can share. A planning value, for spread of benefit."""


RELIABLE_PCT, KNOWN_FROM = 90, 5
"""From which reliability on facilities are not told apart, and from how many offers on it is known. Planning values."""


A_DAY, A_PIECE = Sentence("makes {n} a day"), Sentence("makes one in {n} working days")
FEW, RELIABLE = Sentence("has fewer than five people"), Sentence("reliable to {n} %")
NEAR_A_HUB, A_HUB = Sentence("near a hub"), Sentence("is a hub")
AFTER_MATERIAL = Sentence("after {n} working days until material comes")
AFTER_DAYS, AFTER_WORK = Sentence("after {n} working days of other work"), Sentence("after other work")
LATE = Sentence("{n} days after the latest finish, nobody is quicker")
SKILLED = Sentence("skilled enough for level {n}")
ANEW = Sentence("all open work was planned anew")
WHY: Final = (
    A_DAY,
    A_PIECE,
    FEW,
    RELIABLE,
    NEAR_A_HUB,
    A_HUB,
    AFTER_MATERIAL,
    AFTER_DAYS,
    AFTER_WORK,
    LATE,
    SKILLED,
    ANEW,
)
"""All that is ever told of why a facility has a share."""
AND = "; "


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


@dataclass(frozen=True)
class Place:
    """A facility that can take part, and the most of the quantity that it makes by some day."""

    capacity: Capacity
    most: int

    @property
    def rate(self) -> int:
        return self.capacity.minutes_a_day

    @property
    def preference(self) -> tuple[int, int, int]:
        """The reliable first, by tens of per cent; then who makes the most, for few shares; then the nearest to a hub."""
        return doubt(self.capacity), -self.most, self.capacity.hub_steps


def doubt(one: Capacity) -> int:
    """How many tens of per cent a facility is less reliable than those that are not told apart."""
    known = one.reliability_pct
    return -(-max(0, RELIABLE_PCT - known) // 10) if known is not None else 0


def reliability(offers: int, *, declined: int, late: int, passed_pct: int | None) -> int | None:
    """The least of how much a facility takes on, has in time, and makes well at once; unknown of a few offers."""
    if offers < KNOWN_FROM:
        return None
    parts = [100 - 100 * declined // offers, 100 - 100 * late // offers]
    return min(*parts, 100 if passed_pct is None else passed_pct)


def share_out(
    quantity: int, *, labour_minutes: int, latest: date, today: date, able: Sequence[Capacity]
) -> Plan:
    """The able facilities that finish in time, in proportion to what they make a day.

    In time comes before all, then a spread of the benefit, then who is reliable, few facilities, and the way to a
    hub. What can't be made in time is due on the first day on which all of them together are done; what can't be
    made within ``FARTHEST_DAYS`` stays unallocated.
    """

    working = [one for one in able if one.minutes_a_day]

    def by(day: date, pieces: int) -> list[Place]:
        return _places(pieces, working, labour_minutes, day)

    def made(day: date, pieces: int) -> int:
        return _together(by(day, pieces), _most_shares(pieces))

    farthest = today + timedelta(days=FARTHEST_DAYS)
    day, possible = min(max(latest, today), farthest), quantity
    if made(day, quantity) < quantity:  # not in time
        possible = min(quantity, made(farthest, quantity))
        if not possible:
            return Plan((), quantity)
        first = day.toordinal()
        days = range(first, farthest.toordinal())
        late = bisect_left(days, possible, key=lambda n: made(date.fromordinal(n), possible))
        day = date.fromordinal(first + late)
    chosen = _fewest(possible, by(day, possible))
    shares = tuple(
        _share(place.capacity, amount, labour_minutes, latest, farthest)
        for place, amount in zip(chosen, _proportional(possible, chosen), strict=True)
    )
    return Plan(shares, quantity - possible)


def wanting(quantity: int, *, labour_minutes: int, latest: date, able: Sequence[Capacity]) -> dict[str, int]:
    """How many pieces each of them would have to make by a day for all together to make the quantity, as they share it."""
    worthwhile = _places(quantity, able, labour_minutes, latest)
    others = {one.facility: [each for each in worthwhile if each.capacity is not one] for one in able}
    return {
        code: max(min(SMALLEST_SHARE, quantity), quantity - _together(some, _most_shares(quantity) - 1))
        for code, some in others.items()
    }


def _most_shares(quantity: int) -> int:
    return max(1, quantity // SMALLEST_SHARE)


def _places(quantity: int, able: Sequence[Capacity], labour_minutes: int, day: date) -> list[Place]:
    """Who makes a share that is worth a start by that day, the freest first."""
    free = [Place(one, one.pieces_until(day, labour_minutes)) for one in able]
    worthwhile = [place for place in free if place.most >= min(SMALLEST_SHARE, quantity)]
    worthwhile.sort(key=lambda place: (-place.most, place.capacity.facility))
    return _limited(worthwhile, quantity)


def _limited(places: Sequence[Place], limit: int) -> list[Place]:
    return [Place(place.capacity, min(place.most, limit)) for place in places]


def _together(places: Sequence[Place], shares: int) -> int:
    """What the freest make in so many shares."""
    return sum(place.most for place in places[:shares])


def _fewest(quantity: int, places: Sequence[Place]) -> list[Place]:
    """The first few that make the quantity, with the smallest limit to the largest share that lets them."""
    for pct in range(LARGEST_SHARE_PCT, 100, 10):
        limit = quantity * pct // 100
        if quantity - limit < SMALLEST_SHARE:
            break  # the rest is not worth a second start
        limited = _limited(places, limit)
        if _together(limited, _most_shares(quantity)) >= quantity:
            return _first_few(quantity, limited)
    return _first_few(quantity, places)


def _first_few(quantity: int, places: Sequence[Place]) -> list[Place]:
    """By preference; by what they make where that would be more shares than are worth a start."""
    preferred = _until_enough(quantity, sorted(places, key=lambda place: place.preference))
    return preferred if len(preferred) <= _most_shares(quantity) else _until_enough(quantity, places)


def _until_enough(quantity: int, places: Sequence[Place]) -> list[Place]:
    made = accumulate(place.most for place in places)
    count = next(n for n, together in enumerate(made, 1) if together >= quantity)
    return list(places[:count])


def _proportional(quantity: int, places: Sequence[Place]) -> list[int]:
    """Whole pieces in proportion to the rates: nobody below the smallest share or above what it can make."""
    amounts = [SMALLEST_SHARE if len(places) > 1 else 0] * len(places)
    while rest := quantity - sum(amounts):
        free = [n for n, place in enumerate(places) if amounts[n] < place.most]
        rates = sum(places[n].rate for n in free)
        for n in free:
            part = max(1, rest * places[n].rate // rates)
            amounts[n] += min(part, places[n].most - amounts[n], quantity - sum(amounts))
    return amounts


def _share(one: Capacity, amount: int, labour_minutes: int, latest: date, farthest: date) -> Share:
    """The share in words: how fast, after what other work, and how late if it is."""
    due = one.finish_of(amount, labour_minutes) or farthest
    told = one.outside
    rate, a_day = told.pieces_a_day(labour_minutes), told.minutes_a_day
    why: list[str] = [FEW]
    if a_day:
        why = [A_DAY.format(n=rate) if rate else A_PIECE.format(n=-(-labour_minutes // a_day))]
    if one.reliability_pct is not None:
        why.append(RELIABLE.format(n=one.reliability_pct))
    if one.hub_steps < 2:
        why.append(NEAR_A_HUB if one.hub_steps else A_HUB)
    if one.material_minutes > one.busy_minutes:
        why.append(AFTER_MATERIAL.format(n=one.material_days))
    elif one.committed_minutes:
        why.append(AFTER_DAYS.format(n=-(-one.busy_minutes // a_day)) if a_day else AFTER_WORK)
    if due > latest:
        why.append(LATE.format(n=(due - latest).days))
    return Share(one.facility, amount, due, AND.join(why))


def reasons_of(why: str) -> list[Sentence]:
    """What a share tells of why, to be said in the reader's language; it is kept in English."""
    return [_reason(part) for part in why.split(AND)]


def _reason(part: str) -> Sentence:
    for told in WHY:
        pattern = re.escape(told).replace(re.escape("{n}"), r"(\d+)")
        if found := re.fullmatch(pattern, part):
            return Sentence(told, n=int(found[1])) if found.groups() else told
    return Sentence(part)
