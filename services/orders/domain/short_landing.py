"""Cartons that were not there when the others were discharged: which reports of it hold, and what turned up since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

SHORT_LANDED, LANDED_IN_FULL = "SHORT_LANDED", "LANDED_IN_FULL"


@dataclass(frozen=True, kw_only=True)
class Report:
    """That cartons of a shipment were missing somewhere, or that all that were missing are there."""

    shipment_id: UUID
    milestone: str
    place: str
    occurred_at: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report with the cartons that it names; ``right`` is none where none was corrected, or the one did not occur."""

    report: Report
    ssccs: frozenset[str] = frozenset()
    corrects: bool = False
    right: Report | None = None


def said(data: Mapping[str, Any], *, corrects: bool) -> Told:
    """What an event about such a milestone tells."""
    report = Report(
        shipment_id=UUID(data["shipment_id"]),
        milestone=data["milestone"],
        place=data["place"],
        occurred_at=datetime.fromisoformat(data["occurred_at"]),
    )
    if not corrects:
        return Told(report=report, ssccs=frozenset(each["sscc"] for each in data.get("short", ())))
    if data["right_at"] is None:
        return Told(report=report, corrects=True)
    there = {"place": data["right_place"], "occurred_at": datetime.fromisoformat(data["right_at"])}
    return Told(report=report, corrects=True, right=replace(report, **there))


def short_landings(told: Iterable[Told]) -> dict[str, dict[str, Any]]:
    """Of each carton the newest report that holds of its not being there, and whether it turned up since.

    What was told is in the order in which it was; which report is the newest, the times in them say.
    """
    holding: dict[Report, frozenset[str]] = {}
    for each in told:
        if not each.corrects:
            holding[each.report] = each.ssccs
        elif (ssccs := holding.pop(each.report, None)) is not None and each.right:
            holding[each.right] = ssccs
    by_time = sorted(holding, key=lambda report: report.occurred_at)
    in_full = {each.shipment_id: each.occurred_at for each in by_time if each.milestone == LANDED_IN_FULL}
    return {
        sscc: {
            "shipment_id": report.shipment_id,
            "place": report.place,
            "occurred_at": report.occurred_at,
            "found": report.shipment_id in in_full and in_full[report.shipment_id] >= report.occurred_at,
        }
        for report in by_time
        if report.milestone == SHORT_LANDED
        for sscc in holding[report]
    }
