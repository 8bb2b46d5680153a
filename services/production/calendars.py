"""Facilities with their hours, workers and weeks as they are shown: reads only."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, RowMapping, func, select
from sqlalchemy.orm import Session

from services.production.agreements import FOR_ITS_LANE, LAST_DAY
from services.production.capacities import headcounts_of, of_all_families, seen_by, week_of
from services.production.domain.anonymity import in_fives
from services.production.domain.calendar import MOST_DAYS, WEEKDAYS, Calendar, public_holidays
from services.production.domain.capacity import Capacity
from services.production.domain.facility import still_missing
from services.production.domain.pool import COUNTS
from services.production.local_time import today_at
from services.production.storage import (
    agreement,
    calendar_day,
    capability,
    capability_change,
    facility,
    item,
)
from shared.clock import business_today
from shared.web.access import IN_A_FACILITY, Principal

WEEKS = 8
"""As far as calendars of weeks look ahead."""
CHANGED_DAYS = 200
"""Days that differ on a page."""
CHANGES = 50
"""Entries of a history that are shown."""


def facility_in_full(session: Session, code: str) -> dict[str, Any] | None:
    """A facility with what it is able to make and what it still lacks; none if it is not known."""
    row = _facility(session, code)
    if row is None:
        return None
    offers = session.execute(
        select(capability).where(capability.c.facility == code).order_by(capability.c.family)
    )
    families = [dict(offer) for offer in offers.mappings()]
    workers = sum(offer["workers"] for offer in families)
    agreements = session.execute(
        select(func.count())
        .select_from(agreement)
        .where(agreement.c.facility == code, FOR_ITS_LANE, today_at(session, code) <= LAST_DAY)
    ).scalar_one()
    missing = still_missing(
        verified=row.verified,
        producing=row.producing,
        open_minutes=row.open_minutes,
        families=len(families),
        workers=workers,
        agreements=agreements,
    )
    return {
        **row._mapping,
        "week": by_weekday(week_of(row)),
        "capabilities": families,
        "missing": list(missing),
    }


def capability_in_full(session: Session, code: str, family: str) -> dict[str, Any] | None:
    """What a facility makes of a family, and each change of it, the newest first."""
    query = select(capability).where(capability.c.facility == code, capability.c.family == family)
    now = session.execute(query).mappings().one_or_none()
    if now is None:
        return None
    return {**now, "history": changes_of(session, code, family)}


def changes_of(session: Session, code: str, family: str | None = None) -> Sequence[RowMapping]:
    """What a facility was said to make, the newest entry first."""
    query = select(capability_change).where(capability_change.c.facility == code)
    if family is not None:
        query = query.where(capability_change.c.family == family)
    return session.execute(query.order_by(capability_change.c.id.desc()).limit(CHANGES)).mappings().all()


def by_weekday(week: Iterable[int]) -> dict[str, int]:
    return dict(zip(WEEKDAYS, week, strict=True))


def calendar_of(session: Session, code: str, *, first: date, last: date) -> dict[str, Any] | None:
    """Each day of a time: what is open, and why it differs from the ordinary week."""
    row = _facility(session, code)
    if row is None:
        return None
    changes = session.execute(
        select(calendar_day).where(calendar_day.c.facility == code, calendar_day.c.day.between(first, last))
    )
    changed = {change.day: change for change in changes}
    calendar = Calendar(
        week=week_of(row), changed=tuple((day, change.open_minutes) for day, change in changed.items())
    )
    minutes = calendar.minutes_after(first - timedelta(days=1), (last - first).days + 1)
    days = [first + timedelta(days=n) for n in range(len(minutes))]
    return {
        "facility": code,
        "time_zone": row.time_zone,
        "week": by_weekday(calendar.week),
        "days": [
            {
                "day": day,
                "open_minutes": open_minutes,
                "reason": changed[day].reason if day in changed else None,
                "holiday": public_holidays(day.year).get(day),
            }
            for day, open_minutes in zip(days, minutes, strict=True)
        ],
    }


def pool_of(session: Session, code: str) -> dict[str, Any] | None:
    """The week of workers that is in force, and those to come."""
    if _facility(session, code) is None:
        return None
    told = headcounts_of(session, code, today_at(session, code))
    return {"facility": code, "weeks": told}


def pool_for(session: Session, principal: Principal, code: str) -> dict[str, Any] | None:
    """The same as a principal may see it: outside the facility in steps of five, so that no week shows a person."""
    pool = pool_of(session, code)
    if pool is None or principal.role in IN_A_FACILITY:
        return pool
    weeks = [
        {"week": one.week, **{name: in_fives(getattr(one, name)) for name in COUNTS}} for one in pool["weeks"]
    ]
    return {**pool, "weeks": weeks}


def load_by_week(
    session: Session, principal: Principal, code: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """For each facility, or one, the coming weeks as a principal may see them: labour there is, and what work takes of it.

    Work is taken as early as it can be done, as plans do; what is left after the last week stands there
    as ``beyond``.
    """
    today = business_today(session)
    monday = today - timedelta(days=today.weekday())
    found: dict[str, list[dict[str, Any]]] = {}
    for _family, one in of_all_families(session, code):
        weeks = found.setdefault(one.facility, [_week(monday, n) for n in range(WEEKS)])
        for week in weeks:
            _add(week, seen_by(principal, one))
    return found


def _week(monday: date, n: int) -> dict[str, Any]:
    return {"week": monday + timedelta(weeks=n), "capacity": 0, "load": 0, "beyond": 0}


def _add(week: dict[str, Any], one: Capacity) -> None:
    """Add a family's labour and work of a week."""
    before, after = (one.minutes_until(week["week"] + timedelta(days=days)) for days in (-1, 6))
    week["capacity"] += after - before
    week["load"] += min(after, one.busy_minutes) - min(before, one.busy_minutes)
    week["beyond"] += max(0, one.busy_minutes - after)


def _facility(session: Session, code: str) -> Row[Any] | None:
    return session.execute(select(facility).where(facility.c.code == code)).one_or_none()


def changes_ahead(session: Session, code: str) -> list[dict[str, Any]]:
    """The days to come that differ from the ordinary week; those that follow on each other for one reason as one."""
    ahead = (calendar_day.c.facility == code, calendar_day.c.day >= today_at(session, code))
    query = select(calendar_day).where(*ahead).order_by(calendar_day.c.day).limit(CHANGED_DAYS)
    found: list[dict[str, Any]] = []
    for row in session.execute(query):
        last = found[-1] if found else None
        if last and last["reason"] == row.reason and _follow(last["day"], last["until"], row.day):
            last["until"] = row.day
            last["least"] = min(last["least"], row.open_minutes)
            last["most"] = max(last["most"], row.open_minutes)
        else:
            minutes = {"least": row.open_minutes, "most": row.open_minutes}
            found.append({"day": row.day, "until": row.day, "reason": row.reason, **minutes})
    return found


def _follow(first: date, last: date, then: date) -> bool:
    """Whether only days of rest and holidays can be between, and all are as few as are changed at once."""
    return then - last <= timedelta(days=4) and (then - first).days < MOST_DAYS


def families(session: Session) -> Sequence[str]:
    """The families of the catalogue."""
    return session.execute(select(item.c.family).distinct().order_by(item.c.family)).scalars().all()
