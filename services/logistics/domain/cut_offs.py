"""What must be done how long before a vessel leaves, planned backwards from its departure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True)
class CutOff:
    """It stands ``days`` before the one that comes after it; ``met_by`` is the milestone that shows it as done.

    ``hours`` are those before the departure itself, on its day.
    """

    code: str
    days: int
    hours: int | None = None
    name_en: str
    name_id: str
    met_by: str | None = None


class Due(NamedTuple):
    """A cut-off on its day; ``met`` once what it is for was done."""

    cut_off: CutOff
    on: date
    met: bool


FUMIGATION, FUMIGATED = "FUMIGATION", "FUM"


def nobody_waits_for(lacking: Collection[str]) -> tuple[str, ...]:
    """With the certificate of fumigation, or where none is needed, nobody waits for the fumigation."""
    return () if FUMIGATED in lacking else (FUMIGATION,)


def plan_backwards(
    cut_offs: Sequence[CutOff], etd: date, *, reached: Collection[str], without: Collection[str] = ()
) -> list[Due]:
    """The days of the cut-offs, the first to come first; those ``without`` are for no such goods, yet take their days.

    One that no milestone shows is behind every shipment: its cartons stand at the hub.
    """
    planned: list[Due] = []
    day = etd
    for each in cut_offs:
        day -= timedelta(days=each.days)
        if each.code not in without:
            planned.append(Due(cut_off=each, on=day, met=each.met_by is None or each.met_by in reached))
    return planned[::-1]
