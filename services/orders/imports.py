"""Imports as they are worked off and shown: reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, RowMapping, case, func, literal, select
from sqlalchemy.orm import Session

from services.orders.storage import order_import, order_import_row, timeline
from shared.events import contract_of
from shared.events.orders import OrderPlaced, PlacedLine
from shared.refusal import Refused

ROW = order_import_row.c
WAITING = ROW.outcome.is_(None)
UNDER_WAY = (order_import.c.begun_at.is_not(None), order_import.c.ended_at.is_(None))


def is_due(session: Session) -> bool:
    return session.execute(select(literal(1)).where(*UNDER_WAY).limit(1)).first() is not None


def next_due(session: Session) -> Row[Any] | None:
    """The import that began first and is not ended, locked; one that another worker is at is passed over."""
    query = select(order_import).where(*UNDER_WAY).order_by(order_import.c.begun_at).limit(1)
    return session.execute(query.with_for_update(skip_locked=True)).one_or_none()


def next_po_numbers(session: Session, import_id: UUID, *, limit: int) -> Sequence[str]:
    """The orders to be placed next, in the order of the file."""
    first = select(ROW.po_number, ROW.number).where(ROW.import_id == import_id, WAITING).order_by(ROW.number)
    some = first.limit(limit * 200).subquery()
    query = select(some.c.po_number).group_by(some.c.po_number).order_by(func.min(some.c.number))
    return session.execute(query.limit(limit)).scalars().all()


def rows_of_order(session: Session, import_id: UUID, po_number: str) -> list[Row[Any]]:
    """The rows that make an order together, with those that could not be read."""
    query = select(order_import_row).where(ROW.import_id == import_id, ROW.po_number == po_number)
    return list(session.execute(query.order_by(ROW.number)))


def lock_preview(session: Session, import_id: UUID) -> None:
    """Nobody begins the import until the commit; one that began is refused."""
    query = select(order_import.c.begun_at).where(order_import.c.id == import_id).with_for_update()
    if session.execute(query).scalar_one() is not None:
        raise Refused("The import has begun; its orders are cancelled one by one.")


def placed_as(session: Session, order_id: UUID, request: dict[str, Any]) -> bool:
    """Whether the order was placed just as this request would have it."""
    kind = contract_of(OrderPlaced)
    query = select(timeline.c.data).where(timeline.c.order_id == order_id, timeline.c.type == kind.type)
    placed: OrderPlaced = kind.load(session.execute(query).scalar_one())
    header = ("currency", "incoterm", "named_place", "payment_terms")
    asked = [
        {"transit": None} | {name: value for name, value in line.items() if name != "unit_price"}
        for line in request["lines"]
    ]
    same = all(getattr(placed, name) == request[name] for name in header)
    return same and [_as_asked(line) for line in placed.lines] == asked


def _as_asked(line: PlacedLine) -> dict[str, Any]:
    to = line.consignee
    return {
        "sku": line.sku,
        "quantity": line.quantity,
        "requested_date": line.requested_date,
        "transit": None if line.transit is None else list(line.transit),
        "consignee": {"name": to.name, "address": list(to.address), "country": to.country},
    }


def import_of(session: Session, buyer: str, import_id: UUID) -> RowMapping | None:
    """How far the buyer's import is."""
    counted = select(
        func.count().label("rows"),
        func.count().filter(WAITING).label("waiting"),
        *(
            func.count().filter(ROW.outcome == outcome).label(outcome)
            for outcome in ("accepted", "refused", "repeated")
        ),
    ).where(ROW.import_id == order_import.c.id)
    state = case(
        (order_import.c.begun_at.is_(None), "preview"),
        (order_import.c.ended_at.is_(None), "working"),
        else_="ended",
    )
    counts = counted.lateral()
    query = select(order_import.c.id, order_import.c.made_at, state.label("state"), *counts.c).join(
        counts, literal(True)
    )
    mine = query.where(order_import.c.id == import_id, order_import.c.buyer == buyer)
    return session.execute(mine).mappings().one_or_none()


def rows_of(
    session: Session, import_id: UUID, *, outcome: str | None, limit: int, after: int | None
) -> Sequence[RowMapping]:
    """The report, row by row as in the file; one row more than the limit tells that there are more."""
    query = select(order_import_row).where(ROW.import_id == import_id)
    if outcome is not None:
        query = query.where(ROW.outcome == outcome)
    if after is not None:
        query = query.where(ROW.number > after)
    return session.execute(query.order_by(ROW.number).limit(limit + 1)).mappings().all()
