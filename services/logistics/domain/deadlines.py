"""By when a paper must be there: counted from the days of the booking."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal

Urgency = Literal["overdue", "soon"]

ALARM: Final = timedelta(days=1)
"""How long before its last day a missing paper is called for: of the three days for a B/L number, on the second."""

NEEDED_BY: Final = re.compile(r"(ETD|CLOSING|ETA)([+-]\d+)?")


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days that a booking tells; none without one."""

    etd: date | None = None
    closing: date | None = None
    eta: date | None = None


def due_on(needed_by: str | None, days: Days) -> date | None:
    """The last day on which a paper that is needed by, for example, ``ETD-7`` is in time."""
    counted = _counted(needed_by or "")
    begin: date | None = getattr(days, counted[0]) if counted else None
    return begin + counted[1] if counted and begin else None


@lru_cache(maxsize=256)
def _counted(needed_by: str) -> tuple[str, timedelta] | None:
    """From which day, and how far: rules say it in few ways, and a desk asks hundreds of times."""
    found = NEEDED_BY.fullmatch(needed_by)
    return (found[1].lower(), timedelta(days=int(found[2] or 0))) if found else None


def urgency(due: date | None, today: date) -> Urgency | None:
    """How pressing it is that something is missing which is due on this day."""
    if due is None or today < due - ALARM:
        return None
    return "overdue" if today > due else "soon"
