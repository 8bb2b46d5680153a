"""Warnings: what is going to be late, whose it is, and since when?"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from services.production import warnings as views
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import warnings
from shared.clock import business_now
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem, not_found

desk = Blueprint("warning_pages", __name__, url_prefix="/production", template_folder="../templates")

MOST = 100
FORM = "/warnings/<uuid:warning_id>/acknowledge"


@desk.get("/warnings")
@desk.get(FORM)
@pages.desk(*READERS)
def home(**_: Any) -> str:
    """All that stand, the worst first; also at the form's address."""
    return _page()


@desk.post(FORM)
@pages.desk(*READERS)
def acknowledge(warning_id: UUID) -> Any:
    if current().role not in MAY["heed"]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY['heed'])}.")
    try:
        with transaction() as session:
            if views.find(session, current(), warning_id) is None:
                raise not_found("warning")
            warnings.acknowledge(session, warning_id=warning_id, by=current().role)
    except Refused as refusal:
        return _page(refusal), 422
    if "board" in request.form:
        return pages.back_to("board.home")
    return pages.back_to("warning_pages.home", _anchor=f"warning-{warning_id}")


def _page(refusal: Refused | None = None) -> str:
    with transaction() as session:
        rows = views.worst_first(session, current(), MOST)
        counts = views.count_by_grade(session, current())
        now = business_now(session)
    return render_template(
        "warnings.html",
        rows=rows,
        counts=counts,
        further=sum(counts.values()) - len(rows),
        now=now,
        zone_of=ZoneInfo,
        may=duties_of(current().role),
        refusal=refusal,
    )
