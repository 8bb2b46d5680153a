"""Lots and cartons: ``/logistics/v1/lots`` and ``/logistics/v1/cartons``."""

from collections.abc import Callable
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import attempts, downloads, views
from services.logistics.handlers import cartons
from services.logistics.schemas.cartons import (
    CartonSchema,
    CartonsQuery,
    GatheredSchema,
    GatherRequest,
    LotSchema,
    PackRequest,
)
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.pagination import PageSchema, code, key_of, link_to_next

api = Routes(
    "cartons",
    __name__,
    url_prefix="/logistics/v1",
    description="Lots, cartons and their arrival at hubs",
)


CARTONS, GATHERED = CartonSchema(many=True), GatheredSchema(many=True)


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

    prefix = serving().settings.gs1_prefix

    def command(session: Session) -> Answer:
        packed = [carton.sscc for carton in cartons.pack_lot(session, prefix=prefix, **body)]
        rows = views.list_cartons(session, ssccs=packed, limit=len(packed))
        return CARTONS.dump(rows), 201, {"Location": f"/logistics/v1/cartons?lot={body['lot']}"}

    with attempts.kept():
        return once(command)


@api.post("/cartons/gather")
@api.arguments(GatherRequest)
@api.response(200, GatheredSchema(many=True))
@requires(LOGISTICS)
def gather_cartons(body: dict[str, Any]) -> Response:
    """Cartons arrived at a hub: a whole lot, or those scanned. Needs an Idempotency-Key."""
    gather: Callable[..., Any] = cartons.gather_lot if "lot" in body else cartons.gather_cartons
    return once(lambda session: (GATHERED.dump(gather(session, **body)), 200, {}))


@api.get("/lots/<lot>/labels.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def lot_labels(lot: str) -> Response:
    """The labels of a lot's cartons."""
    with transaction() as session:
        return downloads.lot_labels(session, lot)


@api.get("/lots/<lot>/delivery-note.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def lot_note(lot: str) -> Response:
    """The delivery note of a lot's cartons, for the truck from the facility to the hub."""
    with transaction() as session:
        return downloads.lot_note(session, lot)
