"""The delivery note of one truck: what was handed over here must be counted there."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table, TableStyle

from services.logistics.documents import CartonPaper, PartyPaper, need_carton
from services.logistics.documents.layout import kilograms, makers_of, party
from shared.paper import FRAME, HEADING, SMALL, TITLE, listing, paper_of, width_of, words

WIDTH = width_of(A4)
SIDE_BY_SIDE = 3
"""Cartons in one row of the list."""


@dataclass(frozen=True, kw_only=True)
class DeliveryNote:
    """Cartons that go from one place to another on one truck, in a sealed container if it has one."""

    number: str
    made_on: date
    sender: PartyPaper
    receiver: PartyPaper
    cartons: tuple[CartonPaper, ...]
    manufacturers: tuple[PartyPaper, ...]
    container: str | None = None
    seal: str | None = None


def delivery_note(note: DeliveryNote) -> bytes:
    for carton in note.cartons:
        need_carton(carton)
    return paper_of(_story(note), title=f"Delivery note {note.number}", page=A4)


def _story(note: DeliveryNote) -> list[Flowable]:
    return [
        words("Delivery note", style=TITLE),
        _sides(party("From", note.sender), party("To", note.receiver)),
        Spacer(0, 3 * mm),
        _facts(note),
        words("Goods", style=HEADING),
        listing(
            _lots(note),
            [WIDTH * part / 186 for part in (30, 26, 28, 50, 17, 17, 18)],
            numeric=(4, 5, 6),
            total=True,
        ),
        *makers_of(note.manufacturers, WIDTH),
        words("Cartons", style=HEADING),
        listing(_cartons(note), [WIDTH * part / 186 for part in (44, 18) * SIDE_BY_SIDE], numeric=(1, 3, 5)),
        KeepTogether([words("Counted", style=HEADING), _signatures()]),
    ]


def _sides(left: list[Flowable], right: list[Flowable]) -> Table:
    sides = Table([[left, right]], colWidths=[WIDTH / 2] * 2)
    sides.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return sides


def _facts(note: DeliveryNote) -> Table:
    facts = (
        ("Note", note.number),
        ("Date", note.made_on.isoformat()),
        ("Container or truck", note.container or "none"),
        ("Seal", note.seal or "none"),
    )
    cells = [[words(name, style=SMALL), words(value)] for name, value in facts]
    table = Table(
        [[cell for pair in cells for cell in pair]], colWidths=[WIDTH * part for part in (0.08, 0.17) * 4]
    )
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return table


def _lots(note: DeliveryNote) -> list[list[str]]:
    head = ["Purchase order", "Lot", "SKU", "Description", "Cartons", "Pieces", "Gross kg"]
    by_lot = groupby(sorted(note.cartons, key=_lot), key=_lot)
    return [head, *(_lot_row(list(cartons)) for _, cartons in by_lot), _totals(note.cartons)]


def _lot(carton: CartonPaper) -> tuple[str, str, str]:
    return carton.po, carton.lot, carton.sku


def _lot_row(cartons: list[CartonPaper]) -> list[str]:
    first = cartons[0]
    return [first.po, first.lot, first.sku, first.description, *_sums(cartons)]


def _totals(cartons: tuple[CartonPaper, ...]) -> list[str]:
    return ["Total", "", "", "", *_sums(list(cartons))]


def _sums(cartons: list[CartonPaper]) -> list[str]:
    return [
        f"{len(cartons):,}",
        f"{sum(carton.quantity for carton in cartons):,}",
        kilograms(sum(carton.gross_g for carton in cartons)),
    ]


def _cartons(note: DeliveryNote) -> list[list[str]]:
    cells = [cell for carton in note.cartons for cell in (carton.sscc, f"{carton.quantity:,}")]
    across = 2 * SIDE_BY_SIDE
    rows = [cells[begin : begin + across] for begin in range(0, len(cells), across)]
    return [["SSCC", "Pieces"] * SIDE_BY_SIDE, *(row + [""] * (across - len(row)) for row in rows)]


def _signatures() -> Table:
    roles = ("Handed over", "Driver and truck", "Received")
    asked = ("Cartons counted:", "Seal unbroken:", "Name:", "Signature:", "Date and time:")
    rows = [[words(role, style=HEADING) for role in roles]]
    rows += [[words(line, style=SMALL) for _ in roles] for line in asked]
    table = Table(rows, colWidths=[WIDTH / 3] * 3, rowHeights=[None, *[8 * mm] * len(asked)])
    table.setStyle(
        TableStyle(
            [("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME, ("INNERGRID", (0, 0), (-1, -1), 0.25, "lightgrey")]
        )
    )
    return table
