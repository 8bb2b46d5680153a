"""The goods of a shipment summed by article, as carriers and customs want them."""

from dataclasses import dataclass
from decimal import Decimal

from services.logistics.documents import ShipmentPaper
from services.logistics.documents.invoice import amount_of


@dataclass(frozen=True, kw_only=True)
class Article:
    """All of one article: pieces over its cartons, its amount over the lines of the invoice."""

    sku: str
    description: str
    hs6: str
    pieces: int
    cartons: int
    gross_g: int
    volume_mm3: int
    amount: Decimal


def articles(paper: ShipmentPaper) -> list[Article]:
    """Each article once, in the order of the lines."""
    return [_article(paper, sku) for sku in dict.fromkeys(line.sku for line in paper.lines)]


def _article(paper: ShipmentPaper, sku: str) -> Article:
    lines = [line for line in paper.lines if line.sku == sku]
    cartons = [carton for carton in paper.cartons if carton.sku == sku]
    return Article(
        sku=sku,
        description=lines[0].description,
        hs6=lines[0].hs6,
        pieces=sum(carton.quantity for carton in cartons),
        cartons=len(cartons),
        gross_g=sum(carton.gross_g for carton in cartons),
        volume_mm3=sum(carton.volume_mm3 for carton in cartons),
        amount=sum((amount_of(line, paper.currency) for line in lines), Decimal(0)),
    )
