"""On what terms facilities may have a share of a line: their agreements, and material that nobody has spoken for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select, union_all
from sqlalchemy.orm import Session

from services.production.agreements import FOR_ITS_LANE, LAST_DAY
from services.production.domain.agreement import Agreement, covered_until
from services.production.domain.capacity import Capacity
from services.production.domain.material import pieces_of
from services.production.domain.terms import Terms
from services.production.domain.work_order import WorkOrder
from services.production.storage import OPEN, agreement, demand, material_lot, recipe, work_order
from shared.database import among


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
    codes = [one.facility for one in able]
    covered = _covered(session, codes, partner, today)
    takes = recipe_of(session, sku)
    free = _free_stock(session, codes, takes, instead_of)
    return {code: Terms(until=covered.get(code), pieces=pieces_of(free[code], takes)) for code in codes}


def recipe_of(session: Session, sku: str) -> dict[str, Decimal]:
    """How much of each material a piece takes."""
    rows = session.execute(select(recipe.c.material, recipe.c.per_piece).where(recipe.c.sku == sku))
    return {row.material: row.per_piece for row in rows}


def agreements_for(session: Session, order: WorkOrder) -> Sequence[Agreement]:
    """The agreements under which a work order's facility may work for its buyer."""
    partner = session.execute(
        select(demand.c.partner).where(demand.c.order_id == order.order_id, demand.c.line == order.line)
    ).scalar_one()
    return session.execute(select(Agreement).where(_for([order.facility], partner))).scalars().all()


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


def _for(codes: Sequence[str], partner: str | None) -> ColumnElement[bool]:
    """Whose agreement it is."""
    theirs = among(agreement.c.facility, codes) & FOR_ITS_LANE
    return theirs if partner is None else theirs & (agreement.c.partner == partner)


def _covered(
    session: Session, codes: Sequence[str], partner: str | None, today: date
) -> dict[str, date | None]:
    columns = (agreement.c.facility, agreement.c.valid_from, LAST_DAY.label("last_day"))
    query = select(*columns).where(_for(codes, partner), agreement.c.valid_to >= today)
    found = defaultdict(list)
    for one in session.execute(query):
        found[one.facility].append(one)
    return {code: covered_until(some, today=today) for code, some in found.items()}


def _free_stock(
    session: Session, codes: Sequence[str], takes: Mapping[str, Decimal], instead_of: Sequence[WorkOrder]
) -> defaultdict[str, dict[str, Decimal]]:
    """What may be used of each material, less what open work orders still take."""
    there = (
        select(
            material_lot.c.facility,
            material_lot.c.material,
            (material_lot.c.quantity - material_lot.c.used - material_lot.c.written_off).label("quantity"),
        )
        .where(among(material_lot.c.facility, codes), material_lot.c.material.in_(takes))
        .where(material_lot.c.quarantined_reason.is_(None))
    )
    still = work_order.c.quantity - work_order.c.made + work_order.c.scrap
    spoken_for = (
        select(work_order.c.facility, recipe.c.material, -still * recipe.c.per_piece)
        .join(recipe, recipe.c.sku == work_order.c.sku)
        .where(among(work_order.c.facility, codes), recipe.c.material.in_(takes), OPEN)
    )
    if instead_of:
        spoken_for = spoken_for.where(work_order.c.id.not_in([each.id for each in instead_of]))
    both = union_all(there, spoken_for).subquery()
    rows = session.execute(
        select(both.c.facility, both.c.material, func.sum(both.c.quantity)).group_by(
            both.c.facility, both.c.material
        )
    )
    free: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for code, material, left in rows:
        free[code][material] = left
    return free
