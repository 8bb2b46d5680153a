"""Dossiers: what can be shown of how goods were made, and what is open?"""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from sqlalchemy.orm import Session

from services.orders import dossiers, downloads, facilities
from services.orders.api.dossiers import the_version
from shared.web import pages
from shared.web.access import BUYER, COMPLIANCE, KANWIL, current
from shared.web.context import transaction
from shared.web.pagination import code, cursor_of, key_of

desk = Blueprint("dossiers_page", __name__, url_prefix="/orders/dossiers", template_folder="../templates")

OFFICES = (COMPLIANCE, KANWIL)
ROLES = (BUYER, *OFFICES)
ROWS = 50
"""Of each list on one page."""


@desk.get("/")
@pages.desk(*ROLES)
def home() -> str:
    """A page of the lots, newest first, and for the offices one of the shipments; each turns by itself."""
    lot, shipment = key_of(request.args.get("lots"), code), key_of(request.args.get("shipments"), UUID)
    more = {"limit": ROWS + 1}
    with transaction() as session:
        lots = dossiers.newest_lots(session, current(), **more, before=lot)
        of_offices = current().role in OFFICES
        shipments = dossiers.newest_shipments(session, **more, before=shipment) if of_offices else ()
        return render_template(
            "dossiers.html",
            lots=lots[:ROWS],
            next_lots=cursor_of(lots[ROWS - 1].code) if len(lots) > ROWS else None,
            shipments=shipments[:ROWS],
            next_shipments=cursor_of(str(shipments[ROWS - 1].shipment_id)) if len(shipments) > ROWS else None,
            numbers=dossiers.numbers_of(session, [row.shipment_id for row in shipments]),
            names=facilities.names(session),
        )


@desk.get("/lots/<lot>")
@pages.desk(*ROLES)
def of_lot(lot: str) -> str:
    with transaction() as session:
        return _page(session, dossiers.of_a_lot(session, current(), lot), about=lot)


@desk.get("/lots/<lot>.pdf")
@pages.desk(*ROLES)
def lot_pdf(lot: str) -> Response:
    with transaction() as session:
        found = dossiers.of_a_lot(session, current(), lot)
        return downloads.dossier_of(session, the_version(found, _asked()))


@desk.get("/shipments/<uuid:shipment_id>")
@pages.desk(*OFFICES)
def of_shipment(shipment_id: UUID) -> str:
    with transaction() as session:
        number = dossiers.numbers_of(session, [shipment_id]).get(shipment_id, str(shipment_id))
        return _page(session, dossiers.of_a_shipment(session, shipment_id), about=number)


@desk.get("/shipments/<uuid:shipment_id>.pdf")
@pages.desk(*OFFICES)
def shipment_pdf(shipment_id: UUID) -> Response:
    with transaction() as session:
        found = dossiers.of_a_shipment(session, shipment_id)
        return downloads.dossier_of(session, the_version(found, _asked()))


def _page(session: Session, found: list[dict[str, Any]], *, about: str) -> str:
    version = the_version(found, _asked())
    as_of = datetime.fromisoformat(version["as_of"])
    return render_template(
        "dossier.html",
        dossier=version,
        as_of=as_of,
        path=request.path,
        about=about,
        names=facilities.names(session),
    )


def _asked() -> int | None:
    """The version in the address; one that is no number is none, so that the newest is shown."""
    asked = request.args.get("version", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 7 and int(asked) else None
