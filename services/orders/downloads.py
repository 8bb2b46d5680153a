"""Our own papers as downloads, for systems and for people alike."""

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.documents.proforma import Seller, proforma
from services.orders.domain.order import Order
from services.orders.storage import buyer, item


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
