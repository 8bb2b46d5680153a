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

MOST_UNTRUSTED = 100
"""Messages of strangers that are kept at a time for an operator to look at."""
BEYOND = "more came than are kept: these are only counted"

IS_KEPT = text("""
    SELECT (SELECT count(*) FROM parked_message WHERE dismissed_at IS NULL) < :most OR EXISTS (
        SELECT FROM parked_message WHERE dismissed_at IS NULL
            AND md5(reason) = md5(:reason) AND md5(message::text) = md5(CAST(:message AS jsonb)::text))""")


def park_untrusted(session: Session, reason: str, message: dict[str, Any]) -> None:
    """Keep what may come from anybody; of a flood of different ones only so many, the others are counted in one row."""
    said = {"reason": reason, "message": json.dumps(message), "most": MOST_UNTRUSTED}
    if session.execute(IS_KEPT, said).scalar_one():
        park(session, reason, message)
    else:
        park(session, BEYOND, {"sender": "", "payload": ""})


def park(session: Session, reason: str, message: dict[str, Any]) -> bool:
    """Keep a message for an operator; false if it is there already, waiting to be looked at, and counted once more."""
    said = {"reason": reason, "message": json.dumps(message)}
    return bool(session.execute(PARK, said).scalar_one())
