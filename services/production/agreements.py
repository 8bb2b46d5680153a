"""What is read of agreements: a facility sees its own, the regional office all."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, case, false, func, select, true
from sqlalchemy.orm import Session

from services.production.domain.agreement import Agreement
from services.production.local_time import day_there, today_at
from services.production.storage import agreement, facility
from shared.clock import business_now
from shared.web.access import IN_A_FACILITY, KANWIL, Principal

_LANE = select(facility.c.lane).where(facility.c.code == agreement.c.facility).correlate(agreement)


def is_for(lane: ColumnElement[str]) -> ColumnElement[bool]:
    """The agreement is about the work of those who work in this lane."""
    return lane == any_(agreement.c.lanes)


FOR_ITS_LANE = is_for(_LANE.scalar_subquery())
"""About the work of those who work in its facility, where that is not joined."""
LAST_DAY = func.coalesce(agreement.c.ended_on, agreement.c.valid_to)


def mine(principal: Principal) -> ColumnElement[bool]:
    """Whose agreements a principal may see."""
    if principal.role in IN_A_FACILITY:
        return agreement.c.facility == principal.account
    return true() if principal.role == KANWIL else false()


def find(session: Session, principal: Principal, id: UUID) -> Agreement | None:
    query = select(Agreement).where(agreement.c.id == id, mine(principal))
    return session.execute(query).scalar_one_or_none()


def shown(session: Session, one: Agreement) -> dict[str, Any]:
    """An agreement as it stands on the day where its facility is."""
    return _as_dict(one, today_at(session, one.facility))


def _as_dict(one: Agreement, today: date) -> dict[str, Any]:
    names = (
        "id",
        "number",
        "partner",
        "facility",
        "lanes",
        "valid_from",
        "valid_to",
        "tolerance_pct",
        "version",
    )
    return {
        **{name: getattr(one, name) for name in (*names, "ended_on", "ended_reason", "last_day")},
        "state": one.state_on(today),
        "today": today,
        "currency": "IDR",
        "tariffs": {tariff.sku: tariff.idr for tariff in one.tariffs},
    }


def state_on(day: date | ColumnElement[date]) -> ColumnElement[str]:
    """``Agreement.state_on`` for the database to search by."""
    return case(
        (agreement.c.valid_from > day, "upcoming"),
        (day <= LAST_DAY, "in_force"),
        else_="over",
    )


def list_agreements(
    session: Session,
    principal: Principal,
    *,
    code: str | None = None,
    state: str | None = None,
    day: date | None = None,
    limit: int = 50,
    after: UUID | None = None,
) -> list[dict[str, Any]]:
    """Newest first; ``day`` asks for those in force on it. One more than the limit tells that there are more."""
    today = day_there(business_now(session), agreement.c.facility)
    query = select(Agreement, today).where(mine(principal)).order_by(agreement.c.id.desc()).limit(limit + 1)
    if code is not None:
        query = query.where(agreement.c.facility == code)
    if state is not None:
        query = query.where(state_on(today) == state)
    if day is not None:
        query = query.where(state_on(day) == "in_force")
    if after is not None:
        query = query.where(agreement.c.id < after)
    return [_as_dict(one, there) for one, there in session.execute(query)]
