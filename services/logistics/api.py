"""The logistics API: ``/logistics/v1/…``."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import downloads, handlers, rules, views
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.schemas import (
    BookRequest,
    CartonSchema,
    CartonsQuery,
    DispatchRequest,
    DocumentRequest,
    GatheredSchema,
    GatherRequest,
    LotSchema,
    MilestoneRequest,
    PackRequest,
    PlannedShipmentSchema,
    PlanRequest,
    ShipmentSchema,
    ShipmentSummarySchema,
)
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.pages import language
from shared.web.pagination import PageSchema, code, key_of, link_to_next
from shared.web.problems import not_found

api = Routes(
    "logistics",
    __name__,
    url_prefix="/logistics/v1",
    description="Cartons and shipments, from lot to delivery",
)

CARTONS, GATHERED = CartonSchema(many=True), GatheredSchema(many=True)
SHIPMENT, PLANNED = ShipmentSchema(), PlannedShipmentSchema()
EPCIS = {"type": "object", "description": "EPCIS 2.0, in JSON-LD"}
FILE = {"type": "string", "format": "binary"}


@api.get("/lots")
@api.arguments(PageSchema, location="query")
@api.response(200, LotSchema(many=True))
@requires(LOGISTICS, KANWIL)
def list_lots(page: dict[str, Any]) -> Any:
    """Lots with pieces that wait for packing."""
    with transaction() as session:
        rows = views.lots_to_pack(session, limit=page["limit"], after=key_of(page["after"], code))
    return list(rows[: page["limit"]]), 200, link_to_next(list(rows), page["limit"], "lot")


@api.get("/cartons")
@api.arguments(CartonsQuery, location="query")
@api.response(200, CartonSchema(many=True))
@requires(LOGISTICS, KANWIL)
def list_cartons(query: dict[str, Any]) -> Any:
    """Cartons by their number; of one lot, at one hub, or in one shipment if asked for."""
    limit = query["limit"]
    with transaction() as session:
        rows = views.list_cartons(
            session,
            of_lot=query["lot"],
            hub=query["hub"],
            shipment=query["shipment"],
            limit=limit,
            after=key_of(query["after"], code),
        )
    return list(rows[:limit]), 200, link_to_next(list(rows), limit, "sscc")


@api.post("/cartons")
@api.arguments(PackRequest)
@api.response(201, CartonSchema(many=True))
@requires(LOGISTICS)
def pack_lot(body: dict[str, Any]) -> Response:
    """Pack the free pieces of a lot into cartons: those asked for, or all. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        packed = [carton.sscc for carton in handlers.pack_lot(session, **body)]
        rows = views.list_cartons(session, ssccs=packed, limit=len(packed))
        return CARTONS.dump(rows), 201, {"Location": f"/logistics/v1/cartons?lot={body['lot']}"}

    return once(command)


@api.post("/cartons/gather")
@api.arguments(GatherRequest)
@api.response(200, GatheredSchema(many=True))
@requires(LOGISTICS)
def gather_cartons(body: dict[str, Any]) -> Response:
    """Cartons arrived at a hub: a whole lot, or those scanned. Needs an Idempotency-Key."""
    gather: Callable[..., Any] = handlers.gather_lot if "lot" in body else handlers.gather_cartons
    return once(lambda session: (GATHERED.dump(gather(session, **body)), 200, {}))


