"""Inspecting a lot by sample: how many to draw, what was found, and what follows."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import views
from services.production.domain.sampling import DEFECTS
from services.production.domain.work_order import UNDER_WAY
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import inspecting, photographing, working
from services.production.handlers.photographing import MOST_PHOTOS
from services.production.pages.board import whole
from shared.photos import MOST_BYTES
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.api import takes
from shared.web.context import transaction
from shared.web.files import sent_files
from shared.web.problems import Problem, not_found

desk = Blueprint("inspecting", __name__, url_prefix="/production", template_folder="../templates")

COUNTS = ("rework", "scrap", "rework_seen", "scrap_seen")
"""What is to be mended and is scrap, and what the page showed of either when that was typed."""
MOST_SENT = MOST_PHOTOS * MOST_BYTES + 1024**2


@desk.get("/work-orders/<uuid:id>/inspections")
@pages.desk(*READERS)
def show(id: UUID) -> str:
    return page_of(id)


@desk.post("/work-orders/<uuid:id>/inspections")
@pages.desk(*READERS)
@takes(MOST_SENT)
def inspect(id: UUID) -> Any:
    if current().role not in MAY["inspect"]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY['inspect'])}.")
    try:
        photos = sent_photos()
        with transaction() as session:
            if views.find_work_order(session, current(), id) is None:
                raise not_found("work order")
            made = inspecting.inspect_sample(
                session,
                work_order_id=id,
                lot=whole("lot"),
                defects=_defects(),
                on_reject="rework" if request.form.get("on_reject") == "rework" else "sort",
            )
            for sent in photos:
                photographing.add_photo(session, work_order_id=id, inspection_id=made["id"], sent=sent)
    except Refused as refusal:
        return page_of(id, refusal), 422
    return pages.back_to("inspecting.show", id=id)


@desk.get("/work-orders/<uuid:id>/inspections/correct")
@pages.desk(*READERS)
def show_correction(id: UUID) -> str:
    return page_of(id)


@desk.post("/work-orders/<uuid:id>/inspections/correct")
@pages.desk(*READERS)
def correct(id: UUID) -> Any:
    if current().role not in MAY["inspect"]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY['inspect'])}.")
    try:
        with transaction() as session:
            if views.find_work_order(session, current(), id) is None:
                raise not_found("work order")
            reason = request.form.get("reason", "").strip()
            counts = {name: whole(name) for name in COUNTS}
            working.correct_inspection(session, work_order_id=id, reason=reason, **counts)
    except Refused as refusal:
        return page_of(id, refusal), 422
    return pages.back_to("inspecting.show", id=id)


def _defects() -> list[dict[str, Any]]:
    """What was entered for each defect; an empty field is none."""
    return [
        {"code": code, **{name: _some(f"{code}-{name}") for name in ("rework", "scrap")}} for code in DEFECTS
    ]


def _some(name: str) -> int:
    return whole(name) if re.search(r"\S", request.form.get(name, "")) else 0


def sent_photos() -> list[bytes]:
    sent = sent_files(request.files.getlist("photo"), field="photo", most_bytes=MOST_BYTES)
    if len(sent) > MOST_PHOTOS:
        raise Refused("An inspection has up to {most} photos.", field="photo", most=MOST_PHOTOS)
    return sent


def page_of(id: UUID, refusal: Refused | None = None) -> str:
    """The inspections of a work order, and the form for the next one."""
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        open_to = order.awaiting and order.state in UNDER_WAY and current().role in MAY["inspect"]
        return render_template(
            "inspections.html",
            wo=order,
            sampling=inspecting.sampling_for(order) if open_to else None,
            inspections=views.inspections_of(session, id),
            corrections=views.corrections_of_inspections(session, id),
            correctable=(order.rework or order.scrap) and order.state in (*UNDER_WAY, "paused"),
            defects=DEFECTS,
            most_photos=MOST_PHOTOS,
            may=duties_of(current().role),
            refusal=refusal,
            typed=request.form,
        )
