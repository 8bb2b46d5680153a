"""One shipment: its goods, its papers and its way."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from marshmallow import EXCLUDE, Schema, ValidationError, pre_load
from sqlalchemy.orm import Session

from services.logistics import attempts, checking, contents, downloads, rules, uploads, views, views_of_loads
from services.logistics.asked_for import the_shipment
from services.logistics.documents.labels import parts_of
from services.logistics.domain.load import bound_for
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.domain.states import next_exceptions, next_milestones
from services.logistics.handlers import checklists, documents, milestones, sealing, shipments, tracking
from services.logistics.making import ANY_LONG, ANY_OF_THEM
from services.logistics.pages import pictures, telling
from services.logistics.schemas.documents import DocumentRequest, PartQuery
from services.logistics.schemas.milestones import MilestoneRequest
from services.logistics.schemas.shipments import BookRequest, DispatchRequest, ResealRequest
from shared.clock import business_now, business_today
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import KANWIL, LOGISTICS, current
from shared.web.api import takes
from shared.web.context import transaction
from shared.web.forms import Wrong, wrong_with
from shared.web.problems import not_found
from shared.web.schemas import NothingSchema

desk = Blueprint("shipment", __name__, url_prefix="/logistics", template_folder="../templates")


@desk.get("/shipment/<uuid:shipment_id>")
@desk.get(
    "/shipment/<uuid:shipment_id>"
    "/<any(book, documents, dispatch, milestones, split, merge, cancel, notes, tracking, schedule, corrections, reseal):form>"
)
@pages.desk(LOGISTICS, KANWIL)
def one_shipment(shipment_id: UUID, **_: Any) -> str:
    """The shipment; also at the address of each of its forms, where it stands when the form was refused."""
    return _shipment(shipment_id)


@desk.post("/shipment/<uuid:shipment_id>/book")
@pages.desk(LOGISTICS)
def book(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        BOOK,
        lambda session, body: shipments.book_shipment(
            session, shipment_id=shipment_id, booking=Booking(**body)
        ),
    )


@desk.post("/shipment/<uuid:shipment_id>/documents")
@pages.desk(LOGISTICS)
@takes(uploads.MOST_SENT)
def add_document(shipment_id: UUID) -> Any:
    file = uploads.sent_file(current().id)
    return change(
        shipment_id,
        DOCUMENT,
        lambda session, body: documents.record_document(session, shipment_id=shipment_id, **body, file=file),
    )


@desk.post("/shipment/<uuid:shipment_id>/dispatch")
@pages.desk(LOGISTICS)
def dispatch(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        DISPATCH,
        lambda session, body: shipments.dispatch_shipment(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/reseal")
@pages.desk(LOGISTICS)
def reseal(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        RESEAL,
        lambda session, body: sealing.reseal_shipment(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/milestones")
@pages.desk(LOGISTICS)
def add_milestone(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        MILESTONE,
        lambda session, body: milestones.record_milestone(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/tracking")
@pages.desk(LOGISTICS)
def change_tracking(shipment_id: UUID) -> Any:
    """Another tracking address, or none."""
    revoking = request.form.get("what") == "revoke"
    command = tracking.revoke_tracking if revoking else tracking.renew_tracking
    return change(shipment_id, NOTHING, lambda session, _: command(session, shipment_id=shipment_id))


class BookForm(BookRequest):
    """The ports of transhipment stand in one field, with spaces or commas between them."""

    @pre_load
    def separate(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        ports = data.get("via", "").upper().replace(",", " ").split()
        return {**data, "via": ports}


class ResealForm(ResealRequest):
    """The cartons stand in one field, as a scanner reads them: one after the other."""

    @pre_load
    def separate(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "ssccs": data.get("ssccs", "").replace(",", " ").split()}


PART = PartQuery(unknown=EXCLUDE)
BOOK, DOCUMENT = BookForm(unknown=EXCLUDE), DocumentRequest(unknown=EXCLUDE)


DISPATCH, MILESTONE = DispatchRequest(unknown=EXCLUDE), MilestoneRequest(unknown=EXCLUDE)
RESEAL = ResealForm(unknown=EXCLUDE)
NOTHING = NothingSchema(unknown=EXCLUDE)


def change(shipment_id: UUID, schema: Schema, command: Callable[[Session, dict[str, Any]], Shipment]) -> Any:
    """One form of the shipment's page; refused, the page comes again with what was typed and what is wrong."""
    try:
        body = schema.load(telling.form_values(request.form))
        with attempts.kept(shipment_id), transaction() as session:
            the_shipment(session, shipment_id)
            command(session, body)
    except (ValidationError, Refused) as error:
        at = request.path.rsplit("/", 1)[1]
        return _shipment(shipment_id, at, wrong_with(error, schema.fields.keys() & request.form.keys())), 422
    return pages.back_to("shipment.one_shipment", shipment_id=shipment_id)


def _shipment(shipment_id: UUID, at: str = "", wrong: Wrong | None = None) -> str:
    """The page of one shipment; ``at`` names the form that was refused."""
    language = pages.language()
    with transaction() as session:
        shipment, graph = the_shipment(session, shipment_id), rules.milestones(session)
        inside = contents.of_shipment(session, shipment_id)
        shown = views.shipment_as_dict(session, shipment, graph, inside, language)
        lots = views.cartons_by_lot(session, inside)
        now, today = business_now(session), business_today(session)
        expected = telling.expected(shipment, graph, language)
        choices, exceptions = next_milestones(shipment, graph), next_exceptions(shipment, graph)
        ports, names = views.ports(session), views.place_names(session)
        equipments = bound_for(shipment.destination, rules.equipments(session))
        alike = views_of_loads.shipments_like(session, shipment)
        checks = checking.checks(session, shipment, inside, today)
        unasked = checklists.unasked(session, shipment)
    return render_template(
        "shipment.html",
        shipment=shown,
        by=shipment.by,
        loaded=shipment.loaded_or_gone,
        lots=lots,
        entries=telling.entries(shown["milestones"], language),
        reported=telling.reported(shown["milestones"]),
        expected=expected,
        optional=telling.OPTIONAL,
        choices=choices,
        exceptions=exceptions,
        ports=ports,
        names=names,
        equipments=equipments,
        alike=alike,
        checks=checks,
        unasked=unasked,
        filled=views_of_loads.filled(shown["fill"]) if shown["fill"] else None,
        parts=pictures.blocks(shown["fill"]) if shown["fill"] else [],
        stops=pictures.stops(shown),
        label_parts=parts_of(shown["cartons"]),
        states=telling.states(graph),
        today=today,
        now=telling.for_input(now),
        at=at,
        wrong=wrong or {},
        typed=request.form if at else {},
    )


@desk.get(f"/shipment/<uuid:shipment_id>/{ANY_OF_THEM}.pdf")
@pages.desk(LOGISTICS, KANWIL)
def paper(shipment_id: UUID, name: str) -> Any:
    try:
        return downloads.paper(shipment_id, name, PART.load(request.args)["part"])
    except (ValidationError, Refused):
        raise not_found("part of the labels") from None


@desk.get(f"/shipment/<uuid:shipment_id>/{ANY_LONG}/making")
@pages.desk(LOGISTICS, KANWIL)
def paper_with_progress(shipment_id: UUID, name: str) -> Any:
    """The same as ``paper``, for the script that shows how far it is."""
    return downloads.long_paper(shipment_id, name)


@desk.get("/shipment/<uuid:shipment_id>/epcis.json")
@pages.desk(LOGISTICS, KANWIL)
def epcis(shipment_id: UUID) -> Any:
    return downloads.epcis(shipment_id)
