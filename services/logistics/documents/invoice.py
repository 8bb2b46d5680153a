"""The commercial invoice: what the goods cost, who made them, and under which terms they are sold."""

from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import get_currency_precision
from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from services.logistics.documents import GoodsLine, ShipmentPaper, need_agreement
from services.logistics.documents.layout import heading, makers
from shared.paper import HEADING, listing, paper_of, width_of, words

WIDTH = width_of(A4)

ROUNDING = (
    "Each line is pieces times unit price, rounded to the currency's smallest unit, half to even; "
    "the total is the sum of the lines as printed."
)


def invoice(paper: ShipmentPaper) -> bytes:
    need_agreement(paper)
    return paper_of(_story(paper), title=f"Commercial invoice {paper.number}", page=A4)


def amount_of(line: GoodsLine, currency: str) -> Decimal:
    """Exact to the currency's smallest unit, for example the cent; half to even, so that errors don't add up."""
    return (line.quantity * line.unit_price).quantize(_smallest_unit(currency), rounding=ROUND_HALF_EVEN)


def total_of(paper: ShipmentPaper) -> Decimal:
    """The sum of the rounded lines: what the reader gets who adds up the paper."""
    return sum((amount_of(line, paper.currency) for line in paper.lines), _smallest_unit(paper.currency) * 0)


def _smallest_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-get_currency_precision(currency))


def _story(paper: ShipmentPaper) -> list[Flowable]:
    widths = [WIDTH * part / 186 for part in (26, 22, 60, 16, 16, 20, 26)]
    return [
        *heading(paper, "Commercial invoice", WIDTH),
        words(f"Goods, prices in {paper.currency}", style=HEADING),
        listing(_rows(paper), widths, numeric=(4, 5, 6), total=True),
        Spacer(0, 4),
        words(ROUNDING),
        *makers(paper, WIDTH),
    ]


def _rows(paper: ShipmentPaper) -> list[list[str]]:
    head = ["Purchase order", "SKU", "Description", "HS", "Pieces", "Unit price", f"Amount {paper.currency}"]
    total = ["Total", "", "", "", f"{paper.quantity:,}", "", f"{total_of(paper):,f}"]
    return [head, *(_row(line, paper.currency) for line in paper.lines), total]


def _row(line: GoodsLine, currency: str) -> list[str]:
    return [
        f"{line.po}\nline {line.line}",
        line.sku,
        "\n".join(
            (line.description, *(f"Made in Indonesia by {maker.name}" for maker in line.manufacturers))
        ),
        line.hs6,
        f"{line.quantity:,}",
        _price(line.unit_price, currency),
        f"{amount_of(line, currency):,f}",
    ]


def _price(price: Decimal, currency: str) -> str:
    """All decimals the price has, and no fewer than the currency has: a price may be in tenths of a cent."""
    decimals = max(get_currency_precision(currency), len(f"{price:f}".partition(".")[2]))
    return f"{price:,.{decimals}f}"
