"""Photos of inspections: ``/production/v1/work-orders/{id}/inspections/{inspection}/photos``."""

from uuid import UUID

from flask import Response, request
from sqlalchemy.orm import Session

from services.production import downloads, photos, views
from services.production.duties import MAY, READERS
from services.production.handlers import photographing
from services.production.schemas.inspections import InspectionSchema
from shared.photos import MOST_BYTES
from shared.web.access import current, requires
from shared.web.api import Routes, takes
from shared.web.context import transaction
from shared.web.files import PHOTO, PICTURE
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("photos", __name__, url_prefix="/production/v1", description="What inspectors saw")

INSPECTION = InspectionSchema()
PHOTOS = "/work-orders/<uuid:id>/inspections/<int(max=999999999):inspection>/photos"


@api.post(PHOTOS)
@api.doc(requestBody=PHOTO)
@api.response(201, InspectionSchema)
@requires(*MAY["inspect"])
@takes(MOST_BYTES)
def add_inspection_photo(id: UUID, inspection: int) -> Response:
    """Add a photo of up to 10 MB, as the body itself, with no person in it. Needs an Idempotency-Key."""
    sent = request.get_data()

    def command(session: Session) -> Answer:
        _must_be_there(session, id, inspection)
        photographing.add_photo(session, work_order_id=id, inspection_id=inspection, sent=sent)
        all_of_them = views.inspections_of(session, id)
        return INSPECTION.dump(next(each for each in all_of_them if each["id"] == inspection)), 201, {}

    return once(command)


@api.get(f"{PHOTOS}/<int(max=999999999):number>")
@api.response(200, PICTURE, content_type="image/*")
@requires(*READERS)
def read_inspection_photo(id: UUID, inspection: int, number: int) -> Response:
    """One photo, as a download that no browser takes for anything else."""
    with transaction() as session:
        _must_be_there(session, id, inspection)
        return downloads.photo_of(session, id, inspection, number)


@api.delete(f"{PHOTOS}/<int(max=999999999):number>")
@api.response(204)
@requires(*MAY["inspect"])
def remove_inspection_photo(id: UUID, inspection: int, number: int) -> None:
    """Forget a photo, for example one with a person in it."""
    with transaction() as session:
        _must_be_there(session, id, inspection)
        if photos.find_photo(session, id, inspection, number) is None:
            raise not_found("photo")
        photographing.remove_photo(session, inspection_id=inspection, number=number)


def _must_be_there(session: Session, id: UUID, inspection: int) -> None:
    if views.find_work_order(session, current(), id) is None:
        raise not_found("work order")
    if not photos.has_inspection(session, id, inspection):
        raise not_found("inspection")
