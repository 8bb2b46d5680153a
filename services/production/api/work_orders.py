"""Work orders: ``/production/v1/work-orders…``."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response

from services.production import passed_over, views
from services.production.duties import MAY, READERS
from services.production.handlers import working
from services.production.schemas.work_orders import (
    AcceptRequest,
    CorrectInspectionRequest,
    CorrectRequest,
    DeclineRequest,
    InspectionCorrectionSchema,
    InspectRequest,
    ReasonRequest,
    ReportRequest,
    ReportSchema,
    WorkOrderQuery,
    WorkOrderSchema,
)
from shared.web.access import current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import key_of, link_to_next
from shared.web.problems import not_found
from shared.web.schemas import NothingSchema

api = Routes("work-orders", __name__, url_prefix="/production/v1", description="Work of the facilities")

WORK_ORDER = WorkOrderSchema()


@api.get("/work-orders")
@api.arguments(WorkOrderQuery, location="query")
@api.response(200, WorkOrderSchema(many=True))
@requires(*READERS)
def list_work_orders(page: dict[str, Any]) -> Any:
    """Work orders, newest first, by key."""
    with transaction() as session:
        rows = views.list_work_orders(
            session,
            current(),
            state=page["state"],
            code=page["facility"],
            limit=page["limit"],
            after=key_of(page["after"], UUID),
        )
    return rows[: page["limit"]], 200, link_to_next(rows, page["limit"], "id")


@api.get("/work-orders/<uuid:id>")
@api.response(200, WorkOrderSchema)
@requires(*READERS)
def read_work_order(id: UUID) -> Any:
    """One work order, with why others were not asked."""
    with transaction() as session:
        order = views.find_work_order(session, current(), id)
        if order is None:
            raise not_found("work order")
        others = passed_over.of_lines(session, current(), [(order.order_id, order.line)])
        return {**views.as_dict(order), "passed_over": others.get((order.order_id, order.line), [])}


@api.post("/work-orders/<uuid:id>/accept")
@api.arguments(AcceptRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["accept"])
def accept(body: dict[str, Any], id: UUID) -> Response:
    """Accept an offer, by its due day or one of your own. Needs an Idempotency-Key, as all of these."""
    return _do(working.accept, id, body)


@api.post("/work-orders/<uuid:id>/decline")
@api.arguments(DeclineRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["decline"])
def decline(body: dict[str, Any], id: UUID) -> Response:
    """Decline an offer, with a reason; its quantity is shared out again."""
    return _do(working.decline, id, body)


@api.post("/work-orders/<uuid:id>/start")
@api.arguments(NothingSchema)
@api.response(200, WorkOrderSchema)
@requires(*MAY["start"])
def start(body: dict[str, Any], id: UUID) -> Response:
    """Begin, or go on after a pause."""
    return _do(working.start, id, body)


@api.post("/work-orders/<uuid:id>/pause")
@api.arguments(ReasonRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["pause"])
def pause(body: dict[str, Any], id: UUID) -> Response:
    """Stand still, with a reason."""
    return _do(working.pause, id, body)


@api.post("/work-orders/<uuid:id>/report")
@api.arguments(ReportRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["report"])
def report(body: dict[str, Any], id: UUID) -> Response:
    """Report pieces made, or mended, on one day."""
    return _do(working.report, id, body)


@api.get("/work-orders/<uuid:id>/reports")
@api.response(200, ReportSchema(many=True))
@requires(*READERS)
def list_reports(id: UUID) -> Any:
    """The daily reports of a work order and their corrections, in the order in which they came."""
    with transaction() as session:
        if views.find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return list(views.reports_of(session, id))


@api.post("/work-orders/<uuid:id>/reports/<int:report>/correct")
@api.arguments(CorrectRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["correct"])
def correct(body: dict[str, Any], id: UUID, report: int) -> Response:
    """Say what a report should have said, and why; the entry stays, and a correction follows it."""
    return _do(working.correct, id, {**body, "report": report})


@api.post("/work-orders/<uuid:id>/reports/<int:report>/acknowledge")
@api.arguments(NothingSchema)
@api.response(200, WorkOrderSchema)
@requires(*MAY["acknowledge"])
def acknowledge(body: dict[str, Any], id: UUID, report: int) -> Response:
    """A report of implausibly many pieces, or of an hour that two devices told of, was looked at."""
    return _do(working.acknowledge, id, {"report": report})


@api.post("/work-orders/<uuid:id>/short-close")
@api.arguments(ReasonRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["short_close"])
def short_close(body: dict[str, Any], id: UUID) -> Response:
    """End it with what is good; only what is missing is shared out again."""
    return _do(working.short_close, id, body)


@api.post("/work-orders/<uuid:id>/inspect")
@api.arguments(InspectRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["inspect"])
def inspect(body: dict[str, Any], id: UUID) -> Response:
    """Inspect what awaits it; what passed leaves as a lot."""
    return _do(working.inspect, id, body)


@api.get("/work-orders/<uuid:id>/inspection-corrections")
@api.response(200, InspectionCorrectionSchema(many=True))
@requires(*READERS)
def list_inspection_corrections(id: UUID) -> Any:
    """By how much what was set aside at inspections was entered wrongly, in the order in which that was told."""
    with transaction() as session:
        if views.find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return list(views.corrections_of_inspections(session, id))


@api.post("/work-orders/<uuid:id>/inspection-corrections")
@api.arguments(CorrectInspectionRequest)
@api.response(200, WorkOrderSchema)
@requires(*MAY["inspect"])
def correct_inspection(body: dict[str, Any], id: UUID) -> Response:
    """Say how many pieces are to be mended, and how many are scrap, of those set aside; the others await inspection again.

    Good pieces left as lots, and may be packed: a fault in those is the hub's, which quarantines their cartons.
    """
    return _do(working.correct_inspection, id, body)


def _do(command: Callable[..., Any], id: UUID, body: dict[str, Any]) -> Response:
    """Run a command on a work order that the caller may see, once."""

    def run(session: Any) -> Answer:
        if views.find_work_order(session, current(), id) is None:
            raise not_found("work order")
        return WORK_ORDER.dump(views.as_dict(command(session, work_order_id=id, **body))), 200, {}

    return once(run)
