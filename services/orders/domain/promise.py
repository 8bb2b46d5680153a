"""What production promised for a line, one promise after the other: a newer one never replaces an older one."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(eq=False, kw_only=True)
class Promise:
    """A day by which the line is ready at the hub; none while ``short`` pieces have no facility.

    ``made_by`` is the role of whoever caused it, and ``because`` why production planned anew, if it said so.
    """

    promised_date: date | None
    short: int
    made_at: datetime
    source: str
    made_by: str
    because: str | None

    def says(self, other: "Promise") -> bool:
        """Whether it promises the same as the other."""
        return (self.promised_date, self.short) == (other.promised_date, other.short)
