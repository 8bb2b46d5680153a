"""The tally sheet: what a block without a screen writes down each day, to be reported from a phone later."""

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from services.production.documents import WorkPaper
from services.production.documents.layout import NOBODY, WIDTH, both, day, head, number
from shared.paper import FRAME, SMALL, paper_of, words

TITLE_WORDS = ("Lembar hitung", "Tally sheet")
SCAN = ("Pindai untuk memasukkan angka", "Scan to enter the numbers")
DAYS = 18
"""Rows for three weeks of six days."""
ROW = 9 * mm
COLUMNS = (
    ("Tanggal", "Day"),
    ("Mulai", "Started"),
    ("Baik", "Good"),
    ("Perbaiki", "To mend"),
    ("Cacat", "Scrap"),
    ("Lingkari jabatan", "Circle the role"),
)
PARTS = (20, 16, 16, 16, 16, 40)
ROLES = "petugas · pemeriksa · kepala"


def tally_sheet(paper: WorkPaper) -> bytes:
    return paper_of(_story(paper), title=f"{TITLE_WORDS[0]} {paper.number}", page=A4)


def _story(paper: WorkPaper) -> list[Flowable]:
    so_far = (
        f"Sisa {number(paper.remaining)} dari {number(paper.quantity)} buah, tenggat {day(paper.due)}. "
        f"Sudah dilaporkan: dibuat {number(paper.made)}, baik {number(paper.good)}, cacat {number(paper.scrap)}.",
        "What is left of the quantity, when it is due, and what was reported before this sheet was printed.",
    )
    return [head(paper, TITLE_WORDS, SCAN), *both(so_far), *both(NOBODY), Spacer(0, 3 * mm), _days()]


def _days() -> Table:
    """A row for each day, empty but for the roles; the last row for the sums."""
    rows: list[list[object]] = [[both(name) for name in COLUMNS]]
    rows += [["", "", "", "", "", words(ROLES, style=SMALL)] for _ in range(DAYS)]
    rows.append([both(("Jumlah", "Sum")), "", "", "", "", ""])
    table = Table(
        rows, colWidths=[WIDTH * part / sum(PARTS) for part in PARTS], rowHeights=[None, *[ROW] * (DAYS + 1)]
    )
    grid = [("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("GRID", (0, 0), (-1, -1), 0.5, colors.grey), *FRAME]
    table.setStyle(TableStyle(grid))
    return table
