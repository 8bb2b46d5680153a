"""Shipments that are still open: divided, joined, given up, and what is noted of them."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import attempts
from services.logistics.api.answering import SHIPMENT, changed, shown
from services.logistics.asked_for import the_shipment
from services.logistics.handlers import notes, regrouping
from services.logistics.schemas.shipments import (
    CartonsRequest,
    MergeRequest,
    NoteRequest,
    ReasonRequest,
    ShipmentSchema,
)
from shared.web.access import LOGISTICS, requires
from shared.web.api import Routes
from shared.web.idempotency import Answer, once

api = Routes(
    "regrouping",
    __name__,
    url_prefix="/logistics/v1",
    description="Shipments that are still open: divided, joined, given up",
)


@api.post("/shipments/<uuid:shipment_id>/take-out")
@api.arguments(CartonsRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def take_out(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Leave some cartons at the hub, before the shipment is closed. Needs an Idempotency-Key."""
    return changed(shipment_id, regrouping.take_out, **body)


@api.post("/shipments/<uuid:shipment_id>/split")
@api.arguments(CartonsRequest)
@api.response(201, ShipmentSchema)
@requires(LOGISTICS)
def split(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Make another shipment of some cartons; answers with the new one. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_shipment(session, shipment_id)
        new = regrouping.split(session, shipment_id=shipment_id, **body)
        return SHIPMENT.dump(shown(session, new)), 201, {"Location": f"/logistics/v1/shipments/{new.id}"}

    with attempts.kept(shipment_id):
        return once(command)


@api.post("/shipments/<uuid:shipment_id>/merge")
@api.arguments(MergeRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def merge(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Take another shipment's cartons into this one; the other is given up. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        the_shipment(session, shipment_id)
        the_shipment(session, body["other"])
        merged = regrouping.merge(session, shipment_id=shipment_id, other=body["other"])
        return SHIPMENT.dump(shown(session, merged)), 200, {}

    with attempts.kept(shipment_id):
        return once(command)


@api.post("/shipments/<uuid:shipment_id>/cancel")
@api.arguments(ReasonRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def cancel(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Give the shipment up before it is loaded; its cartons wait for another. Needs an Idempotency-Key."""
    return changed(shipment_id, regrouping.cancel, **body)


@api.post("/shipments/<uuid:shipment_id>/notes")
@api.arguments(NoteRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def add_note(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note something, a ceremony at the send-off for example; it is no milestone. Needs an Idempotency-Key."""
    return changed(shipment_id, notes.add_note, **body)
