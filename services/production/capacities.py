"""What facilities are free to make: their calendars and workers, and the work that they were asked for already."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity
from services.production.domain.pool import LEARNING_PCT, Headcount, Staffing, staffing, valid_between
from services.production.domain.report import Workshop
from services.production.domain.work_order import WorkOrder
from services.production.storage import (
    OPEN,
    calendar_day,
    capability,
    facility,
    item,
    report,
    work_order,
    worker_pool,
)
from shared.clock import business_today
from shared.database import among
from shared.web.access import IN_A_FACILITY, Principal

COUNTS = tuple(field.name for field in fields(Headcount))
"""Columns of a week of workers."""
Columns = tuple[tuple[Any, ...], ...]
"""The weeks of a facility as they are read: for each of ``COUNTS`` its values."""


_HUBS = facility.alias("hubs")
HUB_STEPS = case(
    (facility.c.hub, 0),
    (facility.c.cluster.in_(select(_HUBS.c.cluster).where(_HUBS.c.hub, _HUBS.c.cluster != "")), 1),
    else_=2,
)
"""How far goods go to be put together: nowhere, within a former residency, or out of it."""


def able_to_make(
    session: Session, family: str, *, but_for: Collection[str] = (), instead_of: Sequence[WorkOrder] = ()
) -> Sequence[Capacity]:
    """Verified facilities that make the family, but for some, with what they are committed to.

    What the new work is to be done ``instead_of`` does not count.
    """
    able = _offers(_committed(instead_of).where(item.c.family == family))
    rows = session.execute(
        able.where(capability.c.family == family, facility.c.producing, facility.c.verified).where(
            facility.c.code.not_in(but_for)
        )
    ).all()
    return _capacities(session, rows)


def of_all_families(
    session: Session, code: str | None = None, *, since: date | None = None
) -> list[tuple[str, Capacity]]:
    """What each facility, or one, has for each of its families, whether it is asked for work or not.

    Labour is counted from today on, or ``since`` an earlier day.
    """
    committed = _committed(())
    if code is None:
        rows = session.execute(_offers(committed)).all()
    else:  # nobody else's work is looked at: every report asks for its own facility's day
        own = _offers(committed.where(work_order.c.facility == code))
        rows = session.execute(own.where(facility.c.code == code)).all()
    families = [row.family for row in rows]
    return list(zip(families, _capacities(session, rows, since), strict=True))


def _offers(committed: Select[Any]) -> Select[Any]:
    """Facilities with what they are able to make, and what they are committed to of it."""
    places = (
        select(capability.c.facility, func.sum(capability.c.workers).label("all"))
        .group_by(capability.c.facility)
        .subquery("places")
    )
    busy = committed.subquery("busy")
    return (
        select(
            facility.c.code,
            facility.c.open_minutes,
            facility.c.week,
            facility.c.lane,
            facility.c.reliability_pct,
            HUB_STEPS.label("hub_steps"),
            capability,
            places.c.all,
            func.coalesce(busy.c.minutes, 0).cast(BigInteger).label("committed"),
        )
        .join(capability, capability.c.facility == facility.c.code)
        .join(places, places.c.facility == facility.c.code)
        .outerjoin(busy, (busy.c.facility == capability.c.facility) & (busy.c.family == capability.c.family))
        .order_by(facility.c.code, capability.c.family)
    )


def _capacities(session: Session, rows: Sequence[Row[Any]], since: date | None = None) -> list[Capacity]:
    """The capacities of facilities and families, from two queries however many they are."""
    first = since or business_today(session)
    codes = {row.code for row in rows}
    changed, pools = changed_days(session, codes, since=first), _pools(session, codes, first)
    return [_capacity(row, changed.get(row.code, ()), pools.get(row.code, ()), first) for row in rows]


def _capacity(row: Row[Any], changed: tuple[tuple[date, int], ...], pool: Columns, today: date) -> Capacity:
    there, told = (
        valid_between(steps, row.valid_from, row.valid_to)
        for steps in _staffing(row.workers, int(row.all), pool)
    )
    return Capacity(
        facility=row.code,
        today=today,
        calendar=Calendar(week=week_of(row), changed=changed),
        staffing=there,
        told=told,
        efficiency_pct=row.efficiency_pct,
        yield_pct=row.yield_pct,
        skill_level=row.skill_level,
        zone=row.zone,
        lane=row.lane,
        reliability_pct=row.reliability_pct,
        hub_steps=row.hub_steps,
        committed_minutes=row.committed,
    )


def week_of(row: Any) -> tuple[int, ...]:
    """A facility's ordinary week."""
    return tuple(row.week) if row.week else ordinary_week(row.open_minutes)


