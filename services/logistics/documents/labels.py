"""Carton labels, A6, one a page: barcodes after GS1 for scanners, and the same in words for people.

The lower barcode is the SSCC; the upper one says what is inside: article, count and lot. GS1 wants
bars of 0.495 mm; where article, count and lot do not fit so, the bars become narrower, and below
0.25 mm, which scanners no longer read reliably, the lot gets a barcode of its own.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO

import zxingcpp
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from services.logistics.documents import (
    CartonPaper,
    PalletPaper,
    ShipmentPaper,
    Told,
    need_agreement,
    need_carton,
    untold,
)
from services.logistics.documents.layout import kilograms
from services.logistics.domain.sscc import check, check_gtin, digital_link, is_demonstration
from shared.paper import printable

PAGE = (105 * mm, 148 * mm)
EDGE = 6 * mm
BARCODE_SPACE = 101 * mm
BAR = 0.495 * mm
NARROWEST_BAR = 0.25 * mm
QUIET_BARS = 10
SSCC_HEIGHT = 32 * mm
QR_SIZE = 30 * mm
QUIET_MODULES = 4
DARK = re.compile(rb"\0+")
CONTENT_HEIGHT = 26 * mm

BESIDE_QR = PAGE[0] - EDGE - QR_SIZE - 4 * mm

FNC1 = "\xf1"
"""reportlab's sign for function 1: at the start it says GS1-128, later it ends a field of open length."""

Field = tuple[str, str]
"""A GS1 application identifier and its value."""


def labels(paper: ShipmentPaper, told: Told = untold) -> bytes:
    need_agreement(paper)
    return carton_labels(paper.cartons, title=f"Carton labels {paper.number}", told=told)


PART = 250
"""Labels in one part: made in a second, and as many as a roll has."""


def parts_of(cartons: int) -> list[tuple[int, int]]:
    """The numbers of the first and the last carton of each part, where there is more than one."""
    if cartons <= PART:
        return []
    return [(first, min(first + PART - 1, cartons)) for first in range(1, cartons + 1, PART)]


def labels_in_part(paper: ShipmentPaper, part: int) -> bytes:
    """Some of the labels, numbered as among all."""
    need_agreement(paper)
    cartons = paper.cartons[PART * (part - 1) : PART * part]
    return carton_labels(cartons, title=f"Carton labels {paper.number}, part {part}")


def carton_labels(
    cartons: Iterable[CartonPaper], *, title: str = "Carton labels", told: Told = untold
) -> bytes:
    """Labels for any cartons, for example for one whose label was torn off."""
    into = BytesIO()
    canvas = Canvas(into, pagesize=PAGE, invariant=1)
    canvas.setTitle(printable(title))
    canvas.setAuthor("Kendi")
    for done, carton in enumerate(cartons, start=1):
        need_carton(carton)
        _draw_label(canvas, carton)
        canvas.showPage()
        told(done)
    canvas.save()
    return into.getvalue()


def symbols_of(carton: CartonPaper) -> tuple[tuple[Field, ...], ...]:
    """The fields of each barcode on the label, the SSCC's first."""
    sscc, article = ("00", check(carton.sscc)), ("02", check_gtin(carton.gtin))
    count, lot = ("37", str(carton.quantity)), ("10", carton.lot)
    if _bar_width((article, count, lot)) >= NARROWEST_BAR:
        return (sscc,), (article, count, lot)
    return (sscc,), (article, count), (lot,)


@lru_cache(maxsize=256)
def _bar_width(fields: tuple[Field, ...]) -> float:
    """How wide the narrowest bar may be, so that the symbol and its quiet zones fit on the label."""
    modules = Code128(_encoded(fields), barWidth=1, quiet=0).width
    return float(min(BAR, BARCODE_SPACE / (modules + 2 * QUIET_BARS)))


def _encoded(fields: tuple[Field, ...]) -> str:
    """The fields one after the other; a count has no fixed length, so FNC1 ends it when a field follows."""
    content = "".join(code + value + (FNC1 if code == "37" else "") for code, value in fields)
    return FNC1 + content.removesuffix(FNC1)


def _draw_label(canvas: Canvas, carton: CartonPaper) -> None:
    sscc, *contents = symbols_of(carton)
    _draw_symbol(canvas, sscc, bottom=9 * mm, height=SSCC_HEIGHT)
    height = (CONTENT_HEIGHT - 5 * mm * (len(contents) - 1)) / len(contents)
    for at, fields in enumerate(reversed(contents)):
        _draw_symbol(canvas, fields, bottom=49 * mm + at * (height + 5 * mm), height=height)
    _draw_words(canvas, carton)
    _draw_link(canvas, carton.sscc)
    if is_demonstration(carton.sscc):
        _draw_demo(canvas)


