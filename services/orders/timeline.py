"""What happened to an order, from all services, and who is told about it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.orders.storage import timeline
from shared.events import contract_of
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard


def tell(session: Session, *events: Any) -> None:
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
        _add(session, entries)


def note(session: Session, event: Any, heard: Heard, *, order_id: UUID | None = None) -> None:
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
    _add(session, [entry])


def orders_of(event: Any) -> Iterable[UUID]:
    """The orders that an event is about."""
    if hasattr(event, "order_id"):
        return [event.order_id]
    return sorted({part.order_id for part in event.lines})


def _for(order_id: UUID | None, data: dict[str, Any]) -> dict[str, Any]:
    """A shipment may carry several buyers' goods: each order's timeline shows its own lines and cartons only."""
    if order_id is None:
        return data
    return data | {
        name: [part for part in data[name] if part["order_id"] == str(order_id)]
        for name in ("lines", "short", "arrived")
        if name in data
    }


def _add(session: Session, entries: list[dict[str, Any]]) -> None:
    """Entries in their order; a trigger of the table puts each in line for the feed and the webhooks."""
    session.execute(insert(timeline).on_conflict_do_nothing(), entries)
