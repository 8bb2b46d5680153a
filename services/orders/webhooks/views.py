"""What a buyer sees of their endpoints and of what was told to them: reads only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, case, select
from sqlalchemy.orm import Session

from services.orders.domain.webhook import Endpoint
from services.orders.storage import feed, timeline, webhook_attempt, webhook_delivery, webhook_endpoint
from services.orders.storage import order as orders
from services.orders.webhooks.message import message_of, webhook_id

DELIVERED = webhook_delivery.c.delivered_at.is_not(None)
GIVEN_UP = webhook_delivery.c.given_up_at.is_not(None)
STATES: dict[str, ColumnElement[bool]] = {
    "waiting": and_(~DELIVERED, ~GIVEN_UP),
    "delivered": DELIVERED,
    "given_up": GIVEN_UP,
}
STATE = case(*((condition, state) for state, condition in STATES.items())).label("state")


def webhooks_of(session: Session, buyer: str) -> Sequence[Endpoint]:
    query = (
        select(Endpoint)
        .where(webhook_endpoint.c.buyer == buyer, webhook_endpoint.c.removed_at.is_(None))
        .order_by(webhook_endpoint.c.id)
    )
    return session.execute(query).scalars().all()


def webhook_of(session: Session, buyer: str, endpoint_id: UUID) -> Endpoint | None:
    """The buyer's endpoint, also one that they have removed."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    return session.execute(select(Endpoint).where(*mine)).scalar_one_or_none()


def deliveries_of(
    session: Session,
    endpoint: Endpoint,
    *,
    limit: int,
    after: int | None = None,
    state: str | None = None,
    order_id: UUID | None = None,
) -> Sequence[RowMapping]:
    """What is told to an endpoint, newest first; one row more than the limit tells that there are more."""
    wanted = [webhook_delivery.c.endpoint_id == endpoint.id]
    if after is not None:
        wanted.append(webhook_delivery.c.id < after)
    if state is not None:
        wanted.append(STATES[state])
    if order_id is not None:
        wanted.append(webhook_delivery.c.order_id == order_id)
    query = _deliveries().where(*wanted).order_by(webhook_delivery.c.id.desc()).limit(limit + 1)
    return session.execute(query).mappings().all()


def delivery_of(session: Session, endpoint: Endpoint, delivery_id: int) -> dict[str, Any] | None:
    """One delivery with its message and every attempt, the first one first."""
    this = (webhook_delivery.c.endpoint_id == endpoint.id, webhook_delivery.c.id == delivery_id)
    row = session.execute(_deliveries().where(*this)).one_or_none()
    if row is None:
        return None
    attempts = (
        select(webhook_attempt)
        .where(webhook_attempt.c.delivery_id == delivery_id)
        .order_by(webhook_attempt.c.id)
    )
    return {
        **row._mapping,
        "webhook_id": webhook_id(row.event_id, row.order_id),
        "message": message_of(row),
        "log": session.execute(attempts).mappings().all(),
    }


def _deliveries() -> Any:
    return (
        select(
            webhook_delivery,
            STATE,
            feed.c.sequence,
            timeline.c.event_id,
            timeline.c.type,
            timeline.c.occurred_at,
            timeline.c.data,
            orders.c.po_number,
        )
        .join(timeline, timeline.c.id == webhook_delivery.c.timeline_id)
        .join(feed, feed.c.timeline_id == webhook_delivery.c.timeline_id)
        .join(orders, orders.c.id == webhook_delivery.c.order_id)
    )
