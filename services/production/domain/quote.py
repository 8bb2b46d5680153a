"""By when lines could be ready, were they shared out now, one after the other; nothing is reserved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.production.domain.allocation import Plan
from services.production.domain.capacity import Capacity, latest_finish, ready_on
from services.production.domain.facility import FIRST_LEVEL
from services.production.domain.terms import Terms, share_out_on_terms
from shared.events.production import LinePromise, MoreWorkers


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A line that somebody thinks of ordering, with what its item takes."""

    number: int
    quantity: int
    family: str
    labour_minutes: int
    latest: date
    terms: Mapping[str, Terms]
    skill_level: int = FIRST_LEVEL


def promises(
    lines: Sequence[Wanted], *, able: Mapping[str, Sequence[Capacity]], today: date
) -> list[LinePromise]:
    """The promised date of each line; none where some of its pieces find no facility.

    A line takes the hours that it needs from those after it, as lines of one order do.
    """
    free = dict(able)
    promised = []
    for line in lines:
        there, latest = free[line.family], latest_finish(line.latest)
        plan = share_out_on_terms(
            line.quantity,
            labour_minutes=line.labour_minutes,
            latest=latest,
            today=today,
            able=there,
            terms=line.terms,
            skill_level=line.skill_level,
        ).plan
        day = None if plan.unallocated else ready_on(max(one.due for one in plan.shares))
        late = day is None or day > line.latest
        skilled = [one for one in there if one.skill_level >= line.skill_level]
        missing = more_workers(line, able=skilled, latest=latest, today=today) if late else None
        promised.append(LinePromise(number=line.number, promised_date=day, possible_with=missing))
        free[line.family] = _after(plan, line, there)
    return promised


def more_workers(line: Wanted, *, able: Sequence[Capacity], latest: date, today: date) -> MoreWorkers | None:
    """The fewest more workers at one able facility with whom the line is made in time; none if none would do."""
    short = line.quantity - sum(one.pieces_until(latest, line.labour_minutes) for one in able)
    needed = [
        (more, one.facility)
        for one in able
        if (more := one.more_workers_for(max(short, 1), line.labour_minutes, latest=latest))
    ]
    if not needed:
        return None
    workers, facility = min(needed)
    return MoreWorkers(facility=facility, workers=workers, weeks=-(-(latest - today).days // 7))


def _after(plan: Plan, line: Wanted, able: Sequence[Capacity]) -> Sequence[Capacity]:
    """The same facilities, committed to their shares besides."""
    more = {share.facility: share.quantity * line.labour_minutes for share in plan.shares}
    return [replace(one, committed_minutes=one.committed_minutes + more.get(one.facility, 0)) for one in able]
