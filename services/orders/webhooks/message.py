"""What is told: the message, its id, and its signatures by the Standard Webhooks specification.

docs/webhooks.md describes it to those who read it; fields may be added, none changes its meaning.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row
from standardwebhooks import Webhook

PING = "kendi.orders.ping.v1"


def webhook_id(event_id: UUID, order_id: UUID) -> str:
    """The id of a message, the same however often it is told.

    An event about several orders, such as a vessel's departure, is a message for each of them.
    """
    return f"{event_id}_{order_id}"


def message_of(row: Row[Any]) -> dict[str, Any]:
    """One step of an order as it is told."""
    return {
        "type": row.type,
        "timestamp": row.occurred_at.isoformat(),
        "order_id": str(row.order_id),
        "sequence": row.sequence,
        "data": row.data,
    }


def ping(at: datetime) -> dict[str, Any]:
    """What is told to try an endpoint out."""
    return {"type": PING, "timestamp": at.isoformat(), "data": {}}


def written(message: dict[str, Any]) -> str:
    return json.dumps(message)


def headers(id: str, body: str, *, secrets: Iterable[str], at: datetime) -> dict[str, str]:
    """With one signature by each secret that is valid now."""
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(id, at, body) for secret in secrets),
    }
