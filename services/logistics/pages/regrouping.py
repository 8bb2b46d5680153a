"""The forms by which an open shipment is divided, joined, given up, and noted of."""

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session

from services.logistics.domain.shipment import Shipment
from services.logistics.handlers import notes, regrouping
from services.logistics.pages.shipment import change
from services.logistics.schemas.shipments import MergeRequest, NoteRequest, ReasonRequest
from shared.refusal import Refused
from shared.web import pages
from shared.web.access import LOGISTICS

desk = Blueprint("shipments_regrouped", __name__, url_prefix="/logistics", template_folder="../templates")

LOTS = ReasonRequest(only=(), unknown=EXCLUDE)
MERGE, REASON, NOTE = (kind(unknown=EXCLUDE) for kind in (MergeRequest, ReasonRequest, NoteRequest))


@desk.post("/shipment/<uuid:shipment_id>/split")
@pages.desk(LOGISTICS)
def split(shipment_id: UUID) -> Any:
    lots = set(request.form.getlist("lots"))
    return change(shipment_id, LOTS, lambda session, _: _split(session, shipment_id, lots))


def _split(session: Session, shipment_id: UUID, lots: set[str]) -> Shipment:
    """Whole lots, as the page shows them."""
    if not lots:
        raise Refused("Choose at least one lot.", field="lots")
    shipment = session.get_one(Shipment, shipment_id)
    ssccs = [carton.sscc for carton in shipment.cartons if carton.lot.code in lots]
    return regrouping.split(session, shipment_id=shipment_id, ssccs=ssccs)


@desk.post("/shipment/<uuid:shipment_id>/merge")
@pages.desk(LOGISTICS)
def merge(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        MERGE,
        lambda session, body: regrouping.merge(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/cancel")
@pages.desk(LOGISTICS)
def cancel(shipment_id: UUID) -> Any:
    return change(
        shipment_id,
        REASON,
        lambda session, body: regrouping.cancel(session, shipment_id=shipment_id, **body),
    )


@desk.post("/shipment/<uuid:shipment_id>/notes")
@pages.desk(LOGISTICS)
def add_note(shipment_id: UUID) -> Any:
    return change(
        shipment_id, NOTE, lambda session, body: notes.add_note(session, shipment_id=shipment_id, **body)
    )
