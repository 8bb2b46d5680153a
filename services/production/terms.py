"""On what terms facilities may have a share of a line: their agreements, and material that nobody has spoken for."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ScalarSelect,
    Select,
    Text,
    bindparam,
    func,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from services.production.agreements import FOR_ITS_LANE, LAST_DAY, is_for
from services.production.capacities import but_for_instead, open_work
from services.production.days_as_text import as_text, by_day
from services.production.domain.agreement import Agreement, covered_until
from services.production.domain.capacity import Capacity
from services.production.domain.terms import Terms
from services.production.domain.work_order import WorkOrder
from services.production.storage import agreement, demand, facility, material_lot, recipe, work_order
from shared.database import among_those


class _Days(NamedTuple):
    """Of an agreement."""

    valid_from: date
    last_day: date


def terms_of(
    session: Session,
    sku: str,
    *,
    partner: str | None,
    able: Sequence[Capacity],
    today: date,
    instead_of: Sequence[WorkOrder] = (),
) -> dict[str, Terms]:
    """The terms of each able facility; a partner that is not known is covered by any agreement."""
    asked = {
        "sku": sku,
        "partner": partner,
        "codes": [one.facility for one in able],
        "today": today,
        "instead_of": [each.id for each in instead_of],
    }
    return {
        row.code: Terms(until=_covered_until(row.agreements, today), pieces=row.pieces)
        for row in session.execute(_terms(bool(instead_of)), asked).all()
    }


@lru_cache(maxsize=1024)
def _covered_until(agreements: str | None, today: date) -> date | None:
    days = (_Days(begin, begin + timedelta(days=more)) for begin, more in by_day(agreements))
    return covered_until(days, today=today)


@cache
def _terms(instead: bool) -> Select[Any]:
    """Put together once, as that takes longer than to run it."""
    not_over = agreement.c.valid_to >= bindparam("today", type_=Date)
    covered = (
        select(
            agreement.c.facility,
            as_text(agreement.c.valid_from, LAST_DAY - agreement.c.valid_from).label("agreements"),
        )
        .join(facility, facility.c.code == agreement.c.facility)
        .where(is_for(facility.c.lane), not_over, _of(bindparam("partner", type_=Text)))
        .group_by(agreement.c.facility)
        .subquery("covered")
    )
    enough = _enough(instead=instead).subquery("enough")
    return (
        select(facility.c.code, covered.c.agreements, enough.c.pieces)
        .select_from(facility)
        .outerjoin(covered, covered.c.facility == facility.c.code)
        .outerjoin(enough, enough.c.facility == facility.c.code)
        .where(among_those(facility.c.code, "codes"))
    )


def recipe_of(session: Session, sku: str) -> dict[str, Decimal]:
    """How much of each material a piece takes."""
    rows = session.execute(select(recipe.c.material, recipe.c.per_piece).where(recipe.c.sku == sku))
    return {row.material: row.per_piece for row in rows}


def agreements_for(session: Session, order: WorkOrder) -> Sequence[Agreement]:
    """The agreements under which a work order's facility may work for its buyer."""
    partner = session.execute(
        select(demand.c.partner).where(demand.c.order_id == order.order_id, demand.c.line == order.line)
    ).scalar_one()
    theirs = (agreement.c.facility == order.facility, FOR_ITS_LANE, _of(literal(partner, Text)))
    return session.execute(select(Agreement).where(*theirs)).scalars().all()


def _of(partner: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Whose agreement it is: a partner that is not known is covered by any."""
    return partner.is_(None) | (agreement.c.partner == partner)


def agreement_on(session: Session, order: WorkOrder, day: date) -> Agreement | None:
    """The agreement that a day's work on it falls under: the one in force, else the last that was."""
    begun = [one for one in agreements_for(session, order) if one.valid_from <= day]
    return max(begun, key=lambda one: (one.state_on(day) == "in_force", one.valid_from), default=None)


def tolerance_on(day: date) -> ColumnElement[int]:
    """How many per cent beyond what was asked for a work order's partner takes that day."""
    return func.coalesce(falls_under(agreement.c.tolerance_pct, literal(day)), 0)


def falls_under(told: ColumnElement[Any], day: ColumnElement[date]) -> ScalarSelect[Any]:
    """Something of the agreement that a day's work on a work order falls under: ``agreement_on`` in SQL."""
    theirs = demand.c.partner.is_(None) | (demand.c.partner == agreement.c.partner)
    return (
        select(told)
        .join(demand, theirs)
        .where(demand.c.order_id == work_order.c.order_id, demand.c.line == work_order.c.line)
        .where(agreement.c.facility == work_order.c.facility, FOR_ITS_LANE)
        .where(agreement.c.valid_from <= day)
        .order_by((day <= LAST_DAY).desc(), agreement.c.valid_from.desc())
        .limit(1)
        .correlate_except(agreement, demand)
        .scalar_subquery()
    )


def tolerance_of(session: Session, order: WorkOrder, day: date) -> int:
    query = select(tolerance_on(day)).select_from(work_order).where(work_order.c.id == order.id)
    return int(session.execute(query).scalar_one())


def _enough(*, instead: bool) -> Select[Any]:
    """For how many pieces each facility's stock is enough, less what open work still takes.

    A piece that takes nothing of which count is kept has no row. With ``instead`` the work orders that are
    named take nothing.
    """
    its_own = recipe.c.sku == bindparam("sku", type_=Text)
    takes = select(recipe.c.material, recipe.c.per_piece).where(its_own).subquery("takes")
    there = (
        select(
            material_lot.c.facility,
            material_lot.c.material,
            (material_lot.c.quantity - material_lot.c.used - material_lot.c.written_off).label("quantity"),
        )
        .join(takes, takes.c.material == material_lot.c.material)
        .where(material_lot.c.quarantined_reason.is_(None))
    )
    still = open_work(
        work_order.c.quantity - work_order.c.made + work_order.c.scrap, *but_for_instead(instead)
    )
    spoken_for = (
        select(still.c.facility, recipe.c.material, -still.c.pieces * recipe.c.per_piece)
        .join(recipe, recipe.c.sku == still.c.sku)
        .join(takes, takes.c.material == recipe.c.material)
    )
    both = union_all(there, spoken_for).subquery("both")
    free = (
        select(both.c.facility, both.c.material, func.sum(both.c.quantity).label("quantity"))
        .group_by(both.c.facility, both.c.material)
        .subquery("free")
    )
    pieces = func.floor(func.greatest(0, func.coalesce(free.c.quantity, 0)) / takes.c.per_piece)
    return (
        select(facility.c.code.label("facility"), func.min(pieces).cast(BigInteger).label("pieces"))
        .select_from(facility)
        .join(takes, true())
        .outerjoin(free, (free.c.facility == facility.c.code) & (free.c.material == takes.c.material))
        .group_by(facility.c.code)
    )
