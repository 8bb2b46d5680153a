"""Messages that have no place of their own, kept for an operator to look at."""

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

PARK = text("""
    INSERT INTO parked_message (reason, message) VALUES (:reason, CAST(:message AS jsonb))
    ON CONFLICT (md5(reason), md5(message::text)) WHERE dismissed_at IS NULL
        DO UPDATE SET times = parked_message.times + 1
    RETURNING times = 1""")
"""What comes again and again fills no table."""


def park(session: Session, reason: str, message: dict[str, Any]) -> bool:
    """Keep a message for an operator; false if it is there already, waiting to be looked at, and counted once more."""
    said = {"reason": reason, "message": json.dumps(message)}
    return bool(session.execute(PARK, said).scalar_one())
