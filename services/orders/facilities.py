"""What the facilities are called, by code."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders.storage import facility


def names(session: Session) -> dict[str, str]:
    """Those that production has told us of: some sixty."""
    return {row.code: row.name for row in session.execute(select(facility))}
