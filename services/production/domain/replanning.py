"""All work that has not begun, planned at once: what a plan costs, and what of the plan in force it changes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, cached_property
from typing import Any
from uuid import UUID

from services.production.domain.allocation import ANEW, LARGEST_SHARE_PCT, SMALLEST_SHARE, Share, doubt
from services.production.domain.calendar import FARTHEST_DAYS, working_day_after
from services.production.domain.capacity import Capacity
from services.production.domain.terms import MATERIAL_DAYS, Reason, Terms

LATE, OVER, SPLIT, MOVE, DOUBT, WAY = 300, 3, 300, 30, 3, 1
"""What a piece late by a day, a piece beyond the largest share, a further facility of a line and a work order
that is moved count: lateness comes first, then splits, then moves. Last, for each facility of a line, comes what
allocation prefers by: each ten per cent that it is less reliable, and each step of its way to a hub. All of these
together are less than a move, so that nothing is moved for them alone. Planning values."""

Key = tuple[UUID, int]


@dataclass(frozen=True, kw_only=True)
class Held:
    """A work order that has not begun: it can be taken back."""

    id: UUID
    number: str
    facility: str
    quantity: int
    due: date


@dataclass(frozen=True, kw_only=True)
class OpenLine:
    """The pieces of an order line that nobody has begun, and the terms of each facility that may be asked for them.

    ``barred`` are those that make such goods and may not be asked.
    """

    order_id: UUID
    line: int
    sku: str
    labour_minutes: int
    quantity: int
    latest: date
    held: tuple[Held, ...]
    places: Mapping[str, Terms]
    barred: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        return self.order_id, self.line

    @cached_property
    def facilities(self) -> list[str]:
        """Who may have pieces of it: who may be asked, and who has some already."""
        return sorted(self.places.keys() | self.held_at.keys())

    @cached_property
    def held_at(self) -> Mapping[str, tuple[Held, ...]]:
        found = defaultdict(list)
        for each in sorted(self.held, key=lambda each: (each.due, each.id)):
            found[each.facility].append(each)
        return {code: tuple(some) for code, some in found.items()}

    @property
    def largest_share(self) -> int:
        """The most that one facility has where others can share."""
        limit = self.quantity * LARGEST_SHARE_PCT // 100
        return limit if len(self.places) > 1 and self.quantity - limit >= SMALLEST_SHARE else self.quantity

    def held_by(self, code: str) -> int:
        return sum(each.quantity for each in self.held_at.get(code, ()))

    def of_stock(self, code: str, quantity: int) -> Fraction:
        """The part of a facility's stock that so many pieces take; more than all of it where there is none."""
        stock = self.places[code].pieces if code in self.places else None
        if stock is None:
            return Fraction(0)
        return Fraction(quantity, stock) if stock else Fraction(2)


@dataclass(frozen=True)
class Part:
    """Pieces of a line for one facility; it does what is wanted ``by`` an earlier day first."""

    quantity: int
    by: date


Parts = Mapping[Key, Mapping[str, Part]]
"""Who is to make what of each line."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """``late`` counts each piece for each day; one that no facility has as if it were made at the end of the horizon."""

    late: int = 0
    over: int = 0
    splits: int = 0
    moves: int = 0
    doubt: int = 0
    way: int = 0

    @property
    def total(self) -> int:
        preferred = DOUBT * self.doubt + WAY * self.way
        return LATE * self.late + OVER * self.over + SPLIT * self.splits + MOVE * self.moves + preferred

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            late=self.late + other.late,
            over=self.over + other.over,
            splits=self.splits + other.splits,
            moves=self.moves + other.moves,
            doubt=self.doubt + other.doubt,
            way=self.way + other.way,
        )


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to happen to a line: pieces to take back of work orders, and shares to offer instead."""

    line: OpenLine
    taken_back: tuple[tuple[Held, int], ...]
    offered: tuple[Share, ...]
    late_before: int
    late_after: int

    def as_dict(self) -> dict[str, Any]:
        """It as it is kept and shown."""
        return {
            "order_id": str(self.line.order_id),
            "line": self.line.line,
            "sku": self.line.sku,
            "late_before": self.late_before,
            "late_after": self.late_after,
            "taken_back": [
                {"id": str(held.id), "number": held.number, "facility": held.facility, "pieces": pieces}
                for held, pieces in self.taken_back
            ],
            "offered": [asdict(share) | {"due": share.due.isoformat()} for share in self.offered],
        }


