"""Asking what would become of an order, without placing it."""

from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from services.orders.domain import free_lane
from services.orders.domain.lane import FREE
from services.orders.domain.order import Line
from services.orders.domain.quote import VALID
from services.orders.handlers.placing import new_order
from services.orders.schemas.orders import OrderRequest
from services.orders.storage import quote
from shared.events import contract_of
from shared.events.orders import QuotedLine, QuoteRequested
from shared.events.production import QuoteAnswered
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard

REQUEST = OrderRequest()


def ask_quote(session: Session, *, buyer: str, asked_by: str, **request: Any) -> UUID:
    """Screen the lines at once, and ask production by when they could be ready: those that the law blocks, if free
    workers may make them."""
    order = new_order(session, buyer=buyer, placed_by=asked_by, **request)
    id = uuid7s.uuid7()
    session.execute(
        insert(quote).values(
            id=id,
            buyer=buyer,
            asked_by=asked_by,
            asked_on=order.placed_on,
            expires_on=order.placed_on + VALID,
            request=REQUEST.dump(request),
            lines=[_screened(line) for line in order.lines],
        )
    )
    asked = tuple(_asked(line) for line in order.lines if not line.blocked or free_lane.is_open_to(line))
    if asked:
        record(session, QuoteRequested(quote_id=id, lines=asked, buyer=buyer))
    return id


def on_quote_answered(session: Session, event: QuoteAnswered, heard: Heard) -> None:
    promises = {line["number"]: line for line in contract_of(QuoteAnswered).dump(event)["lines"]}
    session.execute(update(quote).where(quote.c.id == event.quote_id).values(promises=promises))


def _asked(line: Line) -> QuotedLine:
    return QuotedLine(
        number=line.number,
        sku=line.sku,
        quantity=line.ordered,
        requested_date=line.requested_date,
        lane=FREE if line.blocked else line.planned_lane,
    )


def _screened(line: Line) -> dict[str, Any]:
    kept = (
        *("number", "sku", "ordered", "destination", "action", "if_free"),
        *("policies", "needs", "law", "awaited_sample"),
    )
    return {
        **{name: getattr(line, name) for name in kept},
        "unit_price": str(line.unit_price),
        "requested_date": line.requested_date.isoformat(),
        "explanation_en": line.explanation_en,
        "explanation_id": line.explanation_id,
    }
