"""What stands at a hub or in a shipment, order line by order line: what the rules of clearance look at."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.orm import Session

from services.logistics.domain.order import Line, Order, Standing
from services.logistics.storage import carton, lot, order, order_line

FREE = (carton.c.hub.is_not(None), carton.c.shipment_id.is_(None), carton.c.may_leave)

Key = tuple[UUID, int]


def lock_lines(session: Session, destination: str) -> None:
    """Hold the country's lines, so that two shipments can't use one clearance at the same time."""
    session.execute(
        select(order_line.c.number)
        .where(order_line.c.destination == destination)
        .order_by(order_line.c.order_id, order_line.c.number)
        .with_for_update(key_share=True)
    )


def lock_line(session: Session, order_id: UUID, line: int) -> None:
    """Hold one line, so that what is withheld of it is not put into a shipment at the same time."""
    session.execute(
        select(order_line.c.number)
        .where(order_line.c.order_id == order_id, order_line.c.number == line)
        .with_for_update(key_share=True)
    )


def line_of(session: Session, order_id: UUID, line: int) -> Line:
    """One line with what was decided about it, held until the commit."""
    lock_line(session, order_id, line)
    return session.get_one(Line, (order_id, line), populate_existing=True)


def packed_of(session: Session, order_id: UUID, line: int) -> int:
    """Pieces of the line in cartons."""
    query = select(func.coalesce(func.sum(lot.c.packed), 0)).where(
        lot.c.order_id == order_id, lot.c.line == line
    )
    return int(session.execute(query).scalar_one())


def at_hub(session: Session, hub: str, destination: str) -> list[Standing]:
    """What stands free at the hub for one country."""
    rows = _counted(session, *FREE, carton.c.hub == hub, order_line.c.destination == destination)
    return _standing(session, rows)


def at_hubs(session: Session) -> dict[tuple[str, str], list[Standing]]:
    """What stands free at each hub for each country."""
    rows = _counted(session, *FREE)
    groups: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for row, goods in zip(rows, _standing(session, rows), strict=True):
        groups[row["hub"], goods.line.destination].append(goods)
    return dict(sorted(groups.items()))


def in_shipment(session: Session, shipment_id: UUID) -> list[Standing]:
    """What a shipment carries; ``shipped`` are the pieces in other ones."""
    return _standing(session, _counted(session, carton.c.shipment_id == shipment_id), but=shipment_id)


def in_shipments(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[Standing]]:
    """What each of some shipments carries, as ``in_shipment`` tells it of one."""
    rows = _counted(session, carton.c.shipment_id.in_(ids), by=carton.c.shipment_id)
    inside: Counter[tuple[UUID, Key]] = Counter()
    for row in rows:
        inside[row["shipment_id"], (row["order_id"], row["line"])] += row["pieces"]
    found: dict[UUID, list[Standing]] = defaultdict(list)
    for row, goods in zip(rows, _standing(session, rows), strict=True):
        own = inside[row["shipment_id"], (row["order_id"], row["line"])]
        found[row["shipment_id"]].append(replace(goods, shipped=goods.shipped - own))
    return found


def of_cartons(session: Session, ssccs: Iterable[str]) -> list[Standing]:
    """What some cartons hold that are in no shipment."""
    return _standing(session, _counted(session, carton.c.sscc.in_(ssccs)))


def unpaid_orders(session: Session, shipment_id: UUID) -> list[str]:
    """The PO numbers in a shipment that its transport document waits for, the oldest first."""
    inside = select(lot.c.order_id).join_from(carton, lot).where(carton.c.shipment_id == shipment_id)
    query = select(Order).where(order.c.id.in_(inside)).order_by(order.c.id)
    found = session.execute(query.execution_options(populate_existing=True)).scalars()
    return [each.po_number for each in found if each.awaits_payment]


def unpaid_of(session: Session, shipments: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The same for each of some shipments."""
    query = (
        select(carton.c.shipment_id, Order)
        .select_from(carton)
        .join(lot)
        .join(Order, order.c.id == lot.c.order_id)
        .where(carton.c.shipment_id.in_(shipments))
        .distinct()
        .order_by(order.c.id)
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for shipment_id, each in session.execute(query.execution_options(populate_existing=True)):
        if each.awaits_payment:
            found[shipment_id].append(each.po_number)
    return found


def _counted(session: Session, *which: Any, by: ColumnElement[Any] | None = None) -> list[RowMapping]:
    keys = [carton.c.hub, lot.c.order_id, lot.c.line, *([] if by is None else [by])]
    query = (
        select(
            *keys,
            func.array_agg(lot.c.lane.distinct()).label("lanes"),
            func.array_agg(lot.c.code.distinct()).label("lots"),
            func.count().label("cartons"),
            func.sum(carton.c.pieces).label("pieces"),
        )
        .join_from(carton, lot)
        .join(order_line, (order_line.c.order_id == lot.c.order_id) & (order_line.c.number == lot.c.line))
        .where(*which)
        .group_by(*keys)
    )
    return list(session.execute(query).mappings())


def _standing(session: Session, rows: list[RowMapping], *, but: UUID | None = None) -> list[Standing]:
    keys = {(row["order_id"], row["line"]) for row in rows}
    lines, shipped = _lines(session, keys), _shipped(session, keys, but)
    return [
        Standing(
            line=lines[row["order_id"], row["line"]],
            lanes=frozenset(row["lanes"]),
            lots=frozenset(row["lots"]),
            cartons=row["cartons"],
            pieces=row["pieces"],
            shipped=shipped.get((row["order_id"], row["line"]), 0),
        )
        for row in rows
    ]


def _lines(session: Session, keys: set[Key]) -> dict[Key, Line]:
    query = select(Line).where(func.row(order_line.c.order_id, order_line.c.number).in_(keys))
    found = session.execute(query.execution_options(populate_existing=True)).scalars()
    return {(line.order.id, line.number): line for line in found}


def _shipped(session: Session, keys: set[Key], but: UUID | None) -> dict[Key, int]:
    query = (
        select(lot.c.order_id, lot.c.line, func.sum(carton.c.pieces).label("pieces"))
        .join_from(carton, lot)
        .where(
            carton.c.shipment_id.is_not(None),
            carton.c.shipment_id.is_distinct_from(but),
            func.row(lot.c.order_id, lot.c.line).in_(keys),
        )
        .group_by(lot.c.order_id, lot.c.line)
    )
    return {(row.order_id, row.line): row.pieces for row in session.execute(query)}
