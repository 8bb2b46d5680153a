"""A warning: raised once, told to whom it concerns, acknowledged, and cleared when its cause is gone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.production.domain.lateness import INSIDE, Finding, Kind
from shared.events.production import (
    Grade,
    LatenessCleared,
    LatenessWarned,
    WarningOwner,
)
from shared.refusal import Refused

KINDS: Final = (
    "late",
    "silent",
    "low_yield",
    "agreement_ends",
    "material_lacking",
    "consent_lacking",
    "tools_locked",
)
GRADES: Final = ("amber", "red", "black")
"""From the mildest to the worst."""
OWNERS: Final = ("facility", "kanwil", "exporter")
"""Whose it is to do something, in the order in which they are told."""

QUIET = timedelta(hours=24)
"""Nobody is told the same again within a day."""
ESCALATES_AFTER: Final[dict[Grade, dict[WarningOwner, timedelta]]] = {
    "amber": {"kanwil": timedelta(days=3), "exporter": timedelta(days=7)},
    "red": {"kanwil": timedelta(days=1), "exporter": timedelta(days=2)},
    "black": {"kanwil": timedelta(0), "exporter": timedelta(0)},
}
"""Since it has its grade, or was acknowledged. Amber has slack to mend: half a week for the facility and a week
in all. Red gives each a working day before the promise is moved. After the day nothing can be waited for."""


class Told(NamedTuple):
    """When which grade was told last."""

    at: datetime
    grade: Grade


@dataclass(eq=False, kw_only=True)
class WorkWarning:
    """One thing that is wrong with a work order, or with a whole facility where it names none."""

    id: UUID
    facility: str
    kind: Kind
    grade: Grade
    first_seen: datetime
    grade_since: datetime
    work_order_id: UUID | None = None
    order_id: UUID | None = None
    line: int | None = None
    owner: WarningOwner = "facility"
    projected: date | None = None
    latest: date | None = None
    told_at: datetime | None = None
    told_grade: Grade | None = None
    told_owner: WarningOwner | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    cleared_at: datetime | None = None
    promise_moved_to: date | None = None

    @property
    def told(self) -> Told | None:
        return Told(self.told_at, self.told_grade) if self.told_at and self.told_grade else None

    @property
    def for_the_buyer(self) -> bool:
        """Whether orders hears of it: of lateness always, of what else is wrong only when nobody mended it."""
        return self.work_order_id is not None and (self.kind == "late" or self.told_owner == "exporter")

    def observe(self, finding: Finding, *, at: datetime, before: Told | None = None) -> list[object]:
        """It is so at this moment; ``before`` is when one like it was told that was cleared since."""
        if finding.grade != self.grade:
            if is_worse(finding.grade, self.grade):
                self.acknowledged_at = self.acknowledged_by = None
            self.grade, self.grade_since = finding.grade, at
        self.projected, self.latest = finding.projected, finding.latest
        self._escalate(at)
        return self._tell(at) if self._is_due(at, self.told or before) else []

    def acknowledge(self, *, by: str, at: datetime) -> None:
        """Somebody takes it up, which gives its owner the same time once more; the first one counts."""
        if self.cleared_at is not None:
            raise Refused("This warning is cleared already.")
        if self.acknowledged_at is None:
            self.acknowledged_at, self.acknowledged_by = at, by

    def clear(self, *, at: datetime) -> list[object]:
        """Its cause is gone. Who was told of it is told that too."""
        self.cleared_at = at
        if self.told_at is None or not self.for_the_buyer or self.kind == INSIDE:
            return []
        return [LatenessCleared(warning_id=self.id, kind=self.kind, **self._about)]

    def _escalate(self, at: datetime) -> None:
        if self.kind == INSIDE:
            return
        since = max(self.grade_since, self.acknowledged_at or self.grade_since)
        for owner, delay in ESCALATES_AFTER[self.grade].items():
            if owner == "exporter" and self.work_order_id is None:
                continue  # it is about nobody's order
            if at - since >= delay and OWNERS.index(owner) > OWNERS.index(self.owner):
                self.owner = owner

    def _is_due(self, at: datetime, last: Told | None) -> bool:
        """Anything new is told at once, something worse and a new owner too; something milder a day after the last."""
        if last is None or is_worse(self.grade, last.grade):
            return True
        if self.told_owner is not None and self.told_owner != self.owner:
            return True
        return (self.told_at is None or self.told_grade != self.grade) and at - last.at >= QUIET

    def _tell(self, at: datetime) -> list[object]:
        self.told_at, self.told_grade, self.told_owner = at, self.grade, self.owner
        if self.latest is None or not self.for_the_buyer or self.kind == INSIDE:
            return []
        return [
            LatenessWarned(
                warning_id=self.id,
                kind=self.kind,
                grade=self.grade,
                owner=self.owner,
                projected_finish=self.projected,
                **self._about,
                latest_finish=self.latest,
            )
        ]

    @property
    def _about(self) -> dict[str, Any]:
        return {
            "work_order_id": self.work_order_id,
            "order_id": self.order_id,
            "line": self.line,
            "facility": self.facility,
        }


def is_worse(one: Grade, other: Grade) -> bool:
    return GRADES.index(one) > GRADES.index(other)