@dataclass(frozen=True)
class Standing:
    """How a line stands under a plan."""

    cost: Cost
    taken_back: tuple[tuple[Held, int], ...] = ()
    offered: tuple[Share, ...] = ()


def in_force(lines: Sequence[OpenLine]) -> Parts:
    """The work orders as they are, in the order in which they are due."""
    return {
        line.key: {
            code: Part(line.held_by(code), min(each.due for each in some))
            for code, some in line.held_at.items()
        }
        for line in lines
    }


def finishes(
    lines: Sequence[OpenLine], parts: Parts, able: Mapping[str, Capacity], today: date
) -> dict[tuple[Key, str], date]:
    """The day on which each part is done when every facility works in the order of what is wanted first.

    What has begun goes before all. What takes more material than there is waits until more can have come.
    """
    queues: defaultdict[str, list[tuple[date, date, Key, OpenLine, int]]] = defaultdict(list)
    for line in lines:
        for code, part in parts[line.key].items():
            queues[code].append((part.by, line.latest, line.key, line, part.quantity))
    done = {}
    for code, queue in queues.items():
        queue.sort(key=lambda each: each[:3])
        for key, day in _in_turn(queue, able.get(code), code, today):
            done[key, code] = day
    return done


def _in_turn(
    queue: Sequence[tuple[date, date, Key, OpenLine, int]], one: Capacity | None, code: str, today: date
) -> Iterator[tuple[Key, date]]:
    farthest = today + timedelta(days=FARTHEST_DAYS)
    passed, used = one.busy_minutes if one else 0, Fraction(0)
    for *_, key, line, quantity in queue:
        if one is None:
            yield key, farthest
            continue
        used += (part := line.of_stock(code, quantity))
        if part and used > 1:
            passed = max(passed, one.minutes_until(material_day(today)))
        passed += one.minutes_for(quantity, line.labour_minutes)
        yield key, one.day_after(passed) or farthest


@cache
def material_day(today: date) -> date:
    """The day on which material that is not there can have come."""
    return working_day_after(today, MATERIAL_DAYS)


def of_part(one: Capacity | None) -> Cost:
    """What it costs that a facility has some of a line, however many pieces; nothing where it makes none any more."""
    return Cost(doubt=doubt(one), way=one.hub_steps) if one else Cost()


def as_it_is(
    line: OpenLine, done: Mapping[tuple[Key, str], date], able: Mapping[str, Capacity], today: date
) -> Standing:
    """How a line stands under the plan in force: what will be done later than its due day is as late as that."""
    late = sum(
        each.quantity * _days(max(each.due, done[line.key, each.facility]), line.latest) for each in line.held
    )
    return _standing(line, late, {code: line.held_by(code) for code in line.held_at}, able, today)


