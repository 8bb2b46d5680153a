"""A work order: what one facility makes of one order line. Quantities decide, states are derived."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from uuid import UUID

from shared.events.production import (
    LotReleased,
    PiecesReported,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderOffered,
    WorkOrderPaused,
    WorkOrderStarted,
)
from shared.refusal import Refused

Kind = Literal["made", "reworked"]


@dataclass(eq=False, kw_only=True)
class WorkOrder:
    """``made`` counts every piece once; each is awaiting inspection, good, in rework, or scrap.

    A scrapped piece is made again, so ``made`` may exceed ``quantity`` by ``scrap``.
    """

    id: UUID
    number: str
    order_id: UUID
    line: int
    sku: str
    facility: str
    quantity: int
    due: date
    why: str
    offered_on: date
    accepted_on: date | None = None
    declined_reason: str | None = None
    started_on: date | None = None
    paused_reason: str | None = None
    made: int = 0
    good: int = 0
    rework: int = 0
    scrap: int = 0
    reports: list["Report"] = field(default_factory=list)

    @property
    def awaiting(self) -> int:
        """Pieces made or mended and not inspected yet."""
        return self.made - self.good - self.rework - self.scrap

    @property
    def remaining(self) -> int:
        """Pieces still to be made, those that replace scrap included."""
        return self.quantity - self.made + self.scrap

    @property
    def live(self) -> bool:
        """Whether its quantity counts as allocated."""
        return self.declined_reason is None

    @property
    def state(self) -> str:
        if not self.live:
            return "declined"
        if self.accepted_on is None:
            return "offered"
        if self.good == self.quantity:
            return "completed"
        if self.started_on is None:
            return "accepted"
        if self.paused_reason is not None:
            return "paused"
        if self.remaining:
            return "in_progress"
        return "awaiting_inspection" if self.awaiting else "rework"

    @property
    def _about(self) -> dict[str, Any]:
        """What every event about this work order says."""
        return {
            "work_order_id": self.id,
            "order_id": self.order_id,
            "line": self.line,
            "facility": self.facility,
        }

    def offer(self) -> WorkOrderOffered:
        return WorkOrderOffered(
            **self._about, number=self.number, sku=self.sku, quantity=self.quantity, due=self.due
        )

    def accept(self, *, on: date) -> list[object]:
        self._must_be("offered")
        self.accepted_on = on
        return [
            WorkOrderAccepted(
                **self._about,
                quantity=self.quantity,
            )
        ]

    def decline(self, *, reason: str) -> list[object]:
        """Say no, with a reason; possible until it was accepted."""
        self._must_be("offered")
        self.declined_reason = _said(reason)
        return [
            WorkOrderDeclined(
                **self._about,
                quantity=self.quantity,
                reason=self.declined_reason,
            )
        ]

    def start(self, *, on: date) -> list[object]:
        """Begin, or go on after a pause."""
        self._must_be("accepted", "paused")
        if self.started_on is not None:
            self.paused_reason = None
            return []
        self.started_on = on
        return [
            WorkOrderStarted(
                **self._about,
                quantity=self.quantity,
            )
        ]

    def pause(self, *, reason: str) -> list[object]:
        self._must_be("in_progress", "awaiting_inspection", "rework")
        self.paused_reason = _said(reason)
        return [
            WorkOrderPaused(
                **self._about,
                reason=self.paused_reason,
            )
        ]

    def report(self, pieces: int, *, kind: Kind, worked_on: date, today: date) -> list[object]:
        """Pieces made, or mended, on one working day. No more than remain, or than are in rework."""
        self._must_be("in_progress", "awaiting_inspection", "rework")
        most = self.remaining if kind == "made" else self.rework
        if not 1 <= pieces <= most:
            raise Refused(f"{pieces} is not possible: {most} remain.", field="pieces")
        if worked_on > today or (self.started_on and worked_on < self.started_on):
            raise Refused(f"Give a day from {self.started_on} to {today}.", field="worked_on")
        if kind == "made":
            self.made += pieces
        else:
            self.rework -= pieces
        self.reports.append(Report(pieces=pieces, kind=kind, worked_on=worked_on))
        return [
            PiecesReported(
                **self._about,
                pieces=pieces,
                worked_on=worked_on,
                kind=kind,
            )
        ]

    def inspect(self, *, passed: int, rework: int, scrap: int, lot: str) -> list[object]:
        """Inspect pieces that await it. What passed is released as a lot; the last good piece completes the order."""
        self._must_be("in_progress", "awaiting_inspection", "rework")
        for name, count in (("passed", passed), ("rework", rework), ("scrap", scrap)):
            if count < 0:
                raise Refused("Give a number of pieces from 0.", field=name)
        if not 1 <= passed + rework + scrap <= self.awaiting:
            raise Refused(
                f"{passed + rework + scrap} is not possible: {self.awaiting} await inspection.",
                field="passed",
            )
        self.good += passed
        self.rework += rework
        self.scrap += scrap
        return self._inspected(passed, rework, scrap, lot)

    def _inspected(self, passed: int, rework: int, scrap: int, lot: str) -> list[object]:
        events: list[object] = [WorkOrderInspected(**self._about, passed=passed, rework=rework, scrap=scrap)]
        if passed:
            events.append(
                LotReleased(**self._about, lot=lot, sku=self.sku, quantity=passed, lane="custodial")
            )
        if self.good == self.quantity:
            events.append(WorkOrderCompleted(**self._about, good=self.good))
        return events

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise Refused(f"{self.number} is {self.state}; this takes one that is {' or '.join(states)}.")


@dataclass(eq=False, kw_only=True)
class Report:
    """One entry of the daily reports; corrections are entries of their own."""

    pieces: int
    kind: Kind
    worked_on: date


def _said(reason: str) -> str:
    reason = reason.strip()
    if not 3 <= len(reason) <= 500:
        raise Refused("Give a reason of 3 to 500 characters.", field="reason")
    return reason
