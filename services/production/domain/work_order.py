"""A work order: what one facility makes of one order line. Quantities decide, states are derived."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from services.production.domain.capacity import Capacity
from services.production.domain.clearance import LANE, must_be_cleared
from services.production.domain.remarks import said
from services.production.domain.report import (
    NO_DEVICE,
    Kind,
    Origin,
    Report,
    Workshop,
    is_implausible,
    is_same_hour,
    standing,
)
from shared.events.orders import Lane
from shared.events.production import (
    LotReleased,
    PiecesCorrected,
    PiecesReported,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderOffered,
    WorkOrderPaused,
    WorkOrderReduced,
    WorkOrderShortClosed,
    WorkOrderStarted,
    WorkOrderWithdrawn,
)
from shared.refusal import Refused

UNDER_WAY = ("in_progress", "awaiting_qc", "rework")
STATES = ("offered", "declined", "cancelled", "accepted", *UNDER_WAY, "paused", "completed", "short_closed")
DECLINE_CODES: Final = (
    "workshop_full", "no_material", "too_few_workers", "no_tools_or_room", "too_early", "other"
)  # fmt: skip
"""Why a facility says no, to be counted; the words beside it say more."""


@dataclass(eq=False, kw_only=True)
class WorkOrder:
    """``made`` counts every piece once; each is awaiting inspection, good, in rework, or scrap.

    ``quantity`` is without the ``taken_back`` pieces, but for an order that was withdrawn as a whole. It grows
    by the ``extra`` pieces that were made beyond what was asked for, within the agreement's tolerance.

    A scrapped piece is made again, so ``made`` may exceed ``quantity`` by ``scrap``. What an order that was
    closed short lacks, ``short_closed``, is not in its ``quantity`` any more.
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
    declined_code: str | None = None
    withdrawn_on: date | None = None
    taken_back: int = 0
    started_on: date | None = None
    paused_reason: str | None = None
    paused_at: datetime | None = None
    made: int = 0
    good: int = 0
    rework: int = 0
    scrap: int = 0
    short_closed: int = 0
    short_closed_reason: str | None = None
    extra: int = 0
    reports: list[Report] = field(default_factory=list)

    @property
    def awaiting(self) -> int:
        """Pieces made or mended and not inspected yet."""
        return self.made - self.good - self.rework - self.scrap

    @property
    def remaining(self) -> int:
        """Pieces still to be made, those that replace scrap included."""
        return self.quantity - self.made + self.scrap

    @property
    def asked(self) -> int:
        """What the facility was asked for; what it made beyond that may be less tomorrow."""
        return self.quantity - self.extra

    def room(self, tolerance_pct: int) -> int:
        """The most that may still be reported as made: what remains, and what the agreement allows beyond it."""
        allowed = self.asked + self.asked * tolerance_pct // 100
        return max(self.remaining, allowed - self.made + self.scrap)

    @property
    def live(self) -> bool:
        """Whether its quantity counts as allocated."""
        return self.declined_reason is None and self.withdrawn_on is None

    @property
    def can_be_taken_back(self) -> bool:
        """Whether work on it has not begun, so that nobody's work is lost."""
        return self.live and self.started_on is None and not self.short_closed

    @property
    def state(self) -> str:
        if not self.live:
            return "declined" if self.declined_reason is not None else "cancelled"
        if self.accepted_on is None:
            return "offered"
        if self.short_closed:
            return "short_closed"
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

    def accept(
        self, *, on: date, cleared_until: date | None, by: date | None = None, reason: str | None = None
    ) -> list[object]:
        """Say yes, as long as orders lets it be made; ``by`` a day of one's own, and why if it is a later one."""
        self._must_be("offered")
        must_be_cleared(cleared_until, today=on)
        by = by or self.due
        if by < on and by != self.due:
            raise Refused("Give a day from {first} on.", field="by", first=on)
        if by > self.due and not reason:
            raise Refused(
                "{by} is later than {due}: say why, or give an earlier day.",
                field="reason",
                by=by,
                due=self.due,
            )
        why = said(reason) if reason else None
        self.accepted_on, self.due = on, by
        return [WorkOrderAccepted(**self._about, quantity=self.quantity, due=by, reason=why)]

    def decline(self, *, reason: str, code: str | None = None) -> list[object]:
        """Say no, with a reason; possible until it was accepted."""
        self._must_be("offered")
        self.declined_reason, self.declined_code = said(reason), code
        return [
            WorkOrderDeclined(**self._about, quantity=self.quantity, reason=self.declined_reason, code=code)
        ]

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
            self.paused_reason = self.paused_at = None
            return []
        must_be_cleared(cleared_until, today=on)
        self.started_on = on
        return [WorkOrderStarted(**self._about, quantity=self.quantity)]

    def pause(self, *, reason: str, at: datetime) -> list[object]:
        self._must_be(*UNDER_WAY)
        self.paused_reason, self.paused_at = said(reason), at
        return [WorkOrderPaused(**self._about, reason=self.paused_reason)]

    def report(
        self,
        pieces: int,
        *,
        kind: Kind,
        worked_on: date | None,
        today: date,
        origin: Origin = NO_DEVICE,
        workshop: Workshop | None = None,
        tolerance_pct: int = 0,
    ) -> list[object]:
        """Pieces made, or mended, on one working day. No more than remain and are tolerated, or than are in rework.

        What a device tells of the time before a pause counts though work stands still by now.
        What a device sent before is not counted again; what the ``workshop`` has no
        labour for is flagged, and so is what two devices tell of the same hour. Without a day the device's time says it.
        """
        if self._has(pieces, kind, worked_on, origin):
            return []
        worked_on = worked_on or origin.day
        if worked_on is None:
            raise Refused("Give a day, or the device's time.", field="worked_on")
        entry = Report(
            pieces=pieces,
            kind=kind,
            worked_on=worked_on,
            client_id=origin.client_id,
            device_at=origin.device_at,
            device=origin.device,
            worked_at=origin.at,
            clock_wrong=origin.clock_wrong,
        )
        if not self._was_told_before_the_pause(origin):
            self._must_be(*UNDER_WAY)
        if pieces < 1:
            raise Refused("Give a number of pieces from 1.", field="pieces")
        self._must_fit(pieces, pieces, kind, tolerance_pct)
        if worked_on > today or (self.started_on and worked_on < self.started_on):
            raise Refused(
                "Give a day from {first} to {last}.", field="worked_on", first=self.started_on, last=today
            )
        entry.same_hour = is_same_hour(self.reports, entry)
        self._count(entry)
        entry.flagged = is_implausible(self.reports, entry, workshop)
        return [PiecesReported(**self._about, pieces=pieces, worked_on=worked_on, kind=kind)]

    def _was_told_before_the_pause(self, origin: Origin) -> bool:
        """Whether the device's time, if it can be right, is from when work had not been paused yet."""
        told = origin.device_at is not None and not origin.clock_wrong
        return bool(
            told and self.state == "paused" and self.paused_at and origin.at and origin.at < self.paused_at
        )

    def correct(
        self,
        report: int,
        *,
        pieces: int,
        reason: str,
        workshop: Workshop | None = None,
        tolerance_pct: int = 0,
    ) -> list[object]:
        """A report should have said so many pieces; what was inspected already can't be taken back.

        Where only pieces beyond what was asked for were still to be inspected, the order is complete without them.
        """
        self._must_be(*UNDER_WAY, "paused")
        entry = self.reported(report)
        before = standing(self.reports, entry)
        more = pieces - before
        if not more:
            raise Refused("The report says {pieces} already.", field="pieces", pieces=pieces)
        self._must_fit(more, pieces, entry.kind, tolerance_pct)
        if -more > self.awaiting or pieces < 0:
            least = max(0, before - self.awaiting)
            raise Refused("Give {least} or more: the others are inspected.", field="pieces", least=least)
        correction = Report(
            pieces=more, kind=entry.kind, worked_on=entry.worked_on, corrects=entry.id, reason=said(reason)
        )
        self._count(correction)
        correction.flagged = more > 0 and is_implausible(self.reports, correction, workshop)
        corrected = PiecesCorrected(
            **self._about,
            pieces=more,
            worked_on=entry.worked_on,
            kind=entry.kind,
            reason=correction.reason or "",
        )
        return [corrected, *self._completed()]

    def reported(self, report: int) -> Report:
        """An entry that may be corrected: no correction itself."""
        entry = next((each for each in self.reports if each.id == report and each.corrects is None), None)
        if entry is None:
            raise Refused("Give a report of this work order that is no correction itself.", field="report")
        return entry

    def _has(self, pieces: int, kind: Kind, worked_on: date | None, origin: Origin) -> bool:
        """Whether the device sent this one before."""
        before = next(
            (each for each in self.reports if origin.client_id and each.client_id == origin.client_id), None
        )
        if before is None:
            return False
        if (before.pieces, before.kind, before.worked_on) != (pieces, kind, worked_on or before.worked_on):
            raise Refused(
                "This report was sent before with other numbers: correct that one.", field="client_id"
            )
        return True

    def _must_fit(self, more: int, pieces: int, kind: Kind, tolerance_pct: int) -> None:
        """No more than remain and are tolerated, or than are to be mended, may be added; ``pieces`` was entered."""
        most = pieces - more + (self.room(tolerance_pct) if kind == "made" else self.rework)
        if pieces > most and kind == "made" and tolerance_pct:
            raise Refused(
                "{pieces} is more than the {most} that the agreement (PKS) still allows.",
                field="pieces",
                pieces=pieces,
                most=most,
            )
        if pieces > most and kind == "made":
            raise Refused(
                "{pieces} is more than the {most} that remain.", field="pieces", pieces=pieces, most=most
            )
        if pieces > most:
            raise Refused(
                "{pieces} is more than the {most} to be mended.", field="pieces", pieces=pieces, most=most
            )

    def _count(self, entry: Report) -> None:
        if entry.kind == "made":
            self.made += entry.pieces
        else:
            self.rework -= entry.pieces
        self.reports.append(entry)
        self._settle()

    def _settle(self) -> None:
        """Take what was made beyond what was asked for into the quantity; scrap and corrections use it up first."""
        asked = self.asked
        self.extra = max(0, self.made - self.scrap - asked)
        self.quantity = asked + self.extra

    def short_close(self, *, reason: str) -> list[object]:
        """What is not made yet will not be made here; what was made is inspected and mended first.

        An order that was accepted and never begun ends so, too, with nothing made.
        """
        self._must_be("accepted", *UNDER_WAY, "paused")
        if self.awaiting or self.rework:
            raise Refused(
                "Inspect and mend first what was made: {pieces} pieces.", pieces=self.awaiting + self.rework
            )
        self.short_closed_reason = said(reason)
        self.short_closed, self.quantity = self.remaining, self.good
        return [
            WorkOrderShortClosed(
                **self._about,
                quantity=self.short_closed,
                left=self.quantity,
                reason=self.short_closed_reason,
                begun=self.started_on is not None,
            )
        ]

    def must_be_under_way(self) -> None:
        """Nothing is reported or inspected before work began, while it stands still, or when it is done."""
        self._must_be(*UNDER_WAY)

    def inspect(self, *, passed: int, rework: int, scrap: int, lot: str, lane: Lane = LANE) -> list[object]:
        """Inspect pieces that await it. What passed is released as a lot; the last good piece completes the order.

        All of a work order is done in one place, which became no freer since it was offered: the lot has its lane.
        """
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
        self._settle()
        return self._inspected(passed, rework, scrap, lot, lane)

    def correct_inspection(
        self,
        *,
        rework: int,
        scrap: int,
        rework_seen: int,
        scrap_seen: int,
        reason: str,
        tolerance_pct: int = 0,
    ) -> list[object]:
        """So many of the pieces that were set aside are to be mended or are scrap; the others await inspection again.

        What was set aside is what was seen when that was decided: pieces mended or inspected since are not undone.
        Good pieces left as a lot at once, and may be in cartons: they are not set aside here any more.
        """
        self._must_be(*UNDER_WAY, "paused")
        self._must_have_aside(rework_seen, scrap_seen)
        for name, count in (("rework", rework), ("scrap", scrap)):
            if count < 0:
                raise Refused("Give a number of pieces from 0.", field=name)
        if (rework, scrap) == (self.rework, self.scrap):
            raise Refused("That is what was found already.", field="rework")
        aside, why = self.rework + self.scrap, said(reason)
        if rework + scrap > aside:
            raise Refused(
                "{pieces} is more than the {most} that were set aside. What awaits is inspected; good pieces left as lots and may be packed: tell the hub, which quarantines their cartons.",
                field="rework",
                pieces=rework + scrap,
                most=aside,
            )
        least = self.made - self.asked - self.asked * tolerance_pct // 100
        if scrap < self.scrap and scrap < least:
            raise Refused(
                "Give {least} or more: the other scrap is made again already.", field="scrap", least=least
            )
        corrected = WorkOrderInspected(
            **self._about, passed=0, rework=rework - self.rework, scrap=scrap - self.scrap, reason=why
        )
        self.rework, self.scrap = rework, scrap
        self._settle()
        return [corrected, *self._completed()]

    def _must_have_aside(self, rework: int, scrap: int) -> None:
        """Refuse what was decided on other numbers than there are now."""
        for name, seen, now in (("rework_seen", rework, self.rework), ("scrap_seen", scrap, self.scrap)):
            if seen != now:
                raise Refused(
                    "It is {rework} to mend and {scrap} scrap now: look again.",
                    field=name,
                    rework=self.rework,
                    scrap=self.scrap,
                )

    def _inspected(self, passed: int, rework: int, scrap: int, lot: str, lane: Lane = LANE) -> list[object]:
        events: list[object] = [WorkOrderInspected(**self._about, passed=passed, rework=rework, scrap=scrap)]
        if passed:
            extra = min(passed, max(0, self.good - self.asked))
            events.append(
                LotReleased(**self._about, lot=lot, sku=self.sku, quantity=passed, lane=lane, extra=extra)
            )
        return [*events, *self._completed()]

    def _completed(self) -> list[object]:
        return [WorkOrderCompleted(**self._about, good=self.good)] if self.good == self.quantity else []

    def postpone(self, capacity: Capacity, labour_minutes: int) -> bool:
        """Move the due day to the first on which the facility, with all its hours, can have made what remains."""
        if not self.remaining or not capacity.minutes_a_day:
            return False
        alone = replace(capacity, committed_minutes=0)
        earliest = alone.finish_of(self.remaining, labour_minutes)
        return earliest is not None and self.put_off(earliest)

    def put_off(self, by: date) -> bool:
        """Move the due day, if the other one is later."""
        later, self.due = by > self.due, max(self.due, by)
        return later

    def _must_be(self, *states: str) -> None:
        if self.state not in states:
            raise Refused(
                "This is not possible now: {number} is {state}.", number=self.number, state=self.state
            )


def short_code(facility: str) -> str:
    """How a facility is called in numbers: ``SRG`` of ``LPS-SRG``; of others the whole, ``RTNPKL`` of ``RTN-PKL``.

    A Lapas and a Rutan may share the place in their codes, and their numbers must not meet.
    """
    kind, _, place = facility.partition("-")
    return place if kind == "LPS" else kind + place
