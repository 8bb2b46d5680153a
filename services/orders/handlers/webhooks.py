"""Where a buyer wants to be told."""

from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, insert
from sqlalchemy.orm import Session

from services.orders.storage import webhook_endpoint


def register_webhook(session: Session, *, buyer: str, url: str, secret: str) -> UUID:
    """Tell this address every step of the buyer's orders from now on."""
    id = uuid7s.uuid7()
    session.execute(insert(webhook_endpoint).values(id=id, buyer=buyer, url=url, secret=secret))
    return id


def remove_webhook(session: Session, *, buyer: str, endpoint_id: UUID) -> bool:
    """Stop telling an address; returns whether the buyer had it."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    removed = session.execute(
        webhook_endpoint.update()
        .where(*mine, webhook_endpoint.c.removed_at.is_(None))
        .values(removed_at=func.now())
        .returning(webhook_endpoint.c.id)
    )
    return removed.one_or_none() is not None
