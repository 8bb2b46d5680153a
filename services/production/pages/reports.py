"""One work order on a phone: reporting pieces, what was reported, and correcting it."""

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from services.production import materials, terms, views
from services.production.duties import MAY, READERS, duties_of
from services.production.handlers import working
from services.production.local_time import now_at
from services.production.pages.board import entry, report_id, whole
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import current
from shared.web.context import transaction
from shared.web.problems import Problem, not_found

desk = Blueprint("reports", __name__, url_prefix="/production", template_folder="../templates")


@desk.get("/work-orders/<uuid:id>/reports")
@pages.desk(*READERS)
def show(id: UUID) -> str:
    return _page(id)


@desk.post("/work-orders/<uuid:id>/reports")
@pages.desk(*READERS)
def correct(id: UUID) -> Any:
    if current().role not in MAY["correct"]:
        raise Problem(403, "Not for you", f"This is for {' or '.join(MAY['correct'])}.")
    try:
        with transaction() as session:
            if views.find_work_order(session, current(), id) is None:
                raise not_found("work order")
            reason = request.form.get("reason", "").strip()
            working.correct(session, work_order_id=id, **entry(), pieces=whole("pieces"), reason=reason)
    except Refused as refusal:
        return _page(id, refusal), 422
    return pages.back_to("reports.show", id=id)


def _page(id: UUID, refusal: Refused | None = None) -> str:
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        reports, made_of = views.reports_of(session, id), materials.made_of(session, id)
        here = now_at(session, order.facility)
        room = order.room(terms.tolerance_of(session, order, here.date()))
    return render_template(
        "reports.html",
        wo={**views.as_dict(order), "reported": len(reports), "room": room},
        today=here.date(),
        here=here,
        report_id=report_id,
        reports=reports,
        made_of=made_of,
        may=duties_of(current().role),
        refusal=refusal,
        typed=request.form,
    )
