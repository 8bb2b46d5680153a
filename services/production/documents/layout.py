"""How the papers of a work order look: Indonesian first, English small below, and a code that a phone opens."""

from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Table, TableStyle

from services.production.documents import WorkPaper
from shared.paper import BOLD, FRAME, PLAIN, SMALL, TITLE, width_of, words

LOCALE = "id_ID"
WIDTH = width_of(A4)
QR_SIDE = 40 * mm
QR_QUIET = 4
"""White modules around the code, which scanners need."""
STATES = {
    "offered": ("ditawarkan, belum diterima", "offered, not accepted"),
    "declined": ("ditolak", "declined"),
    "cancelled": ("ditarik kembali, jangan dikerjakan", "taken back, not to be made"),
    "accepted": ("diterima, belum dimulai", "accepted, not begun"),
    "in_progress": ("dikerjakan", "in progress"),
    "awaiting_qc": ("menunggu pemeriksaan", "awaiting inspection"),
    "rework": ("perbaikan", "to mend"),
    "paused": ("dijeda", "paused"),
    "completed": ("selesai", "completed"),
    "short_closed": ("diakhiri lebih awal", "ended early"),
}
NOBODY = ("Jangan menulis nama atau nomor siapa pun.", "Write nobody's name or number.")
Both = tuple[str, str]
"""The Indonesian words, and the English ones."""


def number(value: int | Decimal) -> str:
    return format_decimal(value, locale=LOCALE)


def day(value: date) -> str:
    return format_date(value, "d MMMM y", locale=LOCALE)


def both(said: Both) -> list[Flowable]:
    return [words(said[0], style=PLAIN), words(said[1], style=SMALL)]


def head(paper: WorkPaper, title: Both, scan: Both) -> Table:
    """What it is on the left; on the right the code that opens the page where the work is reported."""
    told = [
        words(title[0], style=TITLE),
        words(title[1], style=SMALL),
        words(paper.number, style=TITLE),
        words(paper.name_id, style=BOLD),
        words(f"{paper.name_en} · {paper.sku}", style=SMALL),
        words(f"{paper.facility_name} ({paper.facility})"),
    ]
    code: list[Flowable] = [qr_code(paper.report_at), words(scan[0]), words(scan[1], style=SMALL)]
    table = Table([[told, code]], colWidths=[WIDTH - QR_SIDE - 6 * mm, QR_SIDE + 6 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return table


def qr_code(text: str) -> Drawing:
    """The text as a QR code that is still read when a corner is dirty."""
    widget = QrCodeWidget(text, barLevel="M", barBorder=QR_QUIET, barWidth=QR_SIDE, barHeight=QR_SIDE)
    drawing = Drawing(QR_SIDE, QR_SIDE)
    drawing.add(widget)
    return drawing
