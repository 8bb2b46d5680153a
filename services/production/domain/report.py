"""The daily reports of a work order: entries that are never changed; a correction is one more entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

Kind = Literal["made", "reworked"]
IMPLAUSIBLE: Final = 2
"""As many days' work in one day is taken and flagged: somebody looks at it."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a device says of a report: its own id, by which a repetition is known, and its own time."""

    client_id: UUID | None = None
    device_at: datetime | None = None


NO_DEVICE: Final = Origin()


@dataclass(eq=False, kw_only=True)
class Report:
    """Pieces of one day; those of a correction are the difference to the entry that it ``corrects``.

    ``device_at`` is the device's clock, which may be wrong; ours is kept beside it.
    """

    pieces: int
    kind: Kind
    worked_on: date
    id: int | None = None
    corrects: int | None = None
    reason: str | None = None
    client_id: UUID | None = None
    device_at: datetime | None = None
    flagged: bool = False
    acknowledged_on: date | None = None


def standing(reports: Iterable[Report], entry: Report) -> int:
    """How many pieces an entry stands for after its corrections."""
    return entry.pieces + sum(each.pieces for each in reports if each.corrects == entry.id is not None)


def is_implausible(reports: Iterable[Report], entry: Report, a_day: int | None) -> bool:
    """Whether the pieces of the entry's day are more than twice what the facility makes in one."""
    if a_day is None:
        return False
    same_day = (each for each in reports if (each.kind, each.worked_on) == (entry.kind, entry.worked_on))
    return sum(each.pieces for each in same_day) > IMPLAUSIBLE * a_day
