"""Our own papers and pictures as downloads, for systems and for people alike."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders import facilities
from services.orders.claims import find_photo
from services.orders.documents.dossier import dossier
from services.orders.documents.proforma import Seller, proforma
from services.orders.domain.order import Order
from services.orders.storage import buyer, item
from shared.web.files import picture
from shared.web.problems import not_found


def proforma_of(session: Session, order: Order) -> Response:
    """The proforma of an order as it stands now."""
    row = session.execute(select(buyer).where(buyer.c.code == order.buyer)).one()
    seller = Seller(
        name=row.name,
        address=tuple(row.particulars.get("address", ())),
        country=row.particulars.get("country", "ID"),
        bank=tuple(row.particulars.get("bank", ())),
    )
    skus = {line.sku for line in order.lines}
    names = {
        each.sku: each.published["name_en"]
        for each in session.execute(select(item).where(item.c.sku.in_(skus)))
    }
    headers = {"Content-Disposition": f'inline; filename="proforma-{order.id}.pdf"'}
    return Response(proforma(order, seller, names), mimetype="application/pdf", headers=headers)


def dossier_of(session: Session, version: Mapping[str, Any]) -> Response:
    """One version of a dossier."""
    name = f"dossier-{version['id']}-v{version['version']}"
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    paper = dossier(version, facilities.names(session))
    return Response(paper, mimetype="application/pdf", headers=headers)


def photo_of(session: Session, claim_id: UUID, number: int) -> Response:
    """One photo of a claim that the reader may see."""
    photo = find_photo(session, claim_id, number) if number < 1_000 else None
    if photo is None:
        raise not_found("photo")
    return picture(photo.content, photo.media_type, f"claim-{claim_id}-{number}")
