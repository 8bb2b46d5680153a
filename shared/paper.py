"""How our papers look, whichever service makes them: A4 pages, plain words, tables, a foot that counts the pages.

Text from outside is never read as markup, so that a party's name can't load a picture or change
the paper. Nothing is fetched and no font is embedded: every reader has Helvetica.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import pycountry
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    LongTable,
    Paragraph,
    SimpleDocTemplate,
    TableStyle,
)

MARGIN = 12 * mm
FRAME_PADDING = 6
LONGEST_TEXT = 300
"""A heading must fit on its page; no honest name, address line or description is longer than this."""

PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=8, leading=9.6)
SMALL = ParagraphStyle("small", parent=PLAIN, fontSize=7, leading=8.4)
BOLD = ParagraphStyle("bold", parent=PLAIN, fontName="Helvetica-Bold")
RIGHT = ParagraphStyle("right", parent=PLAIN, alignment=TA_RIGHT)
RIGHT_BOLD = ParagraphStyle("right-bold", parent=BOLD, alignment=TA_RIGHT)
HEADING = ParagraphStyle("heading", parent=BOLD, fontSize=10, leading=13, spaceBefore=8, spaceAfter=3)
TITLE = ParagraphStyle("title", parent=BOLD, fontSize=16, leading=20, spaceAfter=4)

WITHOUT_PARTS = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ħ": "h", "Ħ": "H", "ŧ": "t"}
)
"""Letters that Unicode does not take apart into a plain letter and a mark."""


def printable(text: str) -> str:
    """The text in the letters Helvetica has: marks it lacks fall off (Łódź: Lódz), the rest shows as ``?``."""
    shown = "".join(map(_in_helvetica, unicodedata.normalize("NFC", text)))
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


@cache
def _in_helvetica(sign: str) -> str:
    if unicodedata.category(sign).startswith(("C", "Z")):
        return " "
    if _has_glyph(sign):
        return sign
    plain = unicodedata.normalize("NFKD", sign.translate(WITHOUT_PARTS))
    return "".join(filter(_has_glyph, plain)) or "?"


def _has_glyph(sign: str) -> bool:
    return bool(sign.encode("cp1252", "ignore"))


def words(*lines: str, style: ParagraphStyle = PLAIN) -> Paragraph:
    """Text of any origin as a paragraph, a line each; what looks like markup is shown, not obeyed."""
    return Paragraph("<br/>".join(escape(printable(line)) for line in lines), style)


def width_of(page: tuple[float, float]) -> float:
    """How much of a page's width its content has."""
    return page[0] - 2 * (MARGIN + FRAME_PADDING)


def country(code: str) -> str:
    known = pycountry.countries.get(alpha_2=code)
    return f"{known.name} ({code})" if known else code


def listing(
    rows: Iterable[Sequence[str]],
    widths: Sequence[float],
    *,
    numeric: Sequence[int] = (),
    total: bool = False,
    drawn: Callable[[], None] | None = None,
) -> LongTable:
    """A table whose first row comes again on every page; ``total`` sets the last row in bold.

    ``drawn`` is called before each row but the first. Cells that read the same share one paragraph: long lists
    repeat orders, lots and facilities.
    """
    cell = cache(words_of_cell)
    texts = [tuple(row) for row in rows]
    last = len(texts) - 1
    cells = [
        [cell(text, column in numeric, at == 0 or (total and at == last)) for column, text in enumerate(row)]
        for at, row in enumerate(texts)
    ]
    table = LongTable(
        cells,
        colWidths=list(widths),
        repeatRows=1,
        splitInRow=1,
        renderCB=drawn and partial(_at_row, drawn),  # type: ignore[arg-type]  # whatever can be called
    )
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME, *_RULES]))
    return table


def _at_row(drawn: Callable[[], None], _table: LongTable, step: str, *at: Any) -> None:
    """What a table calls at each step of its drawing, by the step's name and where it is."""
    if step == "startRow" and at[0]:
        drawn()


def words_of_cell(text: str, right: bool, bold: bool) -> Paragraph:
    style = {(False, False): PLAIN, (False, True): BOLD, (True, False): RIGHT, (True, True): RIGHT_BOLD}
    return words(*text.split("\n"), style=style[right, bold])


FRAME: list[Any] = [
    ("BOX", (0, 0), (-1, -1), 0.5, colors.grey),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
]
_RULES: list[Any] = [
    ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
]


def paper_of(story: list[Flowable], *, title: str, page: tuple[float, float]) -> bytes:
    """The finished PDF. It holds no time of making, so that the same story gives the same bytes."""
    into = BytesIO()
    foot = Foot(printable(title))
    SimpleDocTemplate(
        into,
        pagesize=page,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 6 * mm,
        title=printable(title),
        author="Kendi",
        invariant=1,
    ).build(story, onFirstPage=foot.write, onLaterPages=foot.write, canvasmaker=CountingCanvas)
    return into.getvalue()


class Foot:
    """The line under every page."""

    def __init__(self, title: str) -> None:
        self.title = title

    def write(self, canvas: Canvas, document: BaseDocTemplate) -> None:
        left = MARGIN + FRAME_PADDING
        right = document.pagesize[0] - left
        canvas.saveState()
        canvas.setFont("Helvetica", 7)
        canvas.drawString(left, MARGIN, f"{self.title} · Made in Indonesia")
        canvas.drawRightString(right - COUNT_ROOM, MARGIN, f"Page {canvas.getPageNumber()} of ")
        canvas.translate(right - COUNT_ROOM, MARGIN)
        canvas.doForm(PAGE_COUNT)
        canvas.restoreState()


class CountingCanvas(Canvas):
    """Each page shows a form for the number of pages; it is drawn at the end, when the number is known."""

    def save(self) -> None:
        pages = self.getPageNumber() - 1
        self.beginForm(PAGE_COUNT, 0, -2, COUNT_ROOM, 8)
        self.setFont("Helvetica", 7)
        self.drawString(0, 0, str(pages))
        self.endForm()
        super().save()


PAGE_COUNT = "page-count"
COUNT_ROOM = 6 * mm
