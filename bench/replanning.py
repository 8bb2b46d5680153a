"""Planning a thousand open lines over 59 facilities anew: how long it takes, and how far from the best it can be."""

import time
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from uuid import UUID

from services.production.domain.allocation import share_out
from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity, latest_finish
from services.production.domain.replanning import Held, OpenLine
from services.production.domain.terms import Terms
from services.production.open_work import Family, OpenWork
from services.production.solving import propose

LINES, FACILITIES, FAMILIES = 1_000, 59, 8
TODAY = date(2026, 3, 2)
SECONDS = 25
ENOUGH_SECONDS = 30
LABOUR_MINUTES = 14


def replanning() -> None:
    """In one process, without a database: what the solver and our own counting take."""
    work = _open_work(Random(1))
    began = time.monotonic()
    proposed = propose(work, seconds=SECONDS)
    taken = time.monotonic() - began
    told = "" if taken < ENOUGH_SECONDS else f"  more than {ENOUGH_SECONDS} s!"
    before, after = proposed.before, proposed.after
    print(
        f"Re-plan of {len(work.lines):,} lines over {FACILITIES} facilities: {taken:.1f} s;"
        f" lateness {before.late:,} to {after.late:,} piece-days, {after.moves:,} work orders moved{told}"
    )
    print(
        f"  cost {before.total:,} to {after.total:,}; none is below {proposed.bound:,} (gap {proposed.gap_pct:.1f} %)"
    )


def _open_work(chance: Random) -> OpenWork:
    """As it comes about when each order is shared out when it comes, the urgent ones last."""
    families = {}
    for number in range(FAMILIES):
        count = FACILITIES // FAMILIES + (number < FACILITIES % FAMILIES)
        able = [_place(f"LPS-{number}{place:02d}", chance) for place in range(count)]
        lines = [_line(1000 * number + n, able, chance) for n in range(LINES // FAMILIES)]
        begun = {one.facility: replace(one, committed_minutes=0) for one in able}
        families[f"family {number}"] = Family(lines, begun)
    return OpenWork(TODAY, families)


def _place(code: str, chance: Random) -> Capacity:
    return Capacity(
        facility=code,
        today=TODAY,
        calendar=Calendar(week=ordinary_week(360), changed=()),
        staffing=((date.min, 100 * chance.randint(8, 40)),),
        efficiency_pct=80,
        yield_pct=95,
    )


def _line(number: int, able: list[Capacity], chance: Random) -> OpenLine:
    quantity, latest = (
        100 * chance.randint(3, 40),
        latest_finish(TODAY + timedelta(days=chance.randint(20, 180))),
    )
    plan = share_out(quantity, labour_minutes=LABOUR_MINUTES, latest=latest, today=TODAY, able=able)
    held: list[Held] = []
    for share in plan.shares:
        place = next(n for n, one in enumerate(able) if one.facility == share.facility)
        busy = able[place].committed_minutes + share.quantity * LABOUR_MINUTES
        able[place] = replace(able[place], committed_minutes=busy)
        id = UUID(int=100 * number + len(held) + 1)
        held.append(
            Held(id=id, number=str(id), facility=share.facility, quantity=share.quantity, due=share.due)
        )
    terms = Terms(until=TODAY + timedelta(days=900))
    return OpenLine(
        order_id=UUID(int=number + 1),
        line=1,
        sku="CR-BALL-07",
        labour_minutes=LABOUR_MINUTES,
        quantity=quantity,
        latest=latest,
        held=tuple(held),
        places={one.facility: terms for one in able},
    )
