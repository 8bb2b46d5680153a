"""A report that was wrong is corrected by another one: nothing that was said is edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.logistics.domain import declaring
from services.logistics.domain.milestones import (
    DID_NOT_OCCUR,
    ENDS,
    GATE_IN,
    INCORRECT_DATA,
    PEB_SUBMITTED,
    STUFFED_SEALED,
    VESSEL_DEPARTED,
    WIB,
    Correction,
    Graph,
    Reached,
    Reason,
    need_in_order,
    up_to,
)
from services.logistics.domain.order import Standing
from services.logistics.domain.reporting import lines_about
from services.logistics.domain.shipment import Shipment
from shared.events.logistics import MilestoneCorrected
from shared.refusal import Refused

WITH_CONSEQUENCES = (STUFFED_SEALED, VESSEL_DEPARTED, *ENDS)
"""What others have counted by: its time and place may be corrected, but it can't be made undone by a word."""


@dataclass(frozen=True, kw_only=True)
class Right:
    """Where and when it happened really."""

    place: str
    occurred_at: datetime


def correct(
    shipment: Shipment,
    wrong: Reached,
    right: Right | None,
    *,
    because: str,
    role: str,
    now: datetime,
    graph: Graph,
    goods: Sequence[Standing] = (),
) -> list[object]:
    """Declare a report wrong: it did not occur, or it was otherwise, as ``right`` says.

    What is right meets the rules of a first report. What was cleared to pass a gate on a day stays so for that day.
    """
    if wrong.correction:
        raise Refused(
            "This report was corrected before: “{because}”",
            field="corrects",
            because=wrong.correction.because,
        )
    if right is None and wrong.code in WITH_CONSEQUENCES:
        raise Refused(
            "{code} can't be taken back, since others have counted by it; correct its time or place, or report"
            " what became of the goods.",
            field="reason",
            code=wrong.code,
        )
    corrective = _corrective(shipment, wrong, right, now) if right else None
    stays = [each for each in shipment.reached if each is not wrong] + ([corrective] if corrective else [])
    need_in_order(stays, shipment.by.way(graph))
    if right:
        shipment.need_place(wrong.code, right.place)
        another_day = _day(right.occurred_at) != _day(wrong.occurred_at)
        shipment.need_day(wrong.code, right.occurred_at, goods if another_day else ())
    lines = lines_about(shipment, wrong, graph)
    if corrective:
        shipment.reports.append(corrective)
    reason: Reason = INCORRECT_DATA if corrective else DID_NOT_OCCUR
    wrong.correction = Correction(
        reason=reason, because=because, declared_at=now, role=role, corrective=corrective
    )
    return [
        MilestoneCorrected(
            shipment_id=shipment.id,
            milestone=wrong.code,
            place=wrong.place,
            occurred_at=wrong.occurred_at,
            reason=reason,
            right_place=right.place if right else None,
            right_at=right.occurred_at if right else None,
            lines=lines,
        )
    ]


def cancel_declaration(
    shipment: Shipment, *, reason: str, role: str, now: datetime, today: date, graph: Graph
) -> list[object]:
    """Cancel the PEB in force, and take back the reports that rest on it, so that all of them are to come again.

    Of goods that entered the customs area with it and left that again the reports stand: no more is to come.
    """
    declaring.cancel(shipment, reason, today=today)
    if GATE_IN in shipment.codes:
        return []
    resting = [
        each
        for code in reversed(list(graph))
        if PEB_SUBMITTED in up_to(code, graph)
        for each in shipment.reached
        if each.code == code
    ]
    return [
        told
        for each in resting
        for told in correct(shipment, each, None, because=reason, role=role, now=now, graph=graph)
    ]


def _day(moment: datetime) -> date:
    return moment.astimezone(WIB).date()


def _corrective(shipment: Shipment, wrong: Reached, right: Right, now: datetime) -> Reached:
    if right.occurred_at > now:
        raise Refused("Give a time that is past, not one to come.", field="occurred_at")
    if any(each.says(wrong.code, right.place, right.occurred_at) for each in shipment.reports):
        raise Refused("{code} was reported so before.", field="occurred_at", code=wrong.code)
    return Reached(
        code=wrong.code,
        place=right.place,
        occurred_at=right.occurred_at,
        recorded_at=now,
        ssccs=list(wrong.ssccs),
    )
