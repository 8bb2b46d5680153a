"""Photos of an inspection: added from a phone, looked at, and taken away again."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from services.production import downloads, photos, views
from services.production.duties import MAY, READERS
from services.production.handlers import photographing
from services.production.pages.inspecting import MOST_SENT, page_of, sent_photos
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.api import takes
from shared.web.context import transaction
from shared.web.problems import not_found

desk = Blueprint("photographing", __name__, url_prefix="/production", template_folder="../templates")

PHOTOS = "/work-orders/<uuid:id>/inspections/<int(max=999999999):inspection>/photos"
PHOTO = f"{PHOTOS}/<int(max=999999999):number>"


@desk.get(PHOTOS)
@desk.get(f"{PHOTO}/remove")
@pages.desk(*READERS)
def show(id: UUID, **_: Any) -> str:
    return page_of(id)


@desk.post(PHOTOS)
@pages.desk(*MAY["inspect"])
@takes(MOST_SENT)
def add(id: UUID, inspection: int) -> Any:
    try:
        sent = sent_photos()
        with transaction() as session:
            _must_be_there(session, id, inspection)
            for photo in sent:
                photographing.add_photo(session, work_order_id=id, inspection_id=inspection, sent=photo)
    except Refused as refusal:
        return page_of(id, refusal), 422
    return pages.back_to("inspecting.show", id=id, _anchor=f"inspection-{inspection}")


@desk.get(PHOTO)
@pages.desk(*READERS)
def one(id: UUID, inspection: int, number: int) -> Response:
    with transaction() as session:
        _must_be_there(session, id, inspection)
        return downloads.photo_of(session, id, inspection, number)


@desk.post(f"{PHOTO}/remove")
@pages.desk(*MAY["inspect"])
def remove(id: UUID, inspection: int, number: int) -> Any:
    with transaction() as session:
        _must_be_there(session, id, inspection)
        photographing.remove_photo(session, inspection_id=inspection, number=number)
    return pages.back_to("inspecting.show", id=id, _anchor=f"inspection-{inspection}")


def _must_be_there(session: Session, id: UUID, inspection: int) -> None:
    if views.find_work_order(session, current(), id) is None:
        raise not_found("work order")
    if not photos.has_inspection(session, id, inspection):
        raise not_found("inspection")
