"""A cooperation agreement (PKS) between a partner and a facility: whose work, for whom, in which days, at what tariff."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from services.production.domain.remarks import said
from shared.events.production import AgreementEndMoved
from shared.refusal import Refused

LANES = ("custodial", "parole_community", "free")
STATES = ("upcoming", "in_force", "over")
MOST_TOLERANCE_PCT = 3
"""More than this beyond what was asked for is agreed by nobody."""


@dataclass(eq=False, kw_only=True)
class Tariff:
    """What the partner pays the facility for a good piece, in rupiah."""

    sku: str
    idr: Decimal


@dataclass(eq=False, kw_only=True)
class Agreement:
    """In force from ``valid_from`` to its last day, both included; the state follows from the day.

    The partner takes up to ``tolerance_pct`` more good pieces of a work order than were asked for.
    """

    id: UUID
    number: str
    partner: str
    facility: str
    lanes: list[str]
    valid_from: date
    valid_to: date
    ended_on: date | None = None
    ended_reason: str | None = None
    version: int = 1
    tolerance_pct: int = 0
    tariffs: list[Tariff] = field(default_factory=list)

    @property
    def last_day(self) -> date:
        return self.valid_to if self.ended_on is None else self.ended_on

    def state_on(self, day: date) -> str:
        if day < self.valid_from:
            return "upcoming"
        return "in_force" if day <= self.last_day else "over"

    def amend(self, *, today: date, others: Iterable["Agreement"], **changes: Any) -> list[AgreementEndMoved]:
        """Change days, lanes, tariffs or the tolerance, as long as it is not over; its number, partner and facility stay."""
        self._must_not_be_over(today)
        before = self.last_day
        if changes.get("valid_to", today) < today:
            raise Refused(
                "An agreement can't be made to have ended before today; end it instead.", field="valid_to"
            )
        for name, value in changes.items():
            setattr(self, name, value)
        stand_alone(self, others)
        self.version += 1
        return [self._end_moved()] if self.last_day != before else []

    def end(self, *, on: date, reason: str, today: date) -> AgreementEndMoved:
        """End it before its time; ``on`` is its last day."""
        self._must_not_be_over(today)
        if not today <= on <= self.valid_to:
            raise Refused("Give a day from {first} to {last}.", field="on", first=today, last=self.valid_to)
        self.ended_on, self.ended_reason = on, said(reason)
        self.version += 1
        return self._end_moved()

    def _end_moved(self) -> AgreementEndMoved:
        return AgreementEndMoved(
            code=self.facility,
            agreement_id=self.id,
            number=self.number,
            partner=self.partner,
            last_day=self.last_day,
            reason=self.ended_reason,
        )

    def _must_not_be_over(self, today: date) -> None:
        if self.ended_on is not None or self.state_on(today) == "over":
            raise Refused("{number} has ended; make a new agreement.", number=self.number)


def stand_alone(agreement: Agreement, others: Iterable[Agreement]) -> None:
    """Refuse days in the wrong order, and days that another one of the same partner, facility and lane has."""
    if agreement.valid_to < agreement.valid_from:
        raise Refused("Give a last day on or after the first.", field="valid_to")
    for other in others:
        if other is not agreement and _overlap(agreement, other):
            raise Refused(
                "{number} covers the same partner, facility and lane until {last}.",
                field="valid_from",
                number=other.number,
                last=other.last_day,
            )


def _overlap(one: Agreement, other: Agreement) -> bool:
    same = (one.partner, one.facility) == (other.partner, other.facility)
    days = one.valid_from <= other.last_day and other.valid_from <= one.last_day
    return same and days and bool(set(one.lanes) & set(other.lanes))


def must_cover(agreements: Sequence[Agreement], day: date, *, today: date, field: str | None = None) -> None:
    """Refuse work that is to be done on a day which no agreement covers from today on."""
    until = covered_until(agreements, today=today)
    if until is not None and day <= until:
        return
    ended = until or max((each.last_day for each in agreements if each.last_day < today), default=None)
    if ended is None:
        raise Refused("No agreement (PKS) covers this work.", field=field)
    raise Refused(
        "The agreement (PKS) ends on {last}, and this work needs one on {day}: ask the regional office.",
        field=field,
        last=ended,
        day=day,
    )


class Days(Protocol):
    """Of an agreement, whether it is read whole or not."""

    @property
    def valid_from(self) -> date: ...

    @property
    def last_day(self) -> date: ...


def covered_until(agreements: Iterable[Days], *, today: date) -> date | None:
    """The last day up to which agreements that follow on each other are in force from today on."""
    until = None
    for agreement in sorted(agreements, key=lambda each: each.valid_from):
        due = today if until is None else until + timedelta(days=1)
        if agreement.valid_from <= due <= agreement.last_day:
            until = agreement.last_day
    return until
