"""Dossiers: ``/orders/v1/dossiers…``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import RAISE

from services.orders import dossiers, downloads
from services.orders.schemas.dossiers import DossierQuery, DossierSchema
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.problems import not_found

api = Routes(
    "dossiers",
    __name__,
    url_prefix="/orders/v1",
    description="What is known and what is open of how goods were made",
)

FILE = {"type": "string", "format": "binary"}


@api.get("/dossiers/lots/<lot>")
@api.arguments(DossierQuery, location="query", unknown=RAISE)
@api.response(200, DossierSchema)
@requires(BUYER, COMPLIANCE, KANWIL)
def read_lot_dossier(asked: dict[str, Any], lot: str) -> Any:
    """The dossier of a lot; the same facts give the same version and hash."""
    with transaction() as session:
        return the_version(dossiers.of_a_lot(session, current(), lot), asked["version"])


@api.get("/dossiers/lots/<lot>.pdf")
@api.arguments(DossierQuery, location="query", unknown=RAISE)
@api.response(200, FILE, content_type="application/pdf")
@requires(BUYER, COMPLIANCE, KANWIL)
def read_lot_dossier_pdf(asked: dict[str, Any], lot: str) -> Response:
    """The same on paper, byte for byte for the same version."""
    with transaction() as session:
        version = the_version(dossiers.of_a_lot(session, current(), lot), asked["version"])
        return downloads.dossier_of(session, version)


@api.get("/dossiers/shipments/<uuid:shipment_id>")
@api.arguments(DossierQuery, location="query", unknown=RAISE)
@api.response(200, DossierSchema)
@requires(COMPLIANCE, KANWIL)
def read_shipment_dossier(asked: dict[str, Any], shipment_id: UUID) -> Any:
    """The dossier of a shipment over all its lots, whoever ordered them."""
    with transaction() as session:
        return the_version(dossiers.of_a_shipment(session, shipment_id), asked["version"])


@api.get("/dossiers/shipments/<uuid:shipment_id>.pdf")
@api.arguments(DossierQuery, location="query", unknown=RAISE)
@api.response(200, FILE, content_type="application/pdf")
@requires(COMPLIANCE, KANWIL)
def read_shipment_dossier_pdf(asked: dict[str, Any], shipment_id: UUID) -> Response:
    """The same on paper, byte for byte for the same version."""
    with transaction() as session:
        version = the_version(dossiers.of_a_shipment(session, shipment_id), asked["version"])
        return downloads.dossier_of(session, version)


def the_version(found: Sequence[dict[str, Any]], number: int | None) -> dict[str, Any]:
    """The version that was asked for, or the newest."""
    if not found or (number or 1) > len(found):
        raise not_found("dossier")
    return {**found[(number or len(found)) - 1], "versions": len(found)}
