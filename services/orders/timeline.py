"""What happened to an order, from all services, and who is told about it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.orders.storage import timeline, webhook_delivery, webhook_endpoint
from shared.events import contract_of
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard


def tell(session: Session, buyer: str, *events: Any) -> None:
    """Record our own events, and put them on the timeline of their order."""
    entries = [
        {
            "order_id": UUID(row.data["order_id"]),
            "event_id": row.event_id,
            "line": row.data.get("line"),
            "source": "orders",
            "type": row.type,
            "occurred_at": row.occurred_at,
            "actor_role": row.actor_role,
            "data": row.data,
        }
        for row in record(session, *events)
    ]
    if entries:
        _add(session, buyer, entries)


def note(session: Session, buyer: str, event: Any, heard: Heard, *, order_id: UUID | None = None) -> None:
    """Put a heard event on the timeline of its order."""
    entry = {
        "order_id": order_id or event.order_id,
        "event_id": heard.event_id,
        "line": getattr(event, "line", None),
        "source": heard.source,
        "type": heard.type,
        "occurred_at": heard.occurred_at,
        "actor_role": heard.actor_role,
        "data": _for(order_id, contract_of(type(event)).dump(event)),
    }
    _add(session, buyer, [entry])


def orders_of(event: Any) -> Iterable[UUID]:
    """The orders that an event is about."""
    if hasattr(event, "order_id"):
        return [event.order_id]
    return sorted({part.order_id for part in event.lines})


def _for(order_id: UUID | None, data: dict[str, Any]) -> dict[str, Any]:
    """A shipment may carry several buyers' goods: each order's timeline shows its own lines only."""
    if order_id is None or "lines" not in data:
        return data
    return data | {"lines": [part for part in data["lines"] if part["order_id"] == str(order_id)]}


def _add(session: Session, buyer: str, entries: list[dict[str, Any]]) -> None:
    """Entries in their order, and one delivery of each for each of the buyer's webhook endpoints."""
    added = (
        session.execute(upsert(timeline).on_conflict_do_nothing().returning(timeline.c.id), entries)
        .scalars()
        .all()
    )
    session.execute(
        insert(webhook_delivery).from_select(
            ["endpoint_id", "order_id", "timeline_id"],
            select(webhook_endpoint.c.id, timeline.c.order_id, timeline.c.id)
            .join_from(timeline, webhook_endpoint, webhook_endpoint.c.buyer == buyer)
            .where(timeline.c.id.in_(added), webhook_endpoint.c.removed_at.is_(None))
            .order_by(timeline.c.id),
        )
    )
