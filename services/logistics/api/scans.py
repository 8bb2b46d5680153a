"""Scans, reports of what became of cartons, and pallets."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import downloads, views_of_cartons
from services.logistics.domain.carton import Carton
from services.logistics.domain.scanning import Outcome
from services.logistics.handlers import incidents, scanning
from services.logistics.handlers.pallets import build_pallet
from services.logistics.schemas.cartons import CartonSchema
from services.logistics.schemas.scans import (
    CartonReportRequest,
    HistorySchema,
    OutcomeSchema,
    PalletRequest,
    PalletSchema,
    ScansRequest,
)
from services.logistics.views import list_cartons
from shared.web.access import KANWIL, LOGISTICS, requires
from shared.web.api import Routes
from shared.web.context import serving, transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("scans", __name__, url_prefix="/logistics/v1", description="Scans and pallets")

OUTCOMES, CARTONS, PALLET = OutcomeSchema(many=True), CartonSchema(many=True), PalletSchema()
FILE = {"type": "string", "format": "binary"}

SCANS: dict[str, Callable[..., list[Outcome]]] = {
    "gathered": scanning.scan_arrivals,
    "palletised": scanning.scan_onto_pallet,
    "taken_off": scanning.scan_off_pallet,
    "loaded": scanning.scan_loading,
    "weighed": scanning.scan_weights,
}

REPORTS: dict[str, Callable[..., Sequence[Carton]]] = {
    "moved": incidents.leave_for_hub,
    "quarantined": incidents.quarantine,
    "quarantine_lifted": incidents.lift_quarantine,
    "damaged": incidents.report_damaged,
    "lost": incidents.report_lost,
    "found": incidents.report_found,
    "unpacked": incidents.unpack,
    "explained": incidents.explain_weight,
}


@api.post("/scans")
@api.arguments(ScansRequest)
@api.response(200, OutcomeSchema(many=True))
@requires(LOGISTICS)
def take_scans(body: dict[str, Any]) -> Response:
    """Labels were scanned; each scan has its outcome, and one that is refused holds up no other.

    Needs an Idempotency-Key. A carton that was scanned before is told as repeated and changes nothing.
    """
    what = body.pop("what")
    return once(lambda session: (OUTCOMES.dump(SCANS[what](session, **body)), 200, {}))


@api.post("/cartons/reports")
@api.arguments(CartonReportRequest)
@api.response(200, CartonSchema(many=True))
@requires(LOGISTICS)
def report(body: dict[str, Any]) -> Response:
    """What became of cartons; answered are those of which it was news. Needs an Idempotency-Key."""
    handler = incidents.quarantine_lot if "lot" in body else REPORTS[body["what"]]
    told = {name: value for name, value in body.items() if name != "what"}

    def command(session: Session) -> Answer:
        ssccs = [carton.sscc for carton in handler(session, **told)]
        return CARTONS.dump(list_cartons(session, ssccs=ssccs, limit=len(ssccs))), 200, {}

    return once(command)


@api.get("/cartons/<sscc>/history")
@api.response(200, HistorySchema(many=True))
@requires(LOGISTICS, KANWIL)
def history(sscc: str) -> Any:
    """All that was done with a carton, the oldest first."""
    with transaction() as session:
        if views_of_cartons.find_carton(session, sscc) is None:
            raise not_found("carton")
        return views_of_cartons.history(session, sscc)


@api.post("/pallets")
@api.arguments(PalletRequest)
@api.response(201, PalletSchema)
@requires(LOGISTICS)
def new_pallet(body: dict[str, Any]) -> Response:
    """An empty pallet with a number of its own. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        sscc = build_pallet(session, prefix=serving().settings.gs1_prefix, **body).sscc
        shown = PALLET.dump(views_of_cartons.find_pallet(session, sscc))
        return shown, 201, {"Location": f"/logistics/v1/pallets/{sscc}"}

    return once(command)


@api.get("/pallets/<pallet>")
@api.response(200, PalletSchema)
@requires(LOGISTICS, KANWIL)
def one_pallet(pallet: str) -> Any:
    """A pallet with the cartons that stand on it."""
    with transaction() as session:
        found = views_of_cartons.find_pallet(session, pallet)
    if found is None:
        raise not_found("pallet")
    return found


@api.get("/pallets/<pallet>/label.pdf")
@api.response(200, FILE, content_type="application/pdf")
@requires(LOGISTICS, KANWIL)
def pallet_label(pallet: str) -> Response:
    """The pallet's label, as it stands now."""
    with transaction() as session:
        return downloads.pallet_label(session, pallet)
