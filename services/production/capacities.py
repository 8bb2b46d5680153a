"""What facilities are free to make: their calendars and workers, and the work that they were asked for already."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import date
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Date,
    Select,
    Subquery,
    Text,
    Uuid,
    all_,
    bindparam,
    case,
    func,
    select,
    true,
)
from sqlalchemy.orm import Session

from services.production.days_as_text import as_text, by_day, numbers
from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity
from services.production.domain.facility import Zone
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
from shared.database import among_those
from shared.events.orders import Lane
from shared.web.access import IN_A_FACILITY, Principal

SINCE = bindparam("since", type_=Date)
INSTEAD_OF = bindparam("instead_of", type_=ARRAY(Uuid))
LEARNING = SINCE - 7 * len(LEARNING_PCT)
"""Who began to learn before it is a trained worker."""

HEADCOUNT = tuple(field.name for field in fields(Headcount))

CHANGED = (
    select(calendar_day.c.facility, as_text(calendar_day.c.day, calendar_day.c.open_minutes).label("days"))
    .where(calendar_day.c.day >= SINCE)
    .group_by(calendar_day.c.facility)
    .subquery("changed")
)
"""The days of each facility that differ from its ordinary week."""

_earlier, _there = worker_pool.alias("earlier"), facility.alias("there")
_NEWEST = (
    select(func.max(_earlier.c.week).label("week"))
    .where(_earlier.c.facility == _there.c.code, _earlier.c.week <= LEARNING)
    .lateral("newest")
)
POOL = (
    select(
        _there.c.code.label("facility"), as_text(*(worker_pool.c[name] for name in HEADCOUNT)).label("weeks")
    )
    .select_from(_there)
    .join(_NEWEST, true())
    .join(worker_pool, worker_pool.c.facility == _there.c.code)
    .where(worker_pool.c.week >= func.coalesce(_NEWEST.c.week, LEARNING))
    .group_by(_there.c.code)
    .subquery("pool")
)
"""The weeks of each facility's workers that are in force or still teach somebody, and those to come."""


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
    asked = {"family": family, "but_for": list(but_for), "instead_of": [each.id for each in instead_of]}
    return [one for _, one in _found(session, _able(bool(instead_of)), asked)]


@cache
def _able(instead: bool) -> Select[Any]:
    """Put together once, as that takes longer than to run it."""
    family = bindparam("family", type_=Text)
    others = facility.c.code != all_(bindparam("but_for", type_=ARRAY(Text)))
    return _offers(_committed(*but_for_instead(instead)).where(item.c.family == family)).where(
        capability.c.family == family, facility.c.producing, facility.c.verified, others
    )


def of_all_families(
    session: Session, code: str | None = None, *, since: date | None = None
) -> list[tuple[str, Capacity]]:
    """What each facility, or one, has for each of its families, whether it is asked for work or not.

    Labour is counted from today on, or ``since`` an earlier day.
    """
    return _found(session, _of_all_families(code is not None), {"code": code}, since)


@cache
def _of_all_families(of_one: bool) -> Select[Any]:
    """Of one facility nobody else's work is looked at: every report asks for its own facility's day."""
    if not of_one:
        return _offers(_committed())
    code = bindparam("code", type_=Text)
    return _offers(_committed(work_order.c.facility == code)).where(facility.c.code == code)


class _Offer(NamedTuple):
    """A row of ``_offers``, in the order of its columns; what stands in arrays comes as text."""

    code: str
    open_minutes: int
    week: str | None
    changed: str | None
    weeks: str | None
    lane: Lane
    reliability_pct: int | None
    hub_steps: int
    family: str
    workers: int
    efficiency_pct: int
    yield_pct: int
    skill_level: int
    zone: Zone
    valid_from: date | None
    valid_to: date | None
    all: int
    committed: int


