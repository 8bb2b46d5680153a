"""Where a buyer wants to be told, and what they want to be told again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import and_, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.orders.domain.webhook import MOST_ENDPOINTS, Endpoint
from services.orders.storage import NOT_ENDED, feed, timeline, webhook_delivery, webhook_endpoint
from services.orders.webhooks import new_secret, try_soon
from shared.clock import real_now
from shared.refusal import Refused

MOST_REPLAYED = 1000
"""Steps that one request may have told again."""

ENDED = or_(webhook_delivery.c.delivered_at.is_not(None), webhook_delivery.c.given_up_at.is_not(None))
AGAIN: dict[str, Any] = {
    "delivered_at": None,
    "given_up_at": None,
    "next_at": func.now(),
    "tried_before": webhook_delivery.c.attempts,
    "replays": webhook_delivery.c.replays + 1,
}
"""What makes a delivery that ended due once more."""


def locked_webhook(session: Session, *, buyer: str, endpoint_id: UUID) -> Endpoint | None:
    """The buyer's endpoint, which nobody else changes until the commit."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    query = select(Endpoint).where(*mine, webhook_endpoint.c.removed_at.is_(None))
    return session.execute(query.with_for_update(key_share=True)).scalar_one_or_none()


def register_webhook(
    session: Session, *, buyer: str, url: str, description: str, event_types: Sequence[str]
) -> Endpoint:
    """Tell this address the steps of the buyer's orders from now on."""
    _refuse_too_many(session, buyer)
    endpoint = Endpoint(
        id=uuid7s.uuid7(),
        buyer=buyer,
        url=url,
        secret=new_secret(),
        description=description,
        event_types=sorted(set(event_types)),
    )
    session.add(endpoint)
    session.flush()
    return endpoint


def _refuse_too_many(session: Session, buyer: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"webhooks of {buyer}", 0))))
    there = (webhook_endpoint.c.buyer == buyer, webhook_endpoint.c.removed_at.is_(None))
    count = session.execute(select(func.count()).select_from(webhook_endpoint).where(*there)).scalar_one()
    if count >= MOST_ENDPOINTS:
        raise Refused("You have {most} endpoints, the most there may be; remove one first.", most=count)


def change_webhook(session: Session, *, endpoint: Endpoint, changes: dict[str, Any]) -> None:
    """Change what is named; an endpoint that is switched on is told what waited for it."""
    if "url" in changes and changes["url"] != endpoint.url:
        endpoint.move(changes["url"])
        try_soon(session, endpoint)
    if "description" in changes:
        endpoint.description = changes["description"]
    if "event_types" in changes:
        endpoint.event_types = sorted(set(changes["event_types"]))
    if "active" in changes:
        _switch(session, endpoint, changes["active"])
    endpoint.version += 1


def _switch(session: Session, endpoint: Endpoint, active: bool) -> None:
    if active:
        endpoint.switch_on()
        try_soon(session, endpoint)
    else:
        endpoint.switch_off(real_now())


def rotate_secret(session: Session, *, endpoint: Endpoint, overlap: timedelta) -> None:
    """Sign with a new secret from now on, and with the one before it until the overlap is over."""
    endpoint.rotate(new_secret(), real_now(), overlap)
    session.flush()


def remove_webhook(session: Session, *, endpoint: Endpoint) -> None:
    """Stop telling an address; what waits for it is given up."""
    endpoint.removed_at = real_now()
    session.execute(
        update(webhook_delivery)
        .where(webhook_delivery.c.endpoint_id == endpoint.id, NOT_ENDED)
        .values(given_up_at=func.now(), last_error="the endpoint was removed")
    )


def replay_delivery(session: Session, *, endpoint: Endpoint, delivery_id: int) -> None:
    """Tell one step again; one that still waits out a pause is tried at once."""
    endpoint.check_on()
    this = (webhook_delivery.c.id == delivery_id, webhook_delivery.c.endpoint_id == endpoint.id)
    again = session.execute(
        update(webhook_delivery).where(*this, ENDED).values(AGAIN).returning(webhook_delivery.c.id)
    )
    if again.one_or_none() is None:
        try_soon(session, endpoint, webhook_delivery.c.id == delivery_id)


def replay_steps(
    session: Session, *, endpoint: Endpoint, since: datetime, until: datetime, undelivered_only: bool
) -> int:
    """Tell the steps of a time again, in their order, also those that were never told; returns how many.

    What still waits is left as it is.
    """
    endpoint.check_on()
    if since >= until:
        raise Refused("Give a time after the first one.", field="to")
    steps = session.execute(_replayable(endpoint, since, until, undelivered_only)).all()
    if len(steps) > MOST_REPLAYED:
        raise Refused(
            "These are more than {most} steps; give a shorter time, and the next after it.",
            field="to",
            most=MOST_REPLAYED,
        )
    if steps:
        rows = [{"endpoint_id": endpoint.id, **step._mapping, "replays": 1} for step in steps]
        again = insert(webhook_delivery).values(rows)
        unique = ["timeline_id", "endpoint_id"]
        session.execute(again.on_conflict_do_update(index_elements=unique, set_=AGAIN, where=ENDED))
    return len(steps)


def _replayable(endpoint: Endpoint, since: datetime, until: datetime, undelivered_only: bool) -> Any:
    """What was recorded in that time, the endpoint wants, and waits for it no more; one more than may be."""
    here = and_(
        webhook_delivery.c.timeline_id == feed.c.timeline_id, webhook_delivery.c.endpoint_id == endpoint.id
    )
    ended = webhook_delivery.c.given_up_at.is_not(None) if undelivered_only else ENDED
    return (
        select(feed.c.order_id, feed.c.timeline_id)
        .join(timeline, timeline.c.id == feed.c.timeline_id)
        .outerjoin(webhook_delivery, here)
        .where(
            feed.c.buyer == endpoint.buyer,
            feed.c.recorded_at >= since,
            feed.c.recorded_at < until,
            timeline.c.type.in_(endpoint.event_types) if endpoint.event_types else true(),
            or_(webhook_delivery.c.id.is_(None), ended),
        )
        .order_by(feed.c.timeline_id)
        .limit(MOST_REPLAYED + 1)
    )
