"""What is read to find out which work is in danger: all open work orders at once, from a few queries."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from services.production.agreements import FOR_ITS_LANE, LAST_DAY
from services.production.capacities import of_all_families
from services.production.domain.agreement import Agreement, covered_until
from services.production.domain.calendar import Calendar, ordinary_week
from services.production.domain.capacity import Capacity
from services.production.domain.consent import WORK
from services.production.domain.lateness import LOOK_BACK, Pace, Progress
from services.production.materials import LEFT
from services.production.storage import (
    OPEN,
    agreement,
    consent,
    consent_text,
    demand,
    facility_lock,
    hours_entry,
    item,
    material_lot,
    recipe,
    report,
    work_order,
    worker,
)
from services.production.terms import falls_under

AT_WORK = timedelta(days=7)
"""Who worked on it in the last week works on it."""


@dataclass(frozen=True)
class Work:
    """An open work order, how far it is, and the labour of its facility."""

    id: UUID
    order_id: UUID
    line: int
    facility: str
    progress: Progress
    pace: Pace


def open_work(session: Session, today: date) -> list[Work]:
    """Every open work order in order of need."""
    rows = session.execute(_open_orders()).all()
    made, paces = _made(session, today), _paces(session, today)
    covered, lacking = _covered(session, today), set(_lacking(session, rows))
    unasked = _unasked(session, today)
    ahead: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    for row in rows:
        key = row.facility, row.family
        pace = paces.get(key) or _no_pace(row.facility, today)
        progress = _progress(
            row,
            made.get(row.id, {}),
            pace,
            ahead=0 if row.started_on else ahead[key],
            lacks_material=row.id in lacking,
            lacks_consent=row.id in unasked,
            covered_until=_until(covered, row, today),
        )
        found.append(Work(row.id, row.order_id, row.line, row.facility, progress, pace))
        ahead[key] += pace.capacity.minutes_for(row.quantity - row.good, row.labour_minutes)
    return found


def locked_facilities(session: Session) -> Sequence[str]:
    """Where missing tools stop all work."""
    locked = select(facility_lock.c.facility).where(facility_lock.c.unlocked_on.is_(None))
    return session.execute(locked.order_by(facility_lock.c.facility)).scalars().all()


def _open_orders() -> Any:
    of_line = (demand.c.order_id == work_order.c.order_id) & (demand.c.line == work_order.c.line)
    return (
        select(
            work_order,
            item.c.family,
            item.c.labour_minutes,
            demand.c.requested_date,
            demand.c.partner,
        )
        .join(item, item.c.sku == work_order.c.sku)
        .join(demand, of_line)
        .where(OPEN)
        .order_by(work_order.c.due, work_order.c.id)
    )


def _progress(row: Row[Any], made: Mapping[date, int], pace: Pace, **found: Any) -> Progress:
    return Progress(
        quantity=row.quantity,
        good=row.good,
        rework=row.rework,
        scrap=row.scrap,
        made=row.made,
        due=row.due,
        requested=row.requested_date,
        labour_minutes=row.labour_minutes,
        yield_pct=pace.capacity.yield_pct,
        accepted=row.accepted_on is not None,
        paused=row.paused_reason is not None,
        started_on=row.started_on,
        made_on=made,
        reported_on=max(made, default=None),
        **found,
    )


def _made(session: Session, today: date) -> Mapping[UUID, dict[date, int]]:
    """Pieces by work order and day of late; a day of nothing but mending has none."""
    pieces = func.coalesce(func.sum(report.c.pieces).filter(report.c.kind == "made"), 0)
    made: dict[UUID, dict[date, int]] = defaultdict(dict)
    for id, day, count in session.execute(
        select(report.c.work_order_id, report.c.worked_on, pieces)
        .join(work_order, work_order.c.id == report.c.work_order_id)
        .where(OPEN, report.c.worked_on > today - LOOK_BACK)
        .group_by(report.c.work_order_id, report.c.worked_on)
    ):
        made[id][day] = int(count)
    return made


def _paces(session: Session, today: date) -> dict[tuple[str, str], Pace]:
    since = of_all_families(session, since=today - LOOK_BACK)
    return {(one.facility, family): Pace(capacity=one, today=today) for family, one in since}


def _no_pace(code: str, today: date) -> Pace:
    """A facility that does not make the family any more."""
    nobody = Capacity(
        facility=code,
        today=today - LOOK_BACK,
        calendar=Calendar(week=ordinary_week(0)),
        staffing=((date.min, 0),),
        efficiency_pct=100,
    )
    return Pace(capacity=nobody, today=today)


def _covered(session: Session, today: date) -> Mapping[str, list[Agreement]]:
    """The agreements of each facility that are not over."""
    query = select(Agreement).where(FOR_ITS_LANE, agreement.c.valid_to >= today)
    found: dict[str, list[Agreement]] = defaultdict(list)
    for one in session.execute(query).scalars():
        found[one.facility].append(one)
    return found


def _until(covered: Mapping[str, list[Agreement]], row: Row[Any], today: date) -> date | None:
    """The last day on which the line's partner is covered; of a partner that is not known any agreement does."""
    theirs = [one for one in covered.get(row.facility, []) if row.partner in (one.partner, None)]
    return covered_until(theirs, today=today)


def _unasked(session: Session, today: date) -> set[UUID]:
    """Work on which somebody worked of late who consented to older words than now count for it; withdrawn is no lack."""
    newest = (
        select(func.max(consent_text.c.version))
        .where(consent_text.c.agreement_id == agreement.c.id, consent_text.c.purpose == WORK)
        .where(consent_text.c.valid_from <= today)
        .scalar_subquery()
    )
    standing = (
        select(consent.c.worker_id, consent.c.agreement_id, func.max(consent.c.text_version).label("version"))
        .where(consent.c.purpose == WORK, consent.c.withdrawn_at.is_(None))
        .group_by(consent.c.worker_id, consent.c.agreement_id)
        .subquery()
    )
    their_own = agreement.c.id == falls_under(agreement.c.id, hours_entry.c.worked_on)
    query = (
        select(work_order.c.id)
        .join(hours_entry, hours_entry.c.work_order_id == work_order.c.id)
        .join(worker, (worker.c.id == hours_entry.c.worker_id) & worker.c.left_on.is_(None))
        .join(agreement, their_own)
        .join(standing, (standing.c.worker_id == worker.c.id) & (standing.c.agreement_id == agreement.c.id))
        .where(
            OPEN, hours_entry.c.worked_on > today - AT_WORK, today <= LAST_DAY, standing.c.version < newest
        )
    )
    return set(session.execute(query.distinct()).scalars())


def _lacking(session: Session, rows: Sequence[Row[Any]]) -> Iterator[UUID]:
    """Accepted work for which material is missing, when what is there is used in order of need."""
    takes: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in session.execute(select(recipe)):
        takes[row.sku][row.material] = row.per_piece
    stock = select(material_lot.c.facility, material_lot.c.material, func.sum(LEFT).label("left"))
    free = material_lot.c.quarantined_reason.is_(None)
    grouped = stock.where(free).group_by(material_lot.c.facility, material_lot.c.material)
    left = {(row.facility, row.material): row.left for row in session.execute(grouped)}
    for order in rows:
        if order.accepted_on is None:
            continue
        still = order.quantity - order.made + order.scrap
        for material, per_piece in takes[order.sku].items():
            key = order.facility, material
            left[key] = left.get(key, Decimal(0)) - still * per_piece
            if still and left[key] < 0:
                yield order.id
