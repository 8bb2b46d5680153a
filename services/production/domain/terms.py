"""On what terms a facility may have a share of a line: its agreement, and the material that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from services.production.domain.allocation import Plan, Share, share_out
from services.production.domain.capacity import Capacity
from services.production.domain.facility import FIRST_LEVEL

MATERIAL_DAYS = 5
"""Working days until material that a facility has not comes. A planning value."""

Reason = Literal["no_agreement", "agreement_ends", "declined", "skill_too_low", "no_hours", "not_needed"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """``until`` is the last day that an agreement covers, if any does; ``pieces`` what the stock is enough for, None for any."""

    until: date | None
    pieces: int | None = None


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
    skill_level: int = FIRST_LEVEL,
) -> PlanOnTerms:
    """Share out over the skilled whose agreement lasts until they are done; who lacks material begins when it has come.

    A facility whose share would outlast its agreement gets none, and one whose share takes more material
    than it has begins later; then all is shared out again, which ends since each happens once to each.
    """
    passed: dict[str, Reason] = {code: "no_agreement" for code, term in terms.items() if term.until is None}
    passed |= {one.facility: "skill_too_low" for one in able if one.skill_level < skill_level}
    waiting: set[str] = set()
    while True:
        plan = share_out(
            quantity,
            labour_minutes=labour_minutes,
            latest=latest,
            today=today,
            able=[_later(one, waiting) for one in able if one.facility not in passed],
        )
        outlasting = {share.facility for share in plan.shares if _outlasts(share, terms[share.facility])}
        lacking = {share.facility for share in plan.shares if _lacks(share, terms[share.facility])} - waiting
        if not outlasting and not lacking:
            break
        passed |= dict.fromkeys(outlasting, "agreement_ends")
        waiting |= lacking
    with_a_share = {share.facility for share in plan.shares}
    for one in able:
        if one.facility not in with_a_share | passed.keys():
            passed[one.facility] = "not_needed" if one.minutes_a_day and not plan.unallocated else "no_hours"
    return PlanOnTerms(_with_skill(plan, skill_level), passed)


def _with_skill(plan: Plan, level: int) -> Plan:
    """The plan with the skill that was asked for in its reasons, where it is more than the first level."""
    if level == FIRST_LEVEL:
        return plan
    shares = [replace(one, why=f"{one.why}; skilled enough for level {level}") for one in plan.shares]
    return Plan(tuple(shares), plan.unallocated)


def _later(one: Capacity, waiting: set[str]) -> Capacity:
    return replace(one, material_days=MATERIAL_DAYS) if one.facility in waiting else one


def _outlasts(share: Share, terms: Terms) -> bool:
    return terms.until is None or share.due > terms.until


def _lacks(share: Share, terms: Terms) -> bool:
    return terms.pieces is not None and share.quantity > terms.pieces