def pallet_label(pallet: PalletPaper) -> bytes:
    """The label of a pallet: its number, and what stands on it at the time of printing."""
    into = BytesIO()
    canvas = Canvas(into, pagesize=PAGE, invariant=1)
    canvas.setTitle(f"Pallet label {pallet.sscc}")
    canvas.setAuthor("Kendi")
    _draw_symbol(canvas, (("00", check(pallet.sscc)),), bottom=9 * mm, height=SSCC_HEIGHT)
    top = PAGE[1] - EDGE
    _write(canvas, "PALLET", at=top - 8 * mm, size=24, bold=True, room=62 * mm)
    _write(canvas, f"{pallet.cartons} cartons", at=top - 22 * mm, size=18, bold=True, room=60 * mm)
    _write(canvas, f"{pallet.pieces} pieces", at=top - 31 * mm, size=14, room=60 * mm)
    _write(
        canvas,
        f"Gross {kilograms(pallet.gross_g)} kg without the pallet",
        at=top - 38 * mm,
        size=9,
        room=60 * mm,
    )
    if pallet.makers:
        _write(canvas, "Made in Indonesia", at=top - 48 * mm, size=13, bold=True, room=BESIDE_QR)
        _write(canvas, f"at {', '.join(pallet.makers)}", at=top - 53 * mm, size=9, lines=2)
    _write(canvas, f"Pallet built at {pallet.hub}", at=top - 62 * mm, size=9)
    _draw_link(canvas, pallet.sscc)
    if is_demonstration(pallet.sscc):
        _draw_demo(canvas)
    canvas.showPage()
    canvas.save()
    return into.getvalue()


def _draw_link(canvas: Canvas, sscc: str) -> None:
    """The number once more for a phone: a QR code with a GS1 Digital Link, with the quiet zone that it needs."""
    rows = _modules(digital_link(sscc))
    canvas.saveState()
    canvas.translate(PAGE[0] - QR_SIZE - 3 * mm, PAGE[1] - 17 * mm - QR_SIZE)
    canvas.scale(*[QR_SIZE / (len(rows) + 2 * QUIET_MODULES)] * 2)
    bars = canvas.beginPath()
    for y, row in enumerate(reversed(rows), start=QUIET_MODULES):
        for bar in DARK.finditer(row):
            bars.rect(bar.start() + QUIET_MODULES, y, len(bar[0]), 1)
    canvas.drawPath(bars, stroke=0, fill=1)
    canvas.restoreState()


def _modules(text: str) -> list[bytes]:
    """The rows of a QR code from the top, a byte for each module: zero where it is dark."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = memoryview(made.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # it is a buffer
    return [bytes(row) for row in drawn.tolist()]


def _draw_symbol(canvas: Canvas, fields: tuple[Field, ...], *, bottom: float, height: float) -> None:
    symbol = Code128(_encoded(fields), barWidth=_bar_width(fields), barHeight=height, quiet=0)
    symbol.drawOn(canvas, (PAGE[0] - symbol.width) / 2, bottom)
    canvas.setFont("Helvetica", 8)
    canvas.drawCentredString(
        PAGE[0] / 2, bottom - 3.2 * mm, "".join(f"({code}){value}" for code, value in fields)
    )


def _draw_words(canvas: Canvas, carton: CartonPaper) -> None:
    top = PAGE[1] - EDGE
    _write(canvas, carton.sku, at=top - 6 * mm, size=20, bold=True, room=62 * mm)
    _write(canvas, carton.description, at=top - 11 * mm, size=8, lines=2, room=BESIDE_QR)
    _write(canvas, _count_of(carton), at=top - 22 * mm, size=14, bold=True, room=BESIDE_QR)
    _write(
        canvas,
        f"Carton {carton.number} of {carton.count}",
        at=top - 28 * mm,
        size=11,
        bold=True,
        room=BESIDE_QR,
    )
    _write(canvas, f"Purchase order {carton.po}", at=top - 33.5 * mm, size=11, room=BESIDE_QR)
    _write(canvas, f"Lot {carton.lot}", at=top - 38.5 * mm, size=11, room=BESIDE_QR)
    _write(canvas, "Made in Indonesia", at=top - 45.5 * mm, size=13, bold=True, room=BESIDE_QR)
    _write(canvas, f"at {carton.facility}", at=top - 50.5 * mm, size=9, lines=2)
    _write(canvas, _measures(carton), at=top - 60 * mm, size=8)


def _count_of(carton: CartonPaper) -> str:
    """The exact count; a carton that is not full says so, since whoever lifts it would miss pieces."""
    part = f" (part carton, full: {carton.full})" if carton.is_part else ""
    return f"Quantity {carton.quantity}{part}"


def _measures(carton: CartonPaper) -> str:
    size = f"{carton.length_mm} x {carton.width_mm} x {carton.height_mm} mm"
    return f"Gross {kilograms(carton.gross_g)} kg, {size}"


def _draw_demo(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 26)
    canvas.drawRightString(PAGE[0] - EDGE, PAGE[1] - EDGE - 7 * mm, "DEMO")


def _write(
    canvas: Canvas,
    text: str,
    *,
    at: float,
    size: float,
    bold: bool = False,
    lines: int = 1,
    room: float = PAGE[0] - 2 * EDGE,
) -> None:
    """Text that stays in its room: smaller where it is too long, then cut."""
    font = "Helvetica-Bold" if bold else "Helvetica"
    shown = printable(text)
    size = max(6.0, min(size, size * room * lines / max(stringWidth(shown, font, size), 1)))
    canvas.setFont(font, size)
    for number, line in enumerate(simpleSplit(shown, font, size, room)[:lines]):
        canvas.drawString(EDGE, at - number * size * 1.15, line)
