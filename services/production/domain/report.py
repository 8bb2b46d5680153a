"""The daily reports of a work order: entries that are never changed; a correction is one more entry."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

Kind = Literal["made", "reworked"]
IMPLAUSIBLE_PCT: Final = 150
"""More than so much of a day's work in one day is taken and flagged: somebody looks at it."""
A_CLOCK_MAY_BE_FAST_BY: Final = timedelta(minutes=5)
SAME_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What a device says of a report: its own id, by which a repetition is known, and its own time.

    ``at`` is the moment for which it counts, in the zone of the business day; ``device`` tells devices apart.
    """

    client_id: UUID | None = None
    device_at: datetime | None = None
    device: UUID | None = None
    at: datetime | None = None
    clock_wrong: bool = False

    @property
    def day(self) -> date | None:
        """The day on which a report without one is placed: only a device's time tells it."""
        return self.at.date() if self.at and self.device_at else None


NO_DEVICE: Final = Origin()


def placed(origin: Origin, *, now: datetime, received: datetime, began: date | None) -> Origin:
    """The moment for which it counts: the device's, unless its clock can't be right; then it is ours.

    ``now`` is business time in its zone, which may be ahead of the real time at which it was ``received``.
    """
    if origin.device_at is None:
        return replace(origin, at=now)
    at = now - (received - origin.device_at)
    wrong = at > now + A_CLOCK_MAY_BE_FAST_BY or (began is not None and at.date() < began)
    return replace(origin, at=now if wrong else min(at, now), clock_wrong=wrong)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What makes a family of goods: labour minutes of a full day with the ``workers`` of that day, and of one piece.

    ``elsewhere`` are those of what its other work orders tell of the same day.
    """

    workers: int
    minutes_a_day: int
    minutes_a_piece: int
    elsewhere: int = 0

    def has_labour_for(self, pieces: int) -> bool:
        """Whether so many may have been made in a day; of pieces that take days each worker may finish one."""
        if not self.minutes_a_day:
            return False
        longest = max(IMPLAUSIBLE_PCT * self.minutes_a_day, 100 * self.workers * self.minutes_a_piece)
        return 100 * (pieces * self.minutes_a_piece + self.elsewhere) <= longest


@dataclass(eq=False, kw_only=True)
class Report:
    """Pieces of one day; those of a correction are the difference to the entry that it ``corrects``.

    ``device_at`` is the device's clock, which may be wrong; ours is kept beside it, and ``worked_at`` is the
    one of the two that counts. Of the ``same_hour`` another device told too.
    """

    pieces: int
    kind: Kind
    worked_on: date
    id: int | None = None
    corrects: int | None = None
    reason: str | None = None
    client_id: UUID | None = None
    device_at: datetime | None = None
    device: UUID | None = None
    worked_at: datetime | None = None
    clock_wrong: bool = False
    same_hour: bool = False
    flagged: bool = False
    acknowledged_on: date | None = None


def standing(reports: Iterable[Report], entry: Report) -> int:
    """How many pieces an entry stands for after its corrections."""
    return entry.pieces + sum(each.pieces for each in reports if each.corrects == entry.id is not None)


def is_implausible(reports: Iterable[Report], entry: Report, workshop: Workshop | None) -> bool:
    """Whether more was made on the entry's day than the workshop has labour for."""
    same_day = (each for each in reports if (each.kind, each.worked_on) == (entry.kind, entry.worked_on))
    return workshop is not None and not workshop.has_labour_for(sum(each.pieces for each in same_day))


def is_same_hour(reports: Iterable[Report], entry: Report) -> bool:
    """Whether another device told of the same hour: the same pieces may have been counted twice."""
    if entry.worked_at is None:
        return False
    return any(
        each.corrects is None
        and (each.kind, each.worked_on) == (entry.kind, entry.worked_on)
        and each.device != entry.device
        and each.worked_at is not None
        and abs(each.worked_at - entry.worked_at) < SAME_HOUR
        for each in reports
    )
