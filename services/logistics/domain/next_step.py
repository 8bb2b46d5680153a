"""What must happen next with a shipment that has not left: the first of its open cut-offs and missing papers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from services.logistics.domain.cut_offs import CutOff, Due, plan_backwards
from services.logistics.domain.deadlines import Days, due_on

DEPARTURE: Final = "ETD"
OURS, CARRIERS = "logistics", "carrier"
"""Who owes a step: the staff at the desk, and the departure itself the carrier."""


class Lacking(NamedTuple):
    """A paper that is not there yet."""

    code: str
    name_en: str
    name_id: str
    owed_by: str
    needed_by: str | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """A cut-off or a paper on its last day, and who owes it."""

    code: str
    name_en: str
    name_id: str
    owed_by: str
    on: date
    is_paper: bool


def next_step(
    days: Days,
    cut_offs: Sequence[CutOff],
    *,
    reached: Collection[str],
    lacking: Iterable[Lacking],
    without: Collection[str] = (),
) -> Step | None:
    """The step that is due first, a paper before a cut-off of the same day; none without a booking."""
    if days.etd is None:
        return None
    papers = [(on, each) for each in lacking if (on := due_on(each.needed_by, days))]
    paper = min(papers, key=lambda due: due[0], default=None)
    planned = plan_backwards(cut_offs, days.etd, reached=reached, without=without)
    cut_off = next((due for due in planned if not due.met), None)
    if paper and paper[0] <= min(days.etd, cut_off.on if cut_off else days.etd):
        return _paper(paper[1], paper[0])
    return _cut_off(cut_off) if cut_off else _departure(days.etd)


def _paper(lacking: Lacking, on: date) -> Step:
    return Step(
        code=lacking.code,
        name_en=lacking.name_en,
        name_id=lacking.name_id,
        owed_by=lacking.owed_by,
        on=on,
        is_paper=True,
    )


def _cut_off(due: Due) -> Step:
    return Step(
        code=due.cut_off.code,
        name_en=due.cut_off.name_en,
        name_id=due.cut_off.name_id,
        owed_by=OURS,
        on=due.on,
        is_paper=False,
    )


def _departure(etd: date) -> Step:
    return Step(
        code=DEPARTURE,
        name_en="Departure",
        name_id="Keberangkatan",
        owed_by=CARRIERS,
        on=etd,
        is_paper=False,
    )
