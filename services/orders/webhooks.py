"""Telling buyers' systems, signed as Standard Webhooks, each order's steps in their order.

At least once, with a stable id. A delivery that fails is tried again with growing pauses for
three days and holds back only the later ones of its own order.
"""

import base64
import ipaddress
import json
import logging
import secrets
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text, update
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from services.orders.storage import webhook_delivery
from shared.clock import real_now
from shared.database import Database
from shared.refusal import Refused
from shared.settings import Settings

log = logging.getLogger(__name__)

SECONDS_FOR_AN_ANSWER = 5
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

DUE = text("""
    SELECT EXISTS (SELECT 1 FROM webhook_delivery WHERE delivered_at IS NULL AND next_at <= now())""")

CLAIM = text("""
    WITH due AS (
        SELECT d.id FROM webhook_delivery d
        WHERE d.delivered_at IS NULL AND d.next_at <= now()
          AND NOT EXISTS (
            SELECT 1 FROM webhook_delivery earlier
            WHERE earlier.endpoint_id = d.endpoint_id AND earlier.order_id = d.order_id
              AND earlier.delivered_at IS NULL AND earlier.id < d.id)
        ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
    UPDATE webhook_delivery w SET attempts = w.attempts + 1, next_at = now() + interval '30 s'
    FROM due, webhook_endpoint e, timeline t
    WHERE w.id = due.id AND e.id = w.endpoint_id AND t.id = w.timeline_id
    RETURNING w.id, w.attempts, e.url, e.secret, e.removed_at, t.event_id, t.type, t.occurred_at, t.data""")

GIVE_UP_AFTER = 15
"""Attempts with pauses of 5 s, 20 s, 80 s … up to six hours: about three days."""


def check_address(url: str, *, demo: bool) -> None:
    """Refuse an address that is not https on the public internet; a demonstration may use this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("Give an address whose host and port can be.", field="url") from None
    if demo and parts.hostname in ("127.0.0.1", "localhost"):
        return
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443):
        raise Refused("Give an https address on port 443, without a user name in it.", field="url")
    try:
        found = socket.getaddrinfo(parts.hostname, 443, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):  # the latter for a name that no host can have
        raise Refused("The host of this address is not known.", field="url") from None
    if not all(_is_public(str(address[4][0])) for address in found):
        raise Refused("The address leads into a private network.", field="url")


def _is_public(address: str) -> bool:
    """Whether it is one host on the internet; one that carries an IPv4 address is judged by that."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        else:
            ip = ip.ipv4_mapped or ip.sixtofour or ip
    return ip.is_global and not ip.is_multicast


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def is_due(session: Session) -> bool:
    return bool(session.execute(DUE).scalar_one())


def deliver_due(database: Database, settings: Settings) -> None:
    """Send all that is due, one by one, each claimed before it is sent."""
    with httpx.Client(timeout=SECONDS_FOR_AN_ANSWER, follow_redirects=False, trust_env=False) as client:
        while True:
            with database.transaction() as session:
                row = session.execute(CLAIM).one_or_none()
            if row is None:
                return
            outcome = _send(client, row, demo=settings.demo)
            with database.transaction() as session:
                session.execute(
                    update(webhook_delivery).where(webhook_delivery.c.id == row.id).values(outcome)
                )


def _send(client: httpx.Client, row: Row[Any], *, demo: bool) -> dict[str, Any]:
    """Post one delivery; what to write into its row afterwards."""
    if row.removed_at:
        return {"delivered_at": real_now(), "last_error": "the endpoint was removed"}
    body = json.dumps({"type": row.type, "timestamp": row.occurred_at.isoformat(), "data": row.data})
    sent_at = real_now()
    headers = {
        "content-type": "application/json",
        "webhook-id": str(row.event_id),
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": Webhook(row.secret).sign(str(row.event_id), sent_at, body),
    }
    try:
        check_address(row.url, demo=demo)
        with client.stream("POST", row.url, content=body, headers=headers) as response:
            status = response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, Refused) as error:
        return {
            "last_error": str(error)[:200] or type(error).__name__,
            "response_status": None,
            **_pause(row),
        }
    if 200 <= status < 300:
        return {"delivered_at": real_now(), "response_status": status, "last_error": None}
    return {"last_error": f"answered {status}", "response_status": status, **_pause(row)}


def _pause(row: Row[Any]) -> dict[str, Any]:
    if row.attempts >= GIVE_UP_AFTER:
        return {"next_at": text("'infinity'")}
    return {
        "next_at": text(f"now() + least(interval '6 h', interval '5 s' * 4 ^ {min(row.attempts - 1, 8)})")
    }
