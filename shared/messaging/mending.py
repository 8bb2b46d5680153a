"""What a publisher does about events that a subscriber misses, or that only the subscriber knows."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.messaging.digest import LIST_TOLD, Bucket, Span, ids

log = logging.getLogger(__name__)

SEND_AGAIN = text("""
    UPDATE outbox_delivery d SET state = 1, next_at = now(), acknowledged_at = NULL FROM outbox_event e
    WHERE d.subscriber = :peer AND d.event_pk = e.id AND d.state = 2 AND e.event_id = ANY(:ids)""")
PARK = text("""
    INSERT INTO parked_message (reason, message)
    SELECT CAST(:reason AS text), jsonb_build_object('id', CAST(:id AS text), 'subscriber', CAST(:peer AS text))
    WHERE NOT EXISTS (SELECT 1 FROM parked_message WHERE reason = :reason) RETURNING id""")


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
    return missing, unknown


def send_again(session: Session, peer: str, missing: Sequence[UUID]) -> None:
    if missing:
        log.warning("%s lacks %d events, sent again: %s", peer, len(missing), ", ".join(map(str, missing)))
        session.execute(SEND_AGAIN, {"peer": peer, "ids": list(missing)})


def raise_unknown(session: Session, peer: str, id: UUID) -> bool:
    """Park what only the subscriber knows, once: this database was restored, or the event was forged."""
    reason = f"{peer} has our event {id}, which this database does not know"
    parked = session.execute(PARK, {"reason": reason, "id": str(id), "peer": peer}).one_or_none()
    if parked:
        log.error("conflict: %s", reason)
    return parked is not None
