"""A work order: what one facility makes of one order line. Quantities decide, states are derived."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from services.production.domain.capacity import Capacity
from services.production.domain.clearance import LANE, must_be_cleared
from shared.events.production import (
    LotReleased,
    PiecesReported,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderOffered,
    WorkOrderPaused,
    WorkOrderReduced,
    WorkOrderStarted,
    WorkOrderWithdrawn,
)
from shared.refusal import Refused
from shared.text import is_plain

Kind = Literal["made", "reworked"]
UNDER_WAY = ("in_progress", "awaiting_qc", "rework")
STATES = ("offered", "declined", "cancelled", "accepted", *UNDER_WAY, "paused", "completed")
IDENTITY_NUMBER = re.compile(r"\d(?:[ .-]?\d){15}")
"""Sixteen digits, as the national identity number has, however they are grouped."""


@dataclass(eq=False, kw_only=True)
class WorkOrder:
    """``made`` counts every piece once; each is awaiting inspection, good, in rework, or scrap.

    ``quantity`` is without the ``taken_back`` pieces, but for an order that was withdrawn as a whole.

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
    withdrawn_on: date | None = None
    taken_back: int = 0
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
        return self.declined_reason is None and self.withdrawn_on is None

    @property
    def can_be_taken_back(self) -> bool:
        """Whether work on it has not begun, so that nobody's work is lost."""
        return self.live and self.started_on is None

    @property
    def state(self) -> str:
        if not self.live:
            return "declined" if self.declined_reason is not None else "cancelled"
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
        return "awaiting_qc" if self.awaiting else "rework"

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

    def accept(self, *, on: date, cleared_until: date | None) -> list[object]:
        """Say yes, as long as orders lets it be made."""
        self._must_be("offered")
        must_be_cleared(cleared_until, today=on)
        self.accepted_on = on
        return [WorkOrderAccepted(**self._about, quantity=self.quantity)]

    def decline(self, *, reason: str) -> list[object]:
        """Say no, with a reason; possible until it was accepted."""
        self._must_be("offered")
        self.declined_reason = said(reason)
        return [WorkOrderDeclined(**self._about, quantity=self.quantity, reason=self.declined_reason)]

    def take_back(self, pieces: int, *, on: date) -> WorkOrderWithdrawn | WorkOrderReduced:
        """Pieces on which work has not begun are not to be made: all of them, or some."""
        if not self.can_be_taken_back or not 1 <= pieces <= self.quantity:
            raise Refused(
                "This is not possible now: {number} is {state}.", number=self.number, state=self.state
            )
        if pieces == self.quantity:
            self.withdrawn_on = on
            return WorkOrderWithdrawn(**self._about, quantity=pieces)
        self.quantity -= pieces
        self.taken_back += pieces
        return WorkOrderReduced(**self._about, quantity=pieces, left=self.quantity)

    def start(self, *, on: date, cleared_until: date | None) -> list[object]:
        """Begin, as long as orders lets it be made; or go on after a pause, which tells nobody."""
        self._must_be("accepted", "paused")
        if self.started_on is not None:
            self.paused_reason = None
            return []
        must_be_cleared(cleared_until, today=on)
        self.started_on = on
        return [WorkOrderStarted(**self._about, quantity=self.quantity)]

    def pause(self, *, reason: str) -> list[object]:
        self._must_be(*UNDER_WAY)
        self.paused_reason = said(reason)
        return [WorkOrderPaused(**self._about, reason=self.paused_reason)]

    def report(self, pieces: int, *, kind: Kind, worked_on: date, today: date) -> list[object]:
        """Pieces made, or mended, on one working day. No more than remain, or than are in rework."""
        self._must_be(*UNDER_WAY)
        most = self.remaining if kind == "made" else self.rework
        if pieces < 1:
            raise Refused("Give a number of pieces from 1.", field="pieces")
        if pieces > most and kind == "made":
            raise Refused(
                "{pieces} is more than the {most} that remain.", field="pieces", pieces=pieces, most=most
            )
        if pieces > most:
            raise Refused(
                "{pieces} is more than the {most} to be mended.", field="pieces", pieces=pieces, most=most
            )
        if worked_on > today or (self.started_on and worked_on < self.started_on):
            raise Refused(
                "Give a day from {first} to {last}.", field="worked_on", first=self.started_on, last=today
            )
        if kind == "made":
            self.made += pieces
        else:
            self.rework -= pieces
        self.reports.append(Report(pieces=pieces, kind=kind, worked_on=worked_on))
        return [PiecesReported(**self._about, pieces=pieces, worked_on=worked_on, kind=kind)]

    def inspect(self, *, passed: int, rework: int, scrap: int, lot: str) -> list[object]:
        """Inspect pieces that await it. What passed is released as a lot; the last good piece completes the order."""
        self._must_be(*UNDER_WAY)
        for name, count in (("passed", passed), ("rework", rework), ("scrap", scrap)):
            if count < 0:
                raise Refused("Give a number of pieces from 0.", field=name)
        inspected = passed + rework + scrap
        if inspected < 1:
            raise Refused("Give the pieces that were inspected: one or more.", field="passed")
        if inspected > self.awaiting:
            raise Refused(
                "{pieces} is more than the {most} that await inspection.",
                field="passed",
                pieces=inspected,
                most=self.awaiting,
            )
        self.good += passed
        self.rework += rework
        self.scrap += scrap
        return self._inspected(passed, rework, scrap, lot)

    def _inspected(self, passed: int, rework: int, scrap: int, lot: str) -> list[object]:
        events: list[object] = [WorkOrderInspected(**self._about, passed=passed, rework=rework, scrap=scrap)]
        if passed:
            events.append(LotReleased(**self._about, lot=lot, sku=self.sku, quantity=passed, lane=LANE))
        if self.good == self.quantity:
            events.append(WorkOrderCompleted(**self._about, good=self.good))
        return events

    def postpone(self, capacity: Capacity, labour_minutes: int, *, today: date) -> bool:
        """Move the due day to the first on which the facility, with all its hours, can have made what remains."""
        if not self.remaining or not capacity.minutes_a_day:
            return False
        alone = replace(capacity, committed_minutes=0)
        earliest = alone.finish_of(self.remaining, labour_minutes, today=today)
        later, self.due = earliest > self.due, max(self.due, earliest)
        return later

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise Refused(
                "This is not possible now: {number} is {state}.", number=self.number, state=self.state
            )


@dataclass(eq=False, kw_only=True)
class Report:
    """One entry of the daily reports; corrections are entries of their own."""

    pieces: int
    kind: Kind
    worked_on: date


def short_code(facility: str) -> str:
    """How a facility is called in numbers: ``SRG`` of ``LPS-SRG``; of others the whole, ``RTNPKL`` of ``RTN-PKL``.

    A Lapas and a Rutan may share the place in their codes, and their numbers must not meet.
    """
    kind, _, place = facility.partition("-")
    return place if kind == "LPS" else kind + place


def said(reason: str) -> str:
    """A reason in words. It is told to other services, so nobody's identity number may stand in it."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= 500:
        raise Refused("Give a reason of 3 to 500 characters.", field="reason")
    if not is_plain(reason):
        raise Refused("Give the reason in plain text.", field="reason")
    if IDENTITY_NUMBER.search(reason):
        raise Refused("Give the reason without anybody's identity number.", field="reason")
    return reason
