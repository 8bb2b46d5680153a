"""What stands at a hub or in a shipment, order line by order line: what the rules of clearance look at."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from services.logistics.domain.order import BEFORE_DOCUMENTS, Line, Order, Standing
from services.logistics.domain.shipment import Shipment
from services.logistics.storage import carton, lot, order, order_line
from shared.database import among, among_those
from shared.refusal import Sentence

FREE = (
    carton.c.hub.is_not(None),
    carton.c.shipment_id.is_(None),
    carton.c.unpacked_at.is_(None),
    carton.c.may_leave,
)

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
    rows = _counted(session, *FREE, carton.c.hub == hub, of_lots=[order_line.c.destination == destination])
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
    rows = _counted(session, among(carton.c.shipment_id, ids))
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


def held(session: Session, found: Iterable[Shipment], today: date) -> dict[UUID, list[Sentence]]:
    """Why the goods of each shipment that waits to leave are not cleared to; nothing of those that left."""
    waiting = [shipment for shipment in found if shipment.waits_to_leave]
    if not waiting:
        return {}
    goods = in_shipments(session, [shipment.id for shipment in waiting])
    return {shipment.id: shipment.held(goods.get(shipment.id, []), today) for shipment in waiting}


def unpaid_orders(session: Session, shipment_id: UUID) -> list[str]:
    """The PO numbers in a shipment that its transport document waits for, the oldest first."""
    return unpaid_of(session, [shipment_id])[shipment_id]


def unpaid_of(session: Session, shipments: Sequence[UUID]) -> dict[UUID, list[str]]:
    """The same for each of some shipments."""
    waiting: dict[UUID, set[Order]] = defaultdict(set)
    for id, each in session.execute(_owing(), {"shipments": shipments}):
        if each.awaits_payment:
            waiting[id].add(each)
    return {
        id: [each.po_number for each in sorted(waiting[id], key=lambda each: each.id)] for id in shipments
    }


@cache
def _owing() -> Select[Any]:
    """Orders of some shipments that are paid before documents; put together once, as that takes longer than to run it."""
    these = among_those(carton.c.shipment_id, "shipments")
    of = select(carton.c.shipment_id, carton.c.lot).where(these).distinct().subquery()
    return (
        select(of.c.shipment_id, Order)
        .join(lot, lot.c.code == of.c.lot)
        .join(Order, order.c.id == lot.c.order_id)
        .where(order.c.payment_terms == BEFORE_DOCUMENTS)
        .execution_options(populate_existing=True)
    )


def _counted(session: Session, *which: Any, of_lots: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The cartons that are meant, summed by hub, shipment and order line.

    They are counted by lot first: a thousand cartons hold few lots, of which there are many.
    """
    keys = (carton.c.hub, carton.c.shipment_id, carton.c.lot)
    query = select(*keys, func.count().label("cartons"), func.sum(carton.c.pieces).label("pieces"))
    counted = session.execute(query.where(*which).group_by(*keys)).all()
    if not counted:
        return []
    known = _lots(session, {row.lot for row in counted}, of_lots)
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in counted:
        if row.lot in known:
            groups[row.hub, known[row.lot].order_id, known[row.lot].line, row.shipment_id].append(row)
    return [
        {
            "hub": hub,
            "order_id": order_id,
            "line": line,
            "shipment_id": shipment_id,
            "lanes": {known[row.lot].lane for row in rows},
            "lots": {row.lot for row in rows},
            "cartons": sum(row.cartons for row in rows),
            "pieces": sum(row.pieces for row in rows),
        }
        for (hub, order_id, line, shipment_id), rows in sorted(groups.items(), key=_place)
    ]


def _place(group: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    """What stands at no hub comes first."""
    hub, order_id, line, _ = group[0]
    return hub or "", order_id, line


def _lots(session: Session, codes: Collection[str], which: Sequence[Any]) -> dict[str, Any]:
    query = (
        select(lot.c.code, lot.c.order_id, lot.c.line, lot.c.lane)
        .join(order_line, (order_line.c.order_id == lot.c.order_id) & (order_line.c.number == lot.c.line))
        .where(among(lot.c.code, codes), *which)
    )
    return {row.code: row for row in session.execute(query)}


def _standing(session: Session, rows: Sequence[dict[str, Any]], *, but: UUID | None = None) -> list[Standing]:
    if not rows:
        return []
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
