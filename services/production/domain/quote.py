"""By when lines could be ready, were they shared out now, one after the other; nothing is reserved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.production.domain.allocation import Plan
from services.production.domain.capacity import Capacity, ready_on
from services.production.domain.terms import Terms, share_out_on_terms


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A line that somebody thinks of ordering, with what its item takes."""

    number: int
    quantity: int
    family: str
    labour_minutes: int
    latest: date
    terms: Mapping[str, Terms]


def promises(
    lines: Sequence[Wanted], *, able: Mapping[str, Sequence[Capacity]], today: date
) -> dict[int, date | None]:
    """The promised date of each line by its number; none where some of its pieces find no facility.

    A line takes the hours that it needs from those after it, as lines of one order do.
    """
    free = dict(able)
    promised: dict[int, date | None] = {}
    for line in lines:
        plan = share_out_on_terms(
            line.quantity,
            labour_minutes=line.labour_minutes,
            latest=line.latest,
            today=today,
            able=free[line.family],
            terms=line.terms,
        ).plan
        free[line.family] = _after(plan, line, free[line.family])
        promised[line.number] = None if plan.unallocated else ready_on(max(one.due for one in plan.shares))
    return promised


def _after(plan: Plan, line: Wanted, able: Sequence[Capacity]) -> Sequence[Capacity]:
    """The same facilities, committed to their shares besides."""
    more = {share.facility: share.quantity * line.labour_minutes for share in plan.shares}
    return [replace(one, committed_minutes=one.committed_minutes + more.get(one.facility, 0)) for one in able]
