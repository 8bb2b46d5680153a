"""When a shipment leaves and arrives, as it was estimated: each estimate stays, with who told it and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal, get_args

Reason = Literal["rolled", "carrier", "weather", "port", "customs", "missed_connection"]

BOOKED: Final = "booked"
ROLLED: Final = "rolled"
REASONS: tuple[Reason, ...] = get_args(Reason)
"""Why an estimate changes: the carrier put the goods on a later vessel, or what else delays or hastens them."""


@dataclass(eq=False, kw_only=True)
class Estimate:
    """What was expected from ``told_at`` on."""

    etd: date
    eta: date
    reason: str
    because: str | None
    told_at: datetime
    role: str
