"""A worker's statement: by code alone, to be handed over by an officer who knows whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from services.production.documents.layout import NOBODY, WIDTH, both, day, number
from services.production.domain.hours import hours
from shared.paper import TITLE, listing, paper_of, words

TITLE_WORDS = ("Rekening premi", "Premi statement")
KINDS = {
    "shared": "Bagian dari lot / Share of lot",
    "paid": "Dibayar / Paid",
    "settled": "Dilunasi / Settled",
    "reversed": "Dibatalkan / Reversed",
}


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What one code worked, earned, was paid and is owed; amounts in whole rupiah."""

    code: str
    facility: str
    day: date
    left_on: date | None
    entries: Sequence[dict[str, Any]]
    months: Sequence[dict[str, Any]]
    minimum_hourly: int | None
    minimum_source: str | None

    @property
    def owed(self) -> int:
        return int(self.entries[-1]["owed"]) if self.entries else 0


def statement(of: Statement) -> bytes:
    return paper_of(_story(of), title=TITLE_WORDS[0], page=A4)


def _story(of: Statement) -> list[Flowable]:
    return [
        *both(TITLE_WORDS),
        words(of.code, style=TITLE),
        words(f"{of.facility} · {day(of.day)}"),
        words(f"Belum dibayar / Owed: Rp {number(of.owed)}", style=TITLE),
        Spacer(0, 4 * mm),
        _months(of),
        *both(_beside(of)),
        Spacer(0, 4 * mm),
        _entries(of),
        *both(NOBODY),
    ]


def _beside(of: Statement) -> tuple[str, str]:
    if of.minimum_hourly is None:
        return "Upah minimum setempat tidak diketahui.", "The local minimum wage is not known."
    least = number(of.minimum_hourly)
    return (
        f"Upah minimum setempat per jam: Rp {least} ({of.minimum_source}).",
        f"Local minimum wage for an hour: Rp {least}.",
    )


def _months(of: Statement) -> Flowable:
    rows = [["Bulan / Month", "Jam / Hours", "Premi (Rp)", "Rp/jam / per hour"]]
    rows += [
        [
            f"{month['month']:%Y-%m}",
            number(hours(month["minutes"])),
            number(month["idr"]),
            "-" if month["hourly"] is None else number(month["hourly"]),
        ]
        for month in of.months
    ]
    return listing(rows, [WIDTH * 0.25] * 4, numeric=(1, 2, 3))


def _entries(of: Statement) -> Flowable:
    rows = [["Tanggal / Day", "", "Rp", "Sisa / Owed (Rp)"]]
    rows += [
        [
            day(entry["booked_on"]),
            " ".join(filter(None, (KINDS[entry["kind"]], entry["lot"], entry["reason"]))),
            number(entry["idr"]),
            number(entry["owed"]),
        ]
        for entry in of.entries
    ]
    return listing(rows, [WIDTH * 0.2, WIDTH * 0.4, WIDTH * 0.2, WIDTH * 0.2], numeric=(2, 3))
