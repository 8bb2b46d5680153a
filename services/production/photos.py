"""Photos of inspections as they are shown: reads only. An inspection that isn't the reader's has none."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from services.production.storage import inspection, inspection_photo


def has_inspection(session: Session, work_order_id: UUID, inspection_id: int) -> bool:
    """Whether it is an inspection of this work order."""
    which = (inspection.c.id == inspection_id, inspection.c.work_order_id == work_order_id)
    return session.execute(select(inspection.c.id).where(*which)).one_or_none() is not None


def numbers_of(session: Session, inspection_ids: Collection[int]) -> dict[int, list[int]]:
    """The numbers of the photos of each inspection."""
    rows = session.execute(
        select(inspection_photo.c.inspection_id, inspection_photo.c.number)
        .where(inspection_photo.c.inspection_id.in_(inspection_ids))
        .order_by(inspection_photo.c.number)
    )
    found: dict[int, list[int]] = {id: [] for id in inspection_ids}
    for row in rows:
        found[row.inspection_id].append(row.number)
    return found


def find_photo(session: Session, work_order_id: UUID, inspection_id: int, number: int) -> Row[Any] | None:
    query = select(inspection_photo).join(inspection, inspection.c.id == inspection_photo.c.inspection_id)
    return session.execute(
        query.where(
            inspection.c.work_order_id == work_order_id,
            inspection_photo.c.inspection_id == inspection_id,
            inspection_photo.c.number == number,
        )
    ).one_or_none()


def addresses(work_order_id: UUID, inspection_id: int, numbers: Collection[int]) -> list[str]:
    """Where the API gives them."""
    path = f"/production/v1/work-orders/{work_order_id}/inspections/{inspection_id}/photos"
    return [f"{path}/{number}" for number in numbers]
