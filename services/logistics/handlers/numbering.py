"""The numbers that are given once for ever: of cartons, pallets and shipments."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.logistics.storage import shipment_number
from shared.clock import business_today

LEFT_OUT: Final = (1_000, 100_000)
"""The least and the most: as many numbers as were ever given are more than between two backups, and a long company
prefix has few."""

SERIALS_OF_CARTONS = text(
    "SELECT nextval(pg_get_serial_sequence('carton', 'serial')) FROM generate_series(1, :count)"
)
"""A sequence never gives a number twice, not even where the transaction is rolled back."""

SERIALS_OF_PALLETS = text(
    "SELECT nextval(pg_get_serial_sequence('pallet', 'serial')) FROM generate_series(1, :count)"
)


def serials_of_cartons(session: Session, count: int) -> Sequence[int]:
    return session.execute(SERIALS_OF_CARTONS, {"count": count}).scalars().all()


def serial_of_pallet(session: Session) -> int:
    serial: int = session.execute(SERIALS_OF_PALLETS, {"count": 1}).scalar_one()
    return serial


def number_of_shipment(session: Session, year: int) -> str:
    return f"SHP-{year}-{_counted_on(session, year, 1):04d}"


def leave_out(session: Session) -> None:
    """The database was restored: the next numbers may stand on labels and papers already, so none of them is given."""
    for serials in (SERIALS_OF_CARTONS, SERIALS_OF_PALLETS):
        given: int = session.execute(serials, {"count": 1}).scalar_one()
        session.execute(serials, {"count": _left_out(given)})
    year = business_today(session).year
    _counted_on(session, year, _left_out(_counted_on(session, year, 1)))


def _left_out(given: int) -> int:
    least, most = LEFT_OUT
    return max(least, min(given, most))


def _counted_on(session: Session, year: int, by: int) -> int:
    counted = upsert(shipment_number).values(year=year, last=by)
    further = {"last": shipment_number.c.last + by}
    on = counted.on_conflict_do_update(index_elements=["year"], set_=further)
    last: int = session.execute(on.returning(shipment_number.c.last)).scalar_one()
    return last
