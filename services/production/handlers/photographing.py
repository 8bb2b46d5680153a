"""Photos of an inspection: what was found, and never who."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from services.production.storage import inspection, inspection_photo
from shared import photos
from shared.refusal import Refused

MOST_PHOTOS = 4
LONGEST_SIDE = 1_600
"""Pixels: enough to see a stain or a knot, and a tenth of what a phone takes."""


def add_photo(session: Session, *, work_order_id: UUID, inspection_id: int, sent: bytes) -> int:
    """Keep a photo with an inspection of this work order; returns its number, which is not given again."""
    which = (inspection.c.id == inspection_id, inspection.c.work_order_id == work_order_id)
    session.execute(select(inspection.c.id).where(*which).with_for_update()).one()
    kept = select(func.count(), func.coalesce(func.max(inspection_photo.c.number), 0))
    count, last = session.execute(kept.where(inspection_photo.c.inspection_id == inspection_id)).one()
    if count >= MOST_PHOTOS:
        raise Refused("An inspection has up to {most} photos.", field="photo", most=MOST_PHOTOS)
    media_type, content = photos.cleaned(sent, longest_side=LONGEST_SIDE)
    row = {
        "inspection_id": inspection_id,
        "number": last + 1,
        "media_type": media_type,
        "content": content,
    }
    session.execute(insert(inspection_photo).values(row))
    return int(last) + 1


def remove_photo(session: Session, *, inspection_id: int, number: int) -> None:
    """Forget a photo, for example one with a person in it."""
    which = (inspection_photo.c.inspection_id == inspection_id, inspection_photo.c.number == number)
    session.execute(delete(inspection_photo).where(*which))
