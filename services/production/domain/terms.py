"""On what terms a facility may have a share of a line: its agreement, and the material that it has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from services.production.domain.allocation import AND, SKILLED, Plan, share_out
from services.production.domain.capacity import Capacity
from services.production.domain.clearance import LANE, may_make
from services.production.domain.facility import FIRST_LEVEL, Zone
from shared.events.orders import Lane
from shared.events.production import Lack

MATERIAL_DAYS = 5
"""Working days until material that a facility has not comes. A planning value."""

Reason = Literal[
    "no_agreement",
    "agreement_ends",
    "declined",
    "skill_too_low",
    "no_workshop",
    "other_lane",
    "no_hours",
    "not_needed",
]
BARRING: Final[tuple[Reason, ...]] = (
    "no_agreement",
    "declined",
    "skill_too_low",
    "no_workshop",
    "other_lane",
)
"""For these a facility is out of the question however many hours it has; each plan finds out anew whether they hold."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """``until`` is the last day that an agreement covers, if any does; ``pieces`` what the stock is enough for, None for any."""

    until: date | None
    pieces: int | None = None

    def lasts(self, day: date) -> bool:
        return self.until is not None and self.until >= day

    def waits(self, quantity: int) -> bool:
        """Whether so many pieces take more material than there is."""
        return self.pieces is not None and quantity > self.pieces


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a line asks of who makes it: skill, the workshop where its tools are not allowed in a block, and the lane
    that it is cleared for."""

    skill_level: int = FIRST_LEVEL
    zone: Zone = "block"
    lane: Lane = LANE

    def bar(self, able: Sequence[Capacity]) -> dict[str, Reason]:
        """Why some of them can't be asked for it."""
        barred: dict[str, Reason] = {
            one.facility: "no_workshop" for one in able if (self.zone, one.zone) == ("workshop", "block")
        }
        barred |= {one.facility: "skill_too_low" for one in able if one.skill_level < self.skill_level}
        return barred | {one.facility: "other_lane" for one in able if not may_make(one.lane, self.lane)}


ANYTHING = Needs()
"""What most lines need: nothing that a facility of their family has not."""


def lack_of(reasons: Collection[Reason]) -> Lack:
    """What would have to be there for pieces that no facility has, by why each was passed over."""
    if {"no_agreement", "agreement_ends"} & set(reasons):
        return "agreement"
    if "no_hours" in reasons:
        return "hours"
    if "skill_too_low" in reasons:
        return "skill"
    return "workshop" if {"no_workshop", "other_lane"} & set(reasons) else "hours"


@dataclass(frozen=True)
class PlanOnTerms:
    """A plan, and why each facility that is able to make the goods has no share of it."""

    plan: Plan
    passed_over: Mapping[str, Reason]


def share_out_on_terms(
    quantity: int,
    *,
    labour_minutes: int,
    latest: date,
    today: date,
    able: Sequence[Capacity],
    terms: Mapping[str, Terms],
    needs: Needs = ANYTHING,
) -> PlanOnTerms:
    """Share out over those whom the line allows and whose agreement lasts until they are done; who lacks material begins when it has come.

    A facility whose share would outlast its agreement gets none, and one whose share takes more material
    than it has begins later; then all is shared out again, which ends since each happens once to each.
    """
    passed: dict[str, Reason] = {code: "no_agreement" for code, term in terms.items() if term.until is None}
    passed |= needs.bar(able)
    waiting: set[str] = set()
    while True:
        plan = share_out(
            quantity,
            labour_minutes=labour_minutes,
            latest=latest,
            today=today,
            able=[_later(one, waiting) for one in able if one.facility not in passed],
        )
        outlasting = {share.facility for share in plan.shares if not terms[share.facility].lasts(share.due)}
        lacking = {
            share.facility for share in plan.shares if terms[share.facility].waits(share.quantity)
        } - waiting
        if not outlasting and not lacking:
            break
        passed |= dict.fromkeys(outlasting, "agreement_ends")
        waiting |= lacking
    with_a_share = {share.facility for share in plan.shares}
    for one in able:
        if one.facility not in with_a_share | passed.keys():
            passed[one.facility] = "not_needed" if one.minutes_a_day and not plan.unallocated else "no_hours"
    return PlanOnTerms(_with_skill(plan, needs.skill_level), passed)


def _with_skill(plan: Plan, level: int) -> Plan:
    """The plan with the skill that was asked for in its reasons, where it is more than the first level."""
    if level == FIRST_LEVEL:
        return plan
    shares = [replace(one, why=AND.join((one.why, SKILLED.format(n=level)))) for one in plan.shares]
    return Plan(tuple(shares), plan.unallocated)


def _later(one: Capacity, waiting: set[str]) -> Capacity:
    return replace(one, material_days=MATERIAL_DAYS) if one.facility in waiting else one
