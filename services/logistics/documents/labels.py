"""Carton labels, A6, one a page: barcodes after GS1 for scanners, and the same in words for people.

The lower barcode is the SSCC; the upper one says what is inside: article, count and lot. GS1 wants
bars of 0.495 mm; where article, count and lot do not fit so, the bars become narrower, and below
0.25 mm, which scanners no longer read reliably, the lot gets a barcode of its own.
"""

from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from services.logistics.documents import CartonPaper, ShipmentPaper, need_agreement, need_carton
from services.logistics.documents.layout import kilograms
from services.logistics.domain.sscc import check, check_gtin, is_demonstration
from shared.paper import printable

PAGE = (105 * mm, 148 * mm)
EDGE = 6 * mm
BARCODE_SPACE = 101 * mm
BAR = 0.495 * mm
NARROWEST_BAR = 0.25 * mm
QUIET_BARS = 10
SSCC_HEIGHT = 32 * mm
CONTENT_HEIGHT = 26 * mm

FNC1 = "\xf1"
"""reportlab's sign for function 1: at the start it says GS1-128, later it ends a field of open length."""

Field = tuple[str, str]
"""A GS1 application identifier and its value."""


def labels(paper: ShipmentPaper) -> bytes:
    need_agreement(paper)
    return carton_labels(paper.cartons, title=f"Carton labels {paper.number}")


def carton_labels(cartons: Iterable[CartonPaper], *, title: str = "Carton labels") -> bytes:
    """Labels for any cartons, for example for one whose label was torn off."""
    into = BytesIO()
    canvas = Canvas(into, pagesize=PAGE, invariant=1)
    canvas.setTitle(printable(title))
    canvas.setAuthor("Kendi")
    for carton in cartons:
        need_carton(carton)
        _draw_label(canvas, carton)
        canvas.showPage()
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
    if is_demonstration(carton.sscc):
        _draw_demo(canvas)


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
    _write(canvas, carton.description, at=top - 11 * mm, size=8, lines=2)
    _write(canvas, f"Quantity {carton.quantity}", at=top - 22 * mm, size=14, bold=True, room=46 * mm)
    _write_right(canvas, f"Carton {carton.number} of {carton.count}", at=top - 22 * mm)
    _write(canvas, f"Purchase order {carton.po}", at=top - 29 * mm, size=11)
    _write(canvas, f"Lot {carton.lot}", at=top - 35 * mm, size=11)
    _write(canvas, "Made in Indonesia", at=top - 42 * mm, size=13, bold=True)
    _write(canvas, f"at {carton.facility}", at=top - 46.5 * mm, size=9, lines=2)
    _write(canvas, _measures(carton), at=top - 55 * mm, size=8)


def _measures(carton: CartonPaper) -> str:
    size = f"{carton.length_mm} x {carton.width_mm} x {carton.height_mm} mm"
    return f"Gross {kilograms(carton.gross_g)} kg, {size}"


def _draw_demo(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 26)
    canvas.drawRightString(PAGE[0] - EDGE, PAGE[1] - EDGE - 7 * mm, "DEMO")


def _write_right(canvas: Canvas, text: str, *, at: float) -> None:
    canvas.setFont("Helvetica-Bold", 11)
    canvas.drawRightString(PAGE[0] - EDGE, at, text)


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