@api.get("/lots/<lot>/labels.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def lot_labels(lot: str) -> Response:
    """The labels of a lot's cartons."""
    with transaction() as session:
        return downloads.lot_labels(session, lot)


@api.post("/shipments")
@api.arguments(PlanRequest)
@api.response(201, PlannedShipmentSchema)
@requires(LOGISTICS)
def plan_shipment(body: dict[str, Any]) -> Response:
    """Put together what stands at a hub for a country and is cleared to export. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        planned = handlers.plan_shipment(session, **body)
        shown = _shown(session, planned.shipment) | {"left_behind": list(map(_left_behind, planned.left))}
        return PLANNED.dump(shown), 201, {"Location": f"/logistics/v1/shipments/{planned.shipment.id}"}

    return once(command)


def _left_behind(left: Any) -> dict[str, Any]:
    line = left.standing.line
    return {
        "order_id": line.order.id,
        "line": line.number,
        "cartons": left.standing.cartons,
        "pieces": left.standing.pieces,
        "reason": left.reason,
    }


@api.get("/shipments")
@api.arguments(PageSchema, location="query")
@api.response(200, ShipmentSummarySchema(many=True))
@requires(LOGISTICS, KANWIL)
def list_shipments(page: dict[str, Any]) -> Any:
    """Shipments, newest first, by key."""
    limit = page["limit"]
    with transaction() as session:
        graph = rules.milestones(session)
        rows = views.list_shipments(session, graph, limit=limit, after=key_of(page["after"], UUID))
    return rows[:limit], 200, link_to_next(rows, limit, "id")


@api.get("/shipments/<uuid:shipment_id>")
@api.response(200, ShipmentSchema)
@requires(LOGISTICS, KANWIL)
def read_shipment(shipment_id: UUID) -> Any:
    """One shipment: its goods, its papers with who owes what is missing, and its way."""
    with transaction() as session:
        return _shown(session, _found(session, shipment_id))


@api.post("/shipments/<uuid:shipment_id>/book")
@api.arguments(BookRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def book_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Take room on a vessel, or on another one before loading. Needs an Idempotency-Key."""
    return _change(shipment_id, handlers.book_shipment, booking=Booking(**body))


@api.post("/shipments/<uuid:shipment_id>/documents")
@api.arguments(DocumentRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def record_document(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Note the number and date of a document on the checklist. Needs an Idempotency-Key."""
    return _change(shipment_id, handlers.record_document, **body)


@api.post("/shipments/<uuid:shipment_id>/dispatch")
@api.arguments(DispatchRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def dispatch_shipment(body: dict[str, Any], shipment_id: UUID) -> Response:
    """The sealed container leaves the hub. Needs an Idempotency-Key."""
    return _change(shipment_id, handlers.dispatch_shipment, **body)


@api.post("/shipments/<uuid:shipment_id>/milestones")
@api.arguments(MilestoneRequest)
@api.response(200, ShipmentSchema)
@requires(LOGISTICS)
def record_milestone(body: dict[str, Any], shipment_id: UUID) -> Response:
    """Something happened on the way, at a UN/LOCODE or one of our facilities. Needs an Idempotency-Key."""
    return _change(shipment_id, handlers.record_milestone, **body)


@api.get("/shipments/<uuid:shipment_id>/epcis")
@api.alt_response(200, schema=EPCIS, success=True)
@requires(LOGISTICS, KANWIL)
def read_epcis(shipment_id: UUID) -> Any:
    """What happened to the cartons, as an EPCIS 2.0 document."""
    with transaction() as session:
        return downloads.epcis(session, _found(session, shipment_id))


@api.get("/shipments/<uuid:shipment_id>/<any('packing-list', 'invoice', 'labels'):name>.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def read_paper(shipment_id: UUID, name: str) -> Response:
    """The packing list, the invoice or the carton labels, made from the rows: always the same."""
    with transaction() as session:
        return downloads.paper(session, _found(session, shipment_id), name)


def _change(shipment_id: UUID, handler: Callable[..., Shipment], **particulars: Any) -> Response:
    def command(session: Session) -> Answer:
        _found(session, shipment_id)
        shipment = handler(session, shipment_id=shipment_id, **particulars)
        return SHIPMENT.dump(_shown(session, shipment)), 200, {}

    return once(command)


def _found(session: Session, shipment_id: UUID) -> Shipment:
    shipment = views.find_shipment(session, shipment_id)
    if shipment is None:
        raise not_found("shipment")
    return shipment


def _shown(session: Session, shipment: Shipment) -> dict[str, Any]:
    return views.shipment_as_dict(session, shipment, rules.milestones(session), language())
