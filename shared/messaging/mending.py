"""What a publisher does about events that a subscriber misses, or that only the subscriber knows."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.messaging.digest import LIST_TOLD, Bucket, Span, ids
from shared.messaging.parking import park

log = logging.getLogger(__name__)

SEND_AGAIN = text("""
    UPDATE outbox_delivery d SET state = 1, next_at = now(), acknowledged_at = NULL FROM outbox_event e
    WHERE d.subscriber = :peer AND d.event_pk = e.id AND d.state = 2 AND e.event_id = ANY(:ids)""")
KNOWN = text("SELECT event_id FROM outbox_event WHERE event_id = ANY(:ids)")


def compare(
    session: Session, peer: str, span: Span, differing: Sequence[Any]
) -> tuple[list[UUID], list[UUID]]:
    """Which events of the hours that differ the subscriber misses, and which only it knows."""
    missing: list[UUID] = []
    unknown: list[UUID] = []
    for hour, kind, listed in differing:
        here = set(ids(session, LIST_TOLD, peer, span, Bucket(hour, kind)))
        there = {UUID(id) for id in listed}
        missing += sorted(here - there)
        unknown += sorted(there - here)
    known = set(session.execute(KNOWN, {"ids": unknown}).scalars())
    return missing, [id for id in unknown if id not in known]  # what is on its way again is no conflict


def send_again(session: Session, peer: str, missing: Sequence[UUID]) -> None:
    if missing:
        log.warning("%s lacks %d events, sent again: %s", peer, len(missing), ", ".join(map(str, missing)))
        session.execute(SEND_AGAIN, {"peer": peer, "ids": list(missing)})


def raise_unknown(session: Session, peer: str, id: UUID) -> bool:
    """Park what only the subscriber knows, once: this database was restored, or the event was forged."""
    reason = f"{peer} has our event {id}, which this database does not know"
    parked = park(session, reason, {"id": str(id), "subscriber": peer})
    if parked:
        log.error("conflict: %s", reason)
    return parked
