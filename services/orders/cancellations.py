"""What is shown of cancellations: reads only."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders import views
from services.orders.domain import taking_back
from services.orders.domain.cancellation import Cancellation
from services.orders.domain.estimate import estimate
from services.orders.domain.order import Order
from services.orders.domain.taking_back import Asked
from services.orders.storage import cancellation
from shared.clock import business_now
from shared.web.pages import said


def of_order(session: Session, order_id: UUID) -> list[dict[str, Any]]:
    """The requests of an order, newest first."""
    return _requests(session, cancellation.c.order_id == order_id)


def find(session: Session, order_id: UUID, id: UUID) -> dict[str, Any]:
    return _requests(session, cancellation.c.order_id == order_id, cancellation.c.id == id)[0]


def _requests(session: Session, *which: Any) -> list[dict[str, Any]]:
    query = (
        select(Cancellation, cancellation.c.line_number)
        .where(*which)
        .order_by(cancellation.c.id.desc(), cancellation.c.line_number)
    )
    rows = session.execute(query).all()
    return [_request(list(some)) for _, some in groupby(rows, key=lambda row: row[0].id)]


def _request(parts: Sequence[Any]) -> dict[str, Any]:
    first = parts[0][0]
    answered = all(part.answered_on for part, _ in parts)
    return {
        "id": first.id,
        "state": "answered" if answered else "asked",
        "reason": first.reason,
        "unpack": first.unpack,
        "asked_on": first.asked_on,
        "lines": [_line(number, part) for part, number in parts],
    }


def _line(number: int, part: Cancellation) -> dict[str, Any]:
    names = ("state", "asked", "cancelled", "stopped", "withheld", "going_on", "kept")
    return {"line": number, **{name: getattr(part, name) for name in names}}


def estimate_of(session: Session, order: Order, asked: Sequence[Asked], *, unpack: bool) -> dict[str, Any]:
    """What could probably be stopped of what would be asked for; refused as the request itself would be."""
    shipped = views.pieces_in_shipments(session, order.id)
    lines = [
        estimate(line, quantity, shipped=shipped.get(line.number, 0), unpack=unpack)
        for line, quantity in taking_back.to_take_back(order, asked)
    ]
    return {"as_of": business_now(session), "lines": [_estimated(line) for line in lines]}


def _estimated(line: Any) -> dict[str, Any]:
    parts = [{**vars(part), "why": said(part.why)} for part in line.parts]
    return {"line": line.line, "asked": line.asked, "probably": line.probably, "parts": parts}
