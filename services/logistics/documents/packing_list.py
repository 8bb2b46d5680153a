"""The packing list: what is in which carton, so that it can be counted at every gate."""

from itertools import count

from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import Flowable

from services.logistics.documents import (
    CartonPaper,
    GoodsLine,
    ShipmentPaper,
    Told,
    need_agreement,
    untold,
)
from services.logistics.documents.layout import cubic_metres, heading, kilograms, makers
from shared.paper import HEADING, listing, paper_of, width_of, words

PAGE = landscape(A4)
WIDTH = width_of(PAGE)


def packing_list(paper: ShipmentPaper, told: Told = untold) -> bytes:
    need_agreement(paper)
    return paper_of(_story(paper, told), title=f"Packing list {paper.number}", page=PAGE)


def _story(paper: ShipmentPaper, told: Told) -> list[Flowable]:
    rows = count()  # each carton has one, and the total after them
    return [
        *heading(paper, "Packing list", WIDTH),
        words("Goods", style=HEADING),
        listing(_goods(paper), _shares(24, 8, 22, 54, 14, 16, 40), numeric=(1, 5), total=True),
        *makers(paper, WIDTH),
        words("Cartons", style=HEADING),
        listing(
            _cartons(paper),
            _shares(13, 30, 24, 22, 26, 34, 13, 18, 26, 14),
            numeric=(6, 7, 8, 9),
            total=True,
            drawn=lambda: told(min(next(rows), len(paper.cartons))),
        ),
        *_pallets(paper),
    ]


def _pallets(paper: ShipmentPaper) -> list[Flowable]:
    """What stands on which pallet; nothing if the cartons are loaded loose."""
    on: dict[str, list[CartonPaper]] = {}
    for carton in paper.cartons:
        if carton.pallet:
            on.setdefault(carton.pallet, []).append(carton)
    if not on:
        return []
    rows = [["Pallet", "Cartons by their number", "Cartons", "Pieces", "Gross kg"]]
    for pallet, cartons in sorted(on.items()):
        rows.append(
            [
                pallet,
                ", ".join(str(carton.number) for carton in cartons),
                f"{len(cartons):,}",
                f"{sum(carton.quantity for carton in cartons):,}",
                kilograms(sum(carton.gross_g for carton in cartons)),
            ]
        )
    return [words("Pallets", style=HEADING), listing(rows, _shares(32, 100, 14, 14, 18), numeric=(2, 3, 4))]


def _shares(*parts: float) -> list[float]:
    return [WIDTH * part / sum(parts) for part in parts]


def _goods(paper: ShipmentPaper) -> list[list[str]]:
    head = ["Purchase order", "Line", "SKU", "Description", "HS", "Pieces", "Made at"]
    return [head, *map(_goods_row, paper.lines), ["Total", "", "", "", "", f"{paper.quantity:,}", ""]]


def _goods_row(line: GoodsLine) -> list[str]:
    made_by = "\n".join(maker.name for maker in line.manufacturers)
    return [line.po, str(line.line), line.sku, line.description, line.hs6, f"{line.quantity:,}", made_by]


def _cartons(paper: ShipmentPaper) -> list[list[str]]:
    head = (
        "Carton",
        "SSCC",
        "Purchase order",
        "SKU",
        "Lot",
        "Made at",
        "Pieces",
        "Gross kg",
        "L x W x H mm",
        "m³",
    )
    return [list(head), *map(_carton_row, paper.cartons), _carton_totals(paper.cartons)]


def _carton_row(carton: CartonPaper) -> list[str]:
    return [
        f"{carton.number} of {carton.count}",
        carton.sscc,
        carton.po,
        carton.sku,
        carton.lot,
        carton.facility,
        f"{carton.quantity:,}",
        kilograms(carton.gross_g),
        f"{carton.length_mm} x {carton.width_mm} x {carton.height_mm}",
        cubic_metres(carton.volume_mm3),
    ]


def _carton_totals(cartons: tuple[CartonPaper, ...]) -> list[str]:
    return [
        "Total",
        f"{len(cartons):,} cartons",
        *[""] * 4,
        f"{sum(carton.quantity for carton in cartons):,}",
        kilograms(sum(carton.gross_g for carton in cartons)),
        "",
        cubic_metres(sum(carton.volume_mm3 for carton in cartons)),
    ]
