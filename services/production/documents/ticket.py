"""The work ticket: it goes with the material to the bench, and says what is made, how many and by when."""

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from services.production.documents import WorkPaper
from services.production.documents.layout import NOBODY, STATES, WIDTH, Both, both, day, head, number
from shared.paper import FRAME, TITLE, listing, paper_of, words

TITLE_WORDS = ("Kartu kerja", "Work ticket")
SCAN = ("Pindai untuk melapor", "Scan to report")


def ticket(paper: WorkPaper) -> bytes:
    return paper_of(_story(paper), title=f"{TITLE_WORDS[0]} {paper.number}", page=A4)


def _story(paper: WorkPaper) -> list[Flowable]:
    return [
        head(paper, TITLE_WORDS, SCAN),
        Spacer(0, 4 * mm),
        _facts(paper),
        *_materials(paper),
        *both(NOBODY),
    ]


def _facts(paper: WorkPaper) -> Table:
    facts: list[tuple[Both, str]] = [
        (("Jumlah", "Quantity"), f"{number(paper.quantity)} buah"),
        (("Sisa", "Left to make"), f"{number(paper.remaining)} buah"),
        (("Tenggat", "Due"), day(paper.due)),
    ]
    rows = [[both(name), words(value, style=TITLE)] for name, value in facts]
    state = STATES[paper.state]
    rows.append([both(("Keadaan", "State")), both(state)])
    table = Table(rows, colWidths=[WIDTH * 0.25, WIDTH * 0.75])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return table


def _materials(paper: WorkPaper) -> list[Flowable]:
    """What the pieces that remain take of each material."""
    if not paper.materials:
        return []
    rows = [["Bahan / Material", "Untuk sisanya / For what is left"]]
    rows += [
        [f"{need.name_id} / {need.name_en}", f"{number(need.quantity)} {need.unit}"]
        for need in paper.materials
    ]
    return [
        Spacer(0, 4 * mm),
        listing(rows, [WIDTH * 0.6, WIDTH * 0.4], numeric=(1,)),
        Spacer(0, 4 * mm),
    ]
