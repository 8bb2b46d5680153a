"""Our own papers as downloads, for systems and for people alike."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from services.logistics import papers, views_of_cartons
from services.logistics.documents import PalletPaper
from services.logistics.documents.invoice import invoice
from services.logistics.documents.labels import carton_labels, labels
from services.logistics.documents.labels import pallet_label as label_of_pallet
from services.logistics.documents.packing_list import packing_list
from services.logistics.domain.shipment import Shipment
from services.logistics.epcis import epcis_document
from shared.web.problems import not_found

MAKERS = {"packing-list": packing_list, "invoice": invoice, "labels": labels}
"""Each makes its paper from the rows: the same rows give the same bytes."""


def paper(session: Session, shipment: Shipment, name: str) -> Response:
    return _pdf(MAKERS[name](papers.paper_of(session, shipment)), f"{name}-{shipment.number}.pdf")


def lot_labels(session: Session, lot: str) -> Response:
    """The labels of all cartons of a lot, for the printer at the packing table."""
    found = papers.lot_papers(session, lot)
    if not found:
        raise not_found("packed lot")
    return _pdf(carton_labels(found, title=f"Carton labels {lot}"), f"labels-{lot}.pdf")


def pallet_label(session: Session, sscc: str) -> Response:
    """The label of a pallet, which tells how many cartons stand on it now."""
    found = views_of_cartons.find_pallet(session, sscc)
    if found is None:
        raise not_found("pallet")
    told = {name: found[name] for name in ("sscc", "hub", "cartons", "pieces", "gross_g")}
    return _pdf(label_of_pallet(PalletPaper(**told)), f"pallet-{sscc}.pdf")


def epcis(session: Session, shipment: Shipment) -> dict[str, Any]:
    """What happened to the cartons; the same facts give the same document."""
    return epcis_document(papers.facts_of(session, shipment), created_at=papers.newest_of(shipment))


def _pdf(made: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(made, mimetype="application/pdf", headers=headers)
