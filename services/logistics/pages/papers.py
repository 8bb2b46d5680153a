"""The papers of one shipment as files, and what was filed with customs for it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError
from sqlalchemy.orm import Session

from services.logistics import attempts, contents, downloads, papers, rules, views
from services.logistics.asked_for import the_shipment
from services.logistics.domain.declaration import Particulars
from services.logistics.domain.milestones import GATE_IN, OUT_OF_PORT
from services.logistics.domain.shipment import Shipment
from services.logistics.handlers import declarations
from services.logistics.pages import telling
from services.logistics.schemas.declarations import (
    EXPORT_TYPES,
    FACILITY_TYPES,
    CancellationRequest,
    CorrectionRequest,
    CustomsReportRequest,
    DeclarationRequest,
)
from shared.clock import business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with

desk = Blueprint("papers", __name__, url_prefix="/logistics", template_folder="../templates")

FILING, CORRECTING = DeclarationRequest(unknown=EXCLUDE), CorrectionRequest(unknown=EXCLUDE)
CANCELLING, REPORTING = CancellationRequest(unknown=EXCLUDE), CustomsReportRequest(unknown=EXCLUDE)


@desk.get("/shipment/<uuid:shipment_id>/documents.zip")
@pages.desk(LOGISTICS, KANWIL)
def whole(shipment_id: UUID) -> Response:
    return downloads.whole_dossier(shipment_id)


@desk.get("/shipment/<uuid:shipment_id>/documents/<code>/<int:version>")
@pages.desk(LOGISTICS, KANWIL)
def file(shipment_id: UUID, code: str, version: int) -> Response:
    with transaction() as session:
        return downloads.sent_file(session, the_shipment(session, shipment_id), code, version)


@desk.get("/shipment/<uuid:shipment_id>/declaration")
@desk.get("/shipment/<uuid:shipment_id>/declaration/<any(correct, cancel, report):_form>")
@pages.desk(LOGISTICS, KANWIL)
def declaration(shipment_id: UUID, _form: str = "") -> str:
    """What was filed; also at the address of each of its forms."""
    return _page(shipment_id)


@desk.post("/shipment/<uuid:shipment_id>/declaration")
@pages.desk(LOGISTICS)
def file_declaration(shipment_id: UUID) -> Any:
    return _change(
        shipment_id,
        FILING,
        lambda session, body: declarations.file_declaration(
            session, shipment_id=shipment_id, particulars=Particulars(**body)
        ),
    )


@desk.post("/shipment/<uuid:shipment_id>/declaration/correct")
@pages.desk(LOGISTICS)
def correct(shipment_id: UUID) -> Any:
    return _change(
        shipment_id,
        CORRECTING,
        lambda session, body: declarations.correct_declaration(
            session, shipment_id=shipment_id, changes=body
        ),
    )


@desk.post("/shipment/<uuid:shipment_id>/declaration/cancel")
@pages.desk(LOGISTICS)
def cancel(shipment_id: UUID) -> Any:
    return _change(
        shipment_id,
        CANCELLING,
        lambda session, body: declarations.cancel_declaration(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/declaration/report")
@pages.desk(LOGISTICS)
def report(shipment_id: UUID) -> Any:
    return _change(
        shipment_id,
        REPORTING,
        lambda session, body: declarations.report_cancellation(session, shipment_id=shipment_id, **body),
    )


def _change(shipment_id: UUID, schema: Schema, command: Callable[[Session, dict[str, Any]], Shipment]) -> Any:
    try:
        body = schema.load(telling.form_values(request.form))
        with attempts.kept(shipment_id), transaction() as session:
            the_shipment(session, shipment_id)
            command(session, body)
    except (ValidationError, Refused) as error:
        return _page(shipment_id, request.path.rsplit("/", 1)[1], wrong_with(error, request.form)), 422
    return pages.back_to("papers.declaration", shipment_id=shipment_id)


def _page(shipment_id: UUID, at: str = "", wrong: Wrong | None = None) -> str:
    """The declaration's page; ``at`` names the form that was refused."""
    with transaction() as session:
        shipment, today = the_shipment(session, shipment_id), business_today(session)
        inside, graph = contents.of_shipment(session, shipment_id), rules.milestones(session)
        shown = views.shipment_as_dict(session, shipment, graph, inside, pages.language())
        exporter = papers.exporter_of(session, shipment) if shipment.cartons else None
    return render_template(
        "declaration.html",
        shipment=shown,
        in_force=shipment.declaration,
        earlier=[each for each in reversed(shipment.declarations) if not each.in_force],
        may_file=not (shipment.declaration or shipment.cancelled)
        and shipment.booked
        and (shipment.declared or GATE_IN not in shipment.codes),
        reported=shipment.declared,
        may_cancel=not shipment.loaded_or_gone
        and (GATE_IN not in shipment.codes or OUT_OF_PORT in shipment.codes),
        exporter=exporter,
        export_types=EXPORT_TYPES,
        facility_types=FACILITY_TYPES,
        today=today,
        at=at,
        wrong=wrong or {},
        typed=request.form if at else {},
    )