def _committed(instead_of: Sequence[WorkOrder]) -> Select[Any]:
    """Minutes of each facility's open work by family, read from the index of what is open."""
    query = (
        select(
            work_order.c.facility,
            item.c.family,
            func.sum((work_order.c.quantity - work_order.c.good) * item.c.labour_minutes).label("minutes"),
        )
        .join(item, item.c.sku == work_order.c.sku)
        .where(OPEN)
        .group_by(work_order.c.facility, item.c.family)
    )
    if instead_of:  # else the index alone answers
        query = query.where(work_order.c.id.not_in([each.id for each in instead_of]))
    return query


def changed_days(
    session: Session, codes: Collection[str], *, since: date
) -> Mapping[str, tuple[tuple[date, int], ...]]:
    """The days from one on that differ from the ordinary week, by facility."""
    days, minutes = (
        func.array_agg(aggregate_order_by(column, calendar_day.c.day))
        for column in (calendar_day.c.day, calendar_day.c.open_minutes)
    )
    rows = session.execute(
        select(calendar_day.c.facility, days, minutes)
        .where(among(calendar_day.c.facility, codes), calendar_day.c.day >= since)
        .group_by(calendar_day.c.facility)
    )
    return {code: tuple(zip(changed, open_minutes, strict=True)) for code, changed, open_minutes in rows}


def headcounts_of(session: Session, code: str, today: date) -> tuple[Headcount, ...]:
    """A facility's weeks that are in force or still teach somebody, and those to come."""
    return _headcounts(_pools(session, {code}, today).get(code, ()))


def _headcounts(pool: Columns) -> tuple[Headcount, ...]:
    return tuple(Headcount(**dict(zip(COUNTS, week, strict=True))) for week in zip(*pool, strict=True))


@lru_cache(maxsize=1024)
def _staffing(workers: int, of: int, pool: Columns) -> tuple[Staffing, Staffing]:
    """By the counts as they are, and as they are told outside; the same few weeks are read with every plan."""
    weeks = _headcounts(pool)
    told = tuple(week.in_fives for week in weeks)
    return staffing(workers, of=of, pool=weeks), staffing(workers, of=of, pool=told)


def _pools(session: Session, codes: Collection[str], today: date) -> Mapping[str, Columns]:
    learning = today - timedelta(weeks=len(LEARNING_PCT))
    newest = (
        select(func.max(worker_pool.c.week))
        .where(worker_pool.c.facility == facility.c.code, worker_pool.c.week <= learning)
        .correlate(facility)
        .scalar_subquery()
    )
    columns = (func.array_agg(aggregate_order_by(worker_pool.c[name], worker_pool.c.week)) for name in COUNTS)
    rows = session.execute(
        select(facility.c.code, *columns)
        .join(facility, facility.c.code == worker_pool.c.facility)
        .where(among(facility.c.code, codes), worker_pool.c.week >= func.coalesce(newest, learning))
        .group_by(facility.c.code)
    )
    return {code: tuple(map(tuple, columns)) for code, *columns in rows}


def capacity_at(session: Session, code: str, family: str, *, since: date | None = None) -> Capacity | None:
    """What one facility has for a family; none if it does not make it."""
    return dict(of_all_families(session, code, since=since)).get(family)


def workshop_on(session: Session, order: WorkOrder, day: date, kind: str) -> Workshop:
    """The workshop of a work order's facility on a day, with what its other work orders of the family tell of it."""
    found = session.execute(select(item.c.family, item.c.labour_minutes).where(item.c.sku == order.sku)).one()
    capacity = capacity_at(session, order.facility, found.family, since=max(day, order.offered_on))
    elsewhere = session.execute(
        select(func.coalesce(func.sum(report.c.pieces * item.c.labour_minutes), 0))
        .join(work_order, work_order.c.id == report.c.work_order_id)
        .join(item, item.c.sku == work_order.c.sku)
        .where(work_order.c.facility == order.facility, item.c.family == found.family)
        .where(work_order.c.id != order.id, report.c.worked_on == day, report.c.kind == kind)
    ).scalar_one()
    return Workshop(
        workers=capacity.workers_on(day) if capacity else 0,
        minutes_a_day=capacity.minutes_of_a_full_day(day) if capacity else 0,
        minutes_a_piece=found.labour_minutes,
        elsewhere=int(elsewhere),
    )


def seen_by(principal: Principal, one: Capacity) -> Capacity:
    """What of it a principal may see: outside the facility nothing that tells of fewer than five people."""
    return one if principal.role in IN_A_FACILITY else one.outside


def minutes_a_day(
    session: Session, principal: Principal, codes: Collection[str]
) -> dict[tuple[str, str], int]:
    """Labour of a day by facility and family: by the calendars of the week to come, with the workers who are there."""
    if not codes:
        return {}
    rows = session.execute(_offers(_committed(())).where(among(facility.c.code, codes))).all()
    capacities = zip(rows, _capacities(session, rows), strict=True)
    return {(row.code, row.family): seen_by(principal, one).minutes_a_day_now for row, one in capacities}
