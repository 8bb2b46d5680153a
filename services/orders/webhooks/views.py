"""What a buyer sees of their endpoints and of what was told to them: reads only."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from services.orders.storage import timeline, webhook_delivery, webhook_endpoint


def webhooks_of(session: Session, buyer: str) -> Sequence[RowMapping]:
    query = (
        select(webhook_endpoint.c.id, webhook_endpoint.c.url)
        .where(webhook_endpoint.c.buyer == buyer, webhook_endpoint.c.removed_at.is_(None))
        .order_by(webhook_endpoint.c.id)
    )
    return session.execute(query).mappings().all()


def had_webhook(session: Session, buyer: str, endpoint_id: UUID) -> bool:
    """Whether the endpoint is the buyer's, or was before they removed it."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    return session.execute(select(webhook_endpoint.c.id).where(*mine)).one_or_none() is not None


def deliveries_of(
    session: Session, buyer: str, endpoint_id: UUID, *, limit: int, after: int | None
) -> Sequence[RowMapping]:
    """The deliveries of one of the buyer's endpoints, newest first."""
    step = timeline.alias("step")
    earlier = (step.c.order_id == timeline.c.order_id, step.c.id <= timeline.c.id)
    query = (
        select(
            webhook_delivery.c.id,
            webhook_delivery.c.order_id,
            select(func.count()).select_from(step).where(*earlier).scalar_subquery().label("sequence"),
            timeline.c.type,
            webhook_delivery.c.attempts,
            webhook_delivery.c.delivered_at,
            webhook_delivery.c.given_up_at,
            webhook_delivery.c.response_status,
            webhook_delivery.c.last_error,
        )
        .join(timeline, timeline.c.id == webhook_delivery.c.timeline_id)
        .join(webhook_endpoint, webhook_endpoint.c.id == webhook_delivery.c.endpoint_id)
        .where(webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
        .order_by(webhook_delivery.c.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(webhook_delivery.c.id < after)
    return session.execute(query).mappings().all()
