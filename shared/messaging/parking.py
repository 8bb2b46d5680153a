"""Messages that have no place of their own, kept for an operator to look at."""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

PARK_ONCE = text("""
    INSERT INTO parked_message (reason, message) SELECT CAST(:reason AS text), CAST(:message AS jsonb)
    WHERE NOT EXISTS (
        SELECT 1 FROM parked_message
        WHERE reason = :reason AND message = CAST(:message AS jsonb) AND dismissed_at IS NULL)
    RETURNING id""")


def park_once(session: Session, reason: str, message: dict[str, Any]) -> bool:
    """Keep a message for an operator; false if it is there already, waiting to be looked at."""
    said = {"reason": reason, "message": json.dumps(message)}
    return session.execute(PARK_ONCE, said).one_or_none() is not None
