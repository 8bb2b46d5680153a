"""What is kept about people in a service: what is due by rule, what is held, and what was erased when.

Erasing itself is ``kendi purge``, which goes through all services in one order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from shared import reference
from shared.card import Card
from shared.clock import business_now, business_today
from shared.purging import Eraser
from shared.retention import KINDS, PURGE, Asked, RetentionRule
from shared.sight import SERVICE
from shared.web import pages
from shared.web.access import COMPLIANCE, KANWIL, OPERATOR, current
from shared.web.context import transaction
from shared.web.pagination import cursor_of, key_of, row_number

STEPS = 50
"""Purges on a page, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What the page of a service reads: how its kinds are erased, where that is noted, and what is held.

    Of fewer than ``least`` people no count is shown, nor how many rows are theirs.
    """

    card: Card
    erasers: Mapping[str, Eraser]
    steps: Table
    holds: Callable[[Session], Sequence[Mapping[str, Any]]] | None = None
    least: int = 1


@dataclass(frozen=True, kw_only=True)
class Due:
    """How it stands with a rule today.

    ``count`` is how many rows are due or, where they are about workers, how many people: how much there is of each is
    told to nobody. It is none where they are too few to be told.
    """

    rule: RetentionRule
    by: str
    before: date | None = None
    count: int | None = None
    of_people: bool = False
    kept: Mapping[str, int | None]


def blueprint(keeping: Keeping) -> Blueprint:
    desk = Blueprint("retention", __name__, url_prefix=f"/{keeping.card.name}/retention")

    @desk.get("/")
    @pages.desk(COMPLIANCE, KANWIL, OPERATOR)
    def overview() -> str:
        return _overview(keeping)

    return desk


def _overview(keeping: Keeping) -> str:
    before = key_of(request.args.get("before"), row_number)
    with transaction(sees=SERVICE) as session:
        today, now = business_today(session), business_now(session)
        due = [_due(session, keeping, rule, today, now) for rule in _rules_of(keeping.card.name, today)]
        steps = _steps(session, keeping.steps, before)
        holds = keeping.holds(session) if keeping.holds else None
    return render_template(
        "retention.html",
        due=due,
        holds=holds,
        steps=steps[:STEPS],
        older=cursor_of(str(steps[STEPS - 1]["id"])) if len(steps) > STEPS else None,
        today=today,
        few=keeping.least,
    )


@cache
def _all_rules() -> Sequence[RetentionRule]:
    return reference.retention_rules()


def _rules_of(service: str, on: date) -> list[RetentionRule]:
    """The rules in force for what this service keeps in tables of its own."""
    newest = {rule.kind: rule for rule in _all_rules() if rule.holds_on(on)}
    return [rule for kind, rule in newest.items() if _keeps(service, kind)]


def _keeps(service: str, kind: str) -> bool:
    return any(table.partition(".")[0] in (service, "*") for table in KINDS[kind].tables)


def _due(session: Session, keeping: Keeping, rule: RetentionRule, on: date, now: datetime) -> Due:
    by = KINDS[rule.kind].by
    eraser = keeping.erasers.get(rule.kind) if by == PURGE and rule.kept_for else None
    if eraser is None:
        return Due(rule=rule, by=by, kept={})
    asked = Asked(rule, on, current().name, now)
    plan = eraser.plan(session, asked)
    if plan.people is None:
        return Due(rule=rule, by=by, before=asked.before, count=plan.rows, kept=plan.kept)
    kept = {why: _told(people, keeping.least) for why, people in plan.kept.items()}
    count = _told(plan.people, keeping.least)
    return Due(rule=rule, by=by, before=asked.before, count=count, of_people=True, kept=kept)


def _told(people: int, least: int) -> int | None:
    return None if 0 < people < least else people


def _steps(session: Session, steps: Table, before: int | None) -> list[dict[str, Any]]:
    query = select(steps).order_by(steps.c.id.desc()).limit(STEPS + 1)
    if before is not None:
        query = query.where(steps.c.id < before)
    return [dict(row) for row in session.execute(query).mappings()]
