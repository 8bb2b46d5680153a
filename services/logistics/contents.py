"""What shipments hold, lot by lot: thousands of cartons hold few lots. Reads only."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from services.logistics.domain.load import Load
from services.logistics.domain.order import strictest
from services.logistics.storage import carton, lot
from shared.events.logistics import ShipmentLine

WEIGHT = func.coalesce(carton.c.measured_g, carton.c.gross_g)
"""Grams as measured, and until then as expected."""

VOLUME = func.sum(cast(carton.c.length_mm, BigInteger) * carton.c.width_mm * carton.c.height_mm)
"""Cubic millimetres, as cartons stand."""


class OfLot(NamedTuple):
    """The cartons of one lot in a shipment."""

    lot: str
    order_id: UUID
    line: int
    facility: str
    lane: str
    cartons: int
    pieces: int
    gross_g: int
    mm3: int
    unweighed: int


def of_shipment(session: Session, shipment_id: UUID) -> list[OfLot]:
    """What is inside, by order, line and lot; nothing once it was cancelled."""
    counted = (
        select(
            carton.c.lot,
            func.count().label("cartons"),
            func.sum(carton.c.pieces).label("pieces"),
            func.sum(WEIGHT).label("gross_g"),
            cast(VOLUME, BigInteger).label("mm3"),
            func.count().filter(carton.c.measured_g.is_(None)).label("unweighed"),
        )
        .where(carton.c.shipment_id == shipment_id)
        .group_by(carton.c.lot)
        .subquery()
    )
    sums = (counted.c[name] for name in ("cartons", "pieces", "gross_g", "mm3", "unweighed"))
    query = select(lot.c.code, lot.c.order_id, lot.c.line, lot.c.facility, lot.c.lane, *sums).join(
        counted, counted.c.lot == lot.c.code
    )
    rows = session.execute(query.order_by(lot.c.order_id, lot.c.line, lot.c.code))
    return [OfLot(*row) for row in rows]


def load_of(inside: Iterable[OfLot]) -> Load:
    found = list(inside)
    return Load(mm3=sum(each.mm3 for each in found), grams=sum(each.gross_g for each in found))


def lines_of(inside: Iterable[OfLot]) -> list[ShipmentLine]:
    return [
        ShipmentLine(order_id=each.order_id, line=each.line, lot=each.lot, quantity=each.pieces)
        for each in inside
    ]


def lane_of(inside: Sequence[OfLot]) -> str | None:
    """The most restricted lane; none where nothing is inside."""
    return strictest(each.lane for each in inside) if inside else None
