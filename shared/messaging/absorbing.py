"""What came again and had no effect is counted: many of it show that receipts or messages get lost."""

from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

COUNT = text("""
    INSERT INTO absorbed AS known (peer, what, times) VALUES (:peer, :what, :times)
    ON CONFLICT (peer, what) DO UPDATE SET times = known.times + EXCLUDED.times""")


def count_absorbed(session: Session, peer: str, what: Literal["event", "receipt"], times: int) -> None:
    """The last that a transaction does: until its end the row is locked."""
    if times:
        session.execute(COUNT, {"peer": peer, "what": what, "times": times})
