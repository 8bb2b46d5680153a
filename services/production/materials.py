"""What is read of material: lots, stock, and which lots the pieces of a work order are made of."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, RowMapping, case, false, func, select, true, tuple_
from sqlalchemy.orm import Session

from services.production.domain.material import MaterialLot, stopped
from services.production.storage import OPEN, material, material_entry, material_lot, recipe, work_order
from shared.web.access import IN_A_FACILITY, KANWIL, Principal

NET = func.sum(
    case((material_entry.c.kind == "used", material_entry.c.quantity), else_=-material_entry.c.quantity)
)
"""What was used, less what was counted too much."""
LEFT = material_lot.c.quantity - material_lot.c.used - material_lot.c.written_off


def mine(principal: Principal, facility: ColumnElement[str]) -> ColumnElement[bool]:
    """Whose material a principal may see."""
    if principal.role in IN_A_FACILITY:
        return facility == principal.account
    return true() if principal.role == KANWIL else false()


def kinds(session: Session) -> Sequence[RowMapping]:
    return session.execute(select(material).order_by(material.c.code)).mappings().all()


def find_lot(session: Session, principal: Principal, id: UUID) -> MaterialLot | None:
    query = select(MaterialLot).where(material_lot.c.id == id, mine(principal, material_lot.c.facility))
    return session.execute(query).scalar_one_or_none()


def as_dict(lot: MaterialLot) -> dict[str, Any]:
    names = ("id", "number", "facility", "material", "supplier", "quantity", "used", "written_off", "stock")
    return {
        name: getattr(lot, name)
        for name in (*names, "received_on", "plot", "geolocation", "quarantined_reason")
    }


def lot_in_full(session: Session, lot: MaterialLot) -> dict[str, Any]:
    """The lot with the work orders that used of it."""
    return {**as_dict(lot), "used_by": used_by(session, [lot.id])[lot.id]}


def used_by(session: Session, lots: Sequence[UUID]) -> defaultdict[UUID, list[dict[str, Any]]]:
    """The work orders that used of each lot, and how much."""
    rows = session.execute(
        select(material_entry.c.lot_id, work_order.c.id, work_order.c.number, NET.label("quantity"))
        .join(work_order, work_order.c.id == material_entry.c.work_order_id)
        .where(material_entry.c.lot_id.in_(lots))
        .group_by(material_entry.c.lot_id, work_order.c.id)
        .having(NET > 0)
        .order_by(work_order.c.id)
    )
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row.lot_id].append({"id": row.id, "number": row.number, "quantity": row.quantity})
    return found


def stopped_by(session: Session, lots: Sequence[Mapping[str, Any]]) -> dict[UUID, list[str]]:
    """The numbers of the work orders that would stand still if each lot that may be used were quarantined now."""
    free = [lot for lot in lots if lot["quarantined_reason"] is None]
    kinds = list({(lot["facility"], lot["material"]) for lot in free})
    of_these = tuple_(material_lot.c.facility, material_lot.c.material).in_(kinds)
    there = select(material_lot.c.facility, material_lot.c.material, func.sum(LEFT).label("stock"))
    there = there.where(of_these, material_lot.c.quarantined_reason.is_(None)).group_by(
        material_lot.c.facility, material_lot.c.material
    )
    stocks = {(row.facility, row.material): row.stock for row in session.execute(there)}
    still = work_order.c.quantity - work_order.c.made + work_order.c.scrap
    under_way = (
        select(work_order.c.id, work_order.c.number, work_order.c.facility, recipe.c.material)
        .add_columns((still * recipe.c.per_piece).label("need"))
        .join(recipe, recipe.c.sku == work_order.c.sku)
        .where(OPEN, work_order.c.started_on.is_not(None), work_order.c.paused_reason.is_(None))
        .where(tuple_(work_order.c.facility, recipe.c.material).in_(kinds))
        .order_by(work_order.c.due, work_order.c.id)
    )
    work: defaultdict[tuple[str, str], list[Row[Any]]] = defaultdict(list)
    for row in session.execute(under_way):
        work[row.facility, row.material].append(row)
    users = used_by(session, [lot["id"] for lot in free])
    found = {}
    for lot in free:
        kind = (lot["facility"], lot["material"])
        halted = stopped(
            [(row.id, row.need) for row in work[kind]],
            used_by={each["id"] for each in users[lot["id"]]},
            stock=stocks.get(kind, lot["stock"]) - lot["stock"],
        )
        found[lot["id"]] = [row.number for row in work[kind] if row.id in halted]
    return found


def list_lots(
    session: Session,
    principal: Principal,
    *,
    code: str | None = None,
    kind: str | None = None,
    limit: int = 50,
    after: UUID | None = None,
) -> list[dict[str, Any]]:
    """Newest first; one more than the limit tells that there are more."""
    query = select(MaterialLot).where(mine(principal, material_lot.c.facility))
    if code is not None:
        query = query.where(material_lot.c.facility == code)
    if kind is not None:
        query = query.where(material_lot.c.material == kind)
    if after is not None:
        query = query.where(material_lot.c.id < after)
    query = query.order_by(material_lot.c.id.desc()).limit(limit + 1)
    return [as_dict(lot) for lot in session.execute(query).scalars()]


def stock(session: Session, principal: Principal, code: str | None = None) -> list[dict[str, Any]]:
    """Of each facility and material what was received, used, written off and is left, and what no receipt covers."""
    unreceived = (
        select(func.coalesce(NET, 0))
        .where(material_entry.c.facility == material_lot.c.facility)
        .where(material_entry.c.material == material_lot.c.material, material_entry.c.lot_id.is_(None))
        .scalar_subquery()
    )
    free = material_lot.c.quarantined_reason.is_(None)
    sums = {
        "received": func.sum(material_lot.c.quantity),
        "used": func.sum(material_lot.c.used),
        "written_off": func.sum(material_lot.c.written_off),
        "stock": func.sum(LEFT),
        "quarantined": func.coalesce(func.sum(LEFT).filter(~free), 0),
        "unreceived": unreceived,
    }
    query = (
        select(
            material_lot.c.facility,
            material_lot.c.material,
            material.c.unit,
            material.c.name_id,
            material.c.name_en,
            *(column.label(name) for name, column in sums.items()),
        )
        .join(material, material.c.code == material_lot.c.material)
        .where(mine(principal, material_lot.c.facility))
        .group_by(material_lot.c.facility, material_lot.c.material, material.c.code)
        .order_by(material_lot.c.facility, material_lot.c.material)
    )
    if code is not None:
        query = query.where(material_lot.c.facility == code)
    return [dict(row) for row in session.execute(query).mappings()]


def made_of(session: Session, work_order_id: UUID) -> list[dict[str, Any]]:
    """The lots of material in a work order's pieces; no lot where a receipt is missing."""
    query = (
        select(material_entry.c.material, material_lot.c.number.label("lot"), material_lot.c.supplier)
        .join(material, material.c.code == material_entry.c.material)
        .add_columns(material.c.unit, material.c.name_id, material.c.name_en)
        .add_columns(material_lot.c.plot, material_lot.c.geolocation, NET.label("quantity"))
        .join(material_lot, material_lot.c.id == material_entry.c.lot_id, isouter=True)
        .where(material_entry.c.work_order_id == work_order_id)
        .group_by(material_entry.c.material, material.c.code, material_lot.c.id)
        .having(NET > 0)
        .order_by(material_entry.c.material, material_lot.c.number)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def quarantined(
    session: Session, principal: Principal, *, code: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """What may not be used now; the board shows so many of them, the page of material all."""
    query = select(MaterialLot).where(
        mine(principal, material_lot.c.facility), material_lot.c.quarantined_reason.is_not(None)
    )
    if code is not None:
        query = query.where(material_lot.c.facility == code)
    query = query.order_by(material_lot.c.number).limit(limit)
    return [as_dict(lot) for lot in session.execute(query).scalars()]
