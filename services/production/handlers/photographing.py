"""Photos of an inspection: what was found, and never who."""

from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
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
    given = update(inspection).where(*which).values(photos=inspection.c.photos + 1)
    number: int = session.execute(given.returning(inspection.c.photos)).scalar_one()
    kept = select(func.count()).where(inspection_photo.c.inspection_id == inspection_id)
    if session.execute(kept).scalar_one() >= MOST_PHOTOS:
        raise Refused("An inspection has up to {most} photos.", field="photo", most=MOST_PHOTOS)
    media_type, content = photos.cleaned(sent, longest_side=LONGEST_SIDE)
    row = {
        "inspection_id": inspection_id,
        "number": number,
        "media_type": media_type,
        "content": content,
    }
    session.execute(insert(inspection_photo).values(row))
    return number


def remove_photo(session: Session, *, inspection_id: int, number: int) -> None:
    """Forget a photo, for example one with a person in it."""
    which = (inspection_photo.c.inspection_id == inspection_id, inspection_photo.c.number == number)
    session.execute(delete(inspection_photo).where(*which))
