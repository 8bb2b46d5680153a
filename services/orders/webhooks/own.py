"""The caller's own endpoints, for the API and the pages: another buyer's can't be told from none."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.orders.domain.webhook import Endpoint
from services.orders.handlers.webhooks import locked_webhook
from services.orders.webhooks import views
from services.orders.webhooks.sending import Outcome, ping
from shared.web.access import current
from shared.web.context import serving
from shared.web.problems import Problem, not_found


def mine(session: Session, endpoint_id: UUID) -> Endpoint:
    """The caller's endpoint, which nobody else changes until the commit."""
    endpoint = locked_webhook(session, buyer=current().account or "", endpoint_id=endpoint_id)
    if endpoint is None:
        raise not_found("webhook endpoint")
    return endpoint


def seen(session: Session, endpoint_id: UUID) -> Endpoint:
    """The caller's endpoint, also one that they removed, to read what it was told."""
    endpoint = views.webhook_of(session, current().account or "", endpoint_id)
    if endpoint is None:
        raise not_found("webhook endpoint")
    return endpoint


def kept(session: Session, endpoint_id: UUID) -> Endpoint:
    """The caller's endpoint as it is, not locked."""
    endpoint = seen(session, endpoint_id)
    if endpoint.removed_at:
        raise not_found("webhook endpoint")
    return endpoint


def found_delivery(session: Session, endpoint: Endpoint, delivery_id: int) -> dict[str, Any]:
    delivery = views.delivery_of(session, endpoint, delivery_id)
    if delivery is None:
        raise not_found("delivery")
    return delivery


def tried_out(session: Session, endpoint: Endpoint) -> Outcome:
    """What the endpoint says to a ping; one at a time for each buyer, since it may take seconds.

    The endpoint is not locked meanwhile: its deliveries go on.
    """
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(f"ping of {endpoint.buyer}", 0))
    if not session.execute(select(lock)).scalar_one():
        raise Problem(429, "A test is running", "Wait until it has ended, then try again.", retry_after=5)
    return ping(endpoint, demo=serving().settings.demo)
