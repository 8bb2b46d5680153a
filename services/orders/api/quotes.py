"""Quotes: ``/orders/v1/quotes…``."""

from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy.orm import Session

from services.orders.handlers import quoting
from services.orders.quotes import find_quote, quote_as_dict
from services.orders.schemas.orders import OrderRequest
from services.orders.schemas.quotes import QuoteSchema
from shared.clock import business_today
from shared.web.access import BUYER, current, requires
from shared.web.api import Routes
from shared.web.context import transaction
from shared.web.idempotency import Answer, once
from shared.web.problems import not_found

api = Routes("quotes", __name__, url_prefix="/orders/v1", description="What would become of an order")

QUOTE = QuoteSchema()


@api.post("/quotes")
@api.arguments(OrderRequest)
@api.response(202, QuoteSchema)
@requires(BUYER)
def ask_quote(body: dict[str, Any]) -> Response:
    """Ask what an order would meet, without placing it: holds and laws at once, dates when production
    has answered. Needs an Idempotency-Key."""

    def command(session: Session) -> Answer:
        principal = current()
        id = quoting.ask_quote(session, buyer=principal.account or "", asked_by=principal.id, **body)
        return QUOTE.dump(_shown(session, id)), 202, {"Location": f"/orders/v1/quotes/{id}"}

    return once(command)


@api.get("/quotes/<uuid:quote_id>")
@api.response(200, QuoteSchema)
@requires(BUYER)
def read_quote(quote_id: UUID) -> Any:
    """A quote: for each line what bars or holds it, and the date by which it could be ready."""
    with transaction() as session:
        return _shown(session, quote_id)


def _shown(session: Session, quote_id: UUID) -> dict[str, Any]:
    row = find_quote(session, current().account or "", quote_id)
    if row is None:
        raise not_found("quote")
    return quote_as_dict(row, business_today(session))
