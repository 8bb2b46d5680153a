"""By when lines could be ready, were they shared out now, one after the other; nothing is reserved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.production.domain.allocation import Plan, Share, wanting
from services.production.domain.capacity import Capacity, latest_finish, ready_on
from services.production.domain.facility import FIRST_LEVEL
from services.production.domain.terms import (
    ANYTHING,
    MATERIAL_DAYS,
    Needs,
    PlanOnTerms,
    Terms,
    lack_of,
    share_out_on_terms,
)
from shared.events.production import Lack, LinePromise, MoreWorkers


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A line that somebody thinks of ordering, with what its item takes."""

    number: int
    quantity: int
    family: str
    labour_minutes: int
    latest: date
    terms: Mapping[str, Terms]
    needs: Needs = ANYTHING

    def shared_out(self, able: Sequence[Capacity], today: date) -> PlanOnTerms:
        return share_out_on_terms(
            self.quantity,
            labour_minutes=self.labour_minutes,
            latest=latest_finish(self.latest),
            today=today,
            able=able,
            terms=self.terms,
            needs=self.needs,
        )

    def promised(self, plan: Plan) -> date | None:
        return None if plan.unallocated else ready_on(max(one.due for one in plan.shares))

    def in_time(self, plan: Plan) -> bool:
        day = self.promised(plan)
        return day is not None and day <= self.latest


def promises(
    lines: Sequence[Wanted], *, able: Mapping[str, Sequence[Capacity]], today: date
) -> list[LinePromise]:
    """The promised date of each line; none where some of its pieces find no facility.

    A line takes the hours that it needs from those after it, as lines of one order do.
    """
    free = dict(able)
    promised = []
    for line in lines:
        there = free[line.family]
        planned = line.shared_out(there, today)
        promised.append(_promise(line, planned, there, today))
        free[line.family] = _after(planned.plan, line, there)
    return promised


def _promise(line: Wanted, planned: PlanOnTerms, able: Sequence[Capacity], today: date) -> LinePromise:
    day = line.promised(planned.plan)
    if line.in_time(planned.plan):
        return LinePromise(number=line.number, promised_date=day)
    more = more_workers(line, able=able, today=today)
    alone = next(_what_alone_would_do(line, able, today), None)
    lacking, at = alone or ("hours" if more else lack_of(planned.passed_over.values()), ())
    return LinePromise(
        number=line.number, promised_date=day, possible_with=more, lacking=lacking, lacking_at=at
    )


def _what_alone_would_do(
    line: Wanted, able: Sequence[Capacity], today: date
) -> Iterator[tuple[Lack, tuple[str, ...]]]:
    """What makes the day possible with nothing else, the easiest to get first, and at which facilities it is missing."""
    needs, terms = line.needs, line.terms.items()
    enough: dict[Lack, Wanted] = {
        "material": replace(line, terms={code: replace(some, pieces=None) for code, some in terms}),
        "agreement": replace(line, terms={code: replace(some, until=date.max) for code, some in terms}),
        "workshop": replace(line, needs=replace(needs, zone="block")),
        "skill": replace(line, needs=replace(needs, skill_level=FIRST_LEVEL)),
    }
    for lack, then in enough.items():
        plan = then.shared_out(able, today).plan
        if line.in_time(plan):
            yield (
                lack,
                tuple(sorted(share.facility for share in plan.shares if _lacks(line, lack, share, able))),
            )


def _lacks(line: Wanted, lack: Lack, share: Share, able: Sequence[Capacity]) -> bool:
    """Whether a facility has not what its share takes."""
    terms = line.terms[share.facility]
    if lack == "material":
        return terms.waits(share.quantity)
    if lack == "agreement":
        return not terms.lasts(share.due)
    return share.facility in line.needs.bar(able)


def more_workers(line: Wanted, *, able: Sequence[Capacity], today: date) -> MoreWorkers | None:
    """Enough more workers at one facility for the line to be made in time; none where no number would be.

    Only who may be asked until then counts, and material that is not enough for the whole line comes later. Who is there
    is counted in fives, rounded down: the number tells nobody how many they are, and is always enough.
    """
    latest, barred = latest_finish(line.latest), line.needs.bar(able)
    may_be_asked = [
        replace(one, material_days=MATERIAL_DAYS) if line.terms[one.facility].waits(line.quantity) else one
        for one in (each.outside for each in able)
        if one.facility not in barred and line.terms[one.facility].lasts(latest)
    ]
    short = wanting(line.quantity, labour_minutes=line.labour_minutes, latest=latest, able=may_be_asked)
    needed = [
        (more, one.facility)
        for one in may_be_asked
        if (more := one.more_workers_for(short[one.facility], line.labour_minutes, latest=latest))
    ]
    if not needed:
        return None
    workers, facility = min(needed)
    return MoreWorkers(facility=facility, workers=workers, weeks=-(-(latest - today).days // 7))


def _after(plan: Plan, line: Wanted, able: Sequence[Capacity]) -> Sequence[Capacity]:
    """The same facilities, committed to their shares besides."""
    more = {share.facility: share.quantity * line.labour_minutes for share in plan.shares}
    return [replace(one, committed_minutes=one.committed_minutes + more.get(one.facility, 0)) for one in able]