def as_planned(
    line: OpenLine,
    parts: Mapping[str, Part],
    done: Mapping[tuple[Key, str], date],
    before: Mapping[tuple[Key, str], date],
    able: Mapping[str, Capacity],
    today: date,
) -> Standing:
    """How a line stands under a new plan; ``before`` is when the plan in force has each part done."""
    given, taken, offered, late = {}, [], [], 0
    for code in line.facilities:
        finish = done.get((line.key, code), date.max)
        wanted = parts[code].quantity if code in parts else 0
        terms = line.places.get(code)
        lasts = bool(terms and terms.until and finish <= terms.until and finish < _farthest(today))
        if not lasts:  # what it has may stay, but nothing is offered
            wanted = min(wanted, line.held_by(code))
        stays = line.held_by(code) if not lasts else _stays(line, code, wanted, finish, before)
        kept, back = _take_back(line.held_at.get(code, ()), min(wanted, stays))
        taken += back
        late += sum(pieces * _days(max(each.due, finish), line.latest) for each, pieces in kept)
        if more := wanted - sum(pieces for _, pieces in kept):
            offered.append(Share(code, more, finish, str(ANEW)))
            late += more * _days(finish, line.latest)
        given[code] = wanted
    return _standing(line, late, given, able, today, tuple(taken), tuple(offered))


def _stays(
    line: OpenLine, code: str, wanted: int, finish: date, before: Mapping[tuple[Key, str], date]
) -> int:
    """How many pieces stay in the work orders that a facility has.

    None do where these can be done earlier and are late, where they would be done later than they are now,
    and where what comes to them is not worth a start of its own.
    """
    held, has = line.held_at.get(code, ()), line.held_by(code)
    earlier = any(each.due > line.latest and finish < each.due for each in held)
    later = any(finish > max(each.due, before[line.key, code]) for each in held)
    return 0 if earlier or later or 0 < wanted - has < SMALLEST_SHARE else has


def _take_back(held: Sequence[Held], stays: int) -> tuple[list[tuple[Held, int]], list[tuple[Held, int]]]:
    """The pieces that stay of each work order, and those that do not: what is due last is taken back first."""
    kept, back = [], []
    for each in held:
        pieces = min(stays, each.quantity)
        stays -= pieces
        kept += [(each, pieces)] if pieces else []
        back += [(each, each.quantity - pieces)] if pieces < each.quantity else []
    return kept, back


def _standing(
    line: OpenLine,
    late: int,
    given: Mapping[str, int],
    able: Mapping[str, Capacity],
    today: date,
    taken_back: tuple[tuple[Held, int], ...] = (),
    offered: tuple[Share, ...] = (),
) -> Standing:
    nobodys = line.quantity - sum(given.values())
    cost = Cost(
        late=late + nobodys * _days(_farthest(today), line.latest),
        over=sum(max(0, pieces - line.largest_share) for pieces in given.values()),
        splits=max(0, sum(1 for pieces in given.values() if pieces) - 1),
        moves=len(taken_back),
    )
    parts = (of_part(able.get(code)) for code, pieces in given.items() if pieces)
    return Standing(sum(parts, cost), taken_back, offered)


def _days(due: date, latest: date) -> int:
    return max(0, (due - latest).days)


def _farthest(today: date) -> date:
    return today + timedelta(days=FARTHEST_DAYS)


@dataclass(frozen=True)
class Replanned:
    """What the plan in force costs, what the better of both plans does, and what changes on the way to it."""

    before: Cost
    after: Cost
    changes: tuple[Change, ...]


def better(lines: Sequence[OpenLine], parts: Parts, able: Mapping[str, Capacity], today: date) -> Replanned:
    """The new plan where it costs less than the plan in force, else the plan in force: never anything worse."""
    now = in_force(lines)
    before = finishes(lines, now, able, today)
    stands = {line.key: as_it_is(line, before, able, today) for line in lines}
    done = finishes(lines, parts, able, today)
    could = {line.key: as_planned(line, parts[line.key], done, before, able, today) for line in lines}
    cost, cost_then = (sum((each.cost for each in some.values()), Cost()) for some in (stands, could))
    if cost_then.total >= cost.total:
        return Replanned(cost, cost, ())
    changes = tuple(
        Change(
            line=line,
            taken_back=could[line.key].taken_back,
            offered=could[line.key].offered,
            late_before=stands[line.key].cost.late,
            late_after=could[line.key].cost.late,
        )
        for line in lines
        if could[line.key].taken_back or could[line.key].offered
    )
    return Replanned(cost, cost_then, changes)
