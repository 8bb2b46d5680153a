"""Two clocks: business time, which a demonstration may move, and real time, which nobody may.

Promised dates, expiries and reports use business time. Leases, back-off, sessions, signatures
and idempotency use real time.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

WIB = ZoneInfo("Asia/Jakarta")
"""Western Indonesian Time: the day of a date in Central Java, UTC+7 all year."""
TIME_ZONES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
"""The zones of Indonesia, and what people there call them."""

NOW = "business now"
"""Where a session keeps the moment of its transaction."""


def real_now() -> datetime:
    return datetime.now(UTC)


def business_now(session: Session) -> datetime:
    """The moment of this transaction by the service's business clock, in UTC: the same each time it is asked."""
    if NOW not in session.info:
        moment = session.execute(text("SELECT clock_timestamp() + ahead FROM business_clock")).scalar_one()
        session.info[NOW] = moment.astimezone(UTC)
    now: datetime = session.info[NOW]
    return now


def business_today(session: Session) -> date:
    """The date in Central Java by the service's business clock."""
    return business_now(session).astimezone(WIB).date()


def advance(session: Session, by: timedelta) -> None:
    """Move the service's business clock forward; for a demonstration or a simulation only."""
    if by < timedelta(0):
        raise ValueError("the business clock only moves forward")
    session.execute(text("UPDATE business_clock SET ahead = ahead + :by"), {"by": by})
    session.info.pop(NOW, None)