def _offers(committed: Select[Any]) -> Select[Any]:
    """Facilities with their hours and people, what they are able to make, and what they are committed to of it."""
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
            facility.c.week.cast(Text).label("week"),
            CHANGED.c.days.label("changed"),
            POOL.c.weeks,
            facility.c.lane,
            facility.c.reliability_pct,
            HUB_STEPS.label("hub_steps"),
            capability.c.family,
            capability.c.workers,
            capability.c.efficiency_pct,
            capability.c.yield_pct,
            capability.c.skill_level,
            capability.c.zone,
            capability.c.valid_from,
            capability.c.valid_to,
            places.c.all,
            func.coalesce(busy.c.minutes, 0).cast(BigInteger).label("committed"),
        )
        .join(capability, capability.c.facility == facility.c.code)
        .join(places, places.c.facility == facility.c.code)
        .outerjoin(CHANGED, CHANGED.c.facility == facility.c.code)
        .outerjoin(POOL, POOL.c.facility == facility.c.code)
        .outerjoin(busy, (busy.c.facility == capability.c.facility) & (busy.c.family == capability.c.family))
        .order_by(facility.c.code, capability.c.family)
    )


def _found(
    session: Session, offers: Select[Any], asked: Mapping[str, Any], since: date | None = None
) -> list[tuple[str, Capacity]]:
    """The families and capacities of some offers, from one query however many they are."""
    first = since or business_today(session)
    rows = map(_Offer._make, session.execute(offers, {**asked, "since": first}).all())
    return [(offer.family, _capacity(offer, first)) for offer in rows]


@lru_cache(maxsize=1024)
def _capacity(row: _Offer, today: date) -> Capacity:
    """As long as nothing of it changes it is the same, with what was found out about it."""
    there, told = _staffing(row.workers, int(row.all), row.weeks, row.valid_from, row.valid_to)
    return Capacity(
        facility=row.code,
        today=today,
        calendar=_calendar(row.open_minutes, row.week, row.changed),
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


def _committed(*which: ColumnElement[bool]) -> Select[Any]:
    """Minutes of each facility's open work, or of some of it, by family."""
    left = open_work(work_order.c.quantity - work_order.c.good, *which)
    minutes = func.sum(left.c.pieces * item.c.labour_minutes).label("minutes")
    return (
        select(left.c.facility, item.c.family, minutes)
        .join(item, item.c.sku == left.c.sku)
        .group_by(left.c.facility, item.c.family)
    )


def but_for_instead(instead: bool) -> tuple[ColumnElement[bool], ...]:
    """Without the work that is taken back, if any is: the index of what is open does not know ids."""
    return (work_order.c.id != all_(INSTEAD_OF),) if instead else ()


def open_work(pieces: ColumnElement[int], *which: ColumnElement[bool]) -> Subquery:
    """Pieces of each facility's open work, or of some of it, by item: in the order of the index of what is open."""
    return (
        select(work_order.c.facility, work_order.c.sku, func.sum(pieces).label("pieces"))
        .where(OPEN, *which)
        .group_by(work_order.c.facility, work_order.c.sku)
        .subquery("open_work")
    )


@lru_cache(maxsize=1024)
def _calendar(open_minutes: int, week: str | None, changed: str | None) -> Calendar:
    return Calendar(week=tuple(numbers(week)) or ordinary_week(open_minutes), changed=days_of(changed))


def days_of(changed: str | None) -> tuple[tuple[date, int], ...]:
    """What ``CHANGED`` tells: each day with its open minutes."""
    return tuple((day, minutes) for day, minutes in by_day(changed))


def headcounts_of(session: Session, code: str, today: date) -> tuple[Headcount, ...]:
    """A facility's weeks that are in force or still teach somebody, and those to come."""
    weeks = session.execute(select(POOL.c.weeks).where(POOL.c.facility == code), {"since": today})
    return _headcounts(weeks.scalar())


def _headcounts(weeks: str | None) -> tuple[Headcount, ...]:
    return tuple(Headcount(**dict(zip(HEADCOUNT, row, strict=True))) for row in by_day(weeks))


@lru_cache(maxsize=1024)
def _staffing(
    workers: int, of: int, weeks: str | None, first: date | None, last: date | None
) -> tuple[Staffing, Staffing]:
    """Between two days, by the counts as they are, and as they are told outside."""
    pool = _headcounts(weeks)
    by_counts = staffing(workers, of=of, pool=pool)
    told = staffing(workers, of=of, pool=tuple(week.in_fives for week in pool))
    return valid_between(by_counts, first, last), valid_between(told, first, last)


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
    found = _found(session, _of_some(), {"codes": list(codes)})
    return {(one.facility, family): seen_by(principal, one).minutes_a_day_now for family, one in found}


@cache
def _of_some() -> Select[Any]:
    return _offers(_committed()).where(among_those(facility.c.code, "codes"))
