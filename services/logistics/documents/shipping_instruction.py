"""The shipper's instruction: what the carrier writes into its transport document."""

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from services.logistics.documents import ShipmentPaper, need_agreement
from services.logistics.documents.goods import Article, articles
from services.logistics.documents.layout import (
    NOT_YET_KNOWN,
    cubic_metres,
    facts_in_two,
    heading,
    kilograms,
    makers,
)
from shared.paper import HEADING, listing, paper_of, width_of, words

WIDTH = width_of(A4)

PAID_BY_SELLER = frozenset({"CPT", "CIP", "CFR", "CIF", "DAP", "DPU", "DDP"})
"""Terms of Incoterms 2020 under which the exporter pays the main carriage."""


def shipping_instruction(paper: ShipmentPaper) -> bytes:
    need_agreement(paper)
    return paper_of(_story(paper), title=f"Shipper's instruction {paper.number}", page=A4)


def _story(paper: ShipmentPaper) -> list[Flowable]:
    widths = [WIDTH * part / 186 for part in (60, 24, 20, 20, 32, 30)]
    return [
        *heading(paper, "Shipper's instruction", WIDTH),
        Spacer(0, 6),
        facts_in_two(_asked(paper), WIDTH),
        words("Goods as the transport document should tell them", style=HEADING),
        listing(_rows(paper), widths, numeric=(2, 3, 4, 5), total=True),
        words("Marks: the SSCC on each carton, as the packing list has them, from"),
        words(f"{paper.cartons[0].sscc} to {paper.cartons[-1].sscc}. Origin: made in Indonesia."),
        *makers(paper, WIDTH),
    ]


def _asked(paper: ShipmentPaper) -> list[tuple[str, str]]:
    return [
        ("Carrier", paper.carrier or NOT_YET_KNOWN),
        ("Departure", paper.etd.isoformat() if paper.etd else NOT_YET_KNOWN),
        (
            "Freight",
            "prepaid by the shipper"
            if paper.incoterm in PAID_BY_SELLER
            else "collect, paid by the consignee",
        ),
        ("Notify party", paper.consignee.name),
    ]


def _rows(paper: ShipmentPaper) -> list[list[str]]:
    found = articles(paper)
    head = ["Description", "HS", "Cartons", "Pieces", "Gross kg", "m³"]
    total = [
        "Total",
        "",
        f"{sum(each.cartons for each in found):,}",
        f"{sum(each.pieces for each in found):,}",
        kilograms(sum(each.gross_g for each in found)),
        cubic_metres(sum(each.volume_mm3 for each in found)),
    ]
    return [head, *map(_row, found), total]


def _row(article: Article) -> list[str]:
    return [
        f"{article.description}\n{article.sku}",
        article.hs6,
        f"{article.cartons:,}",
        f"{article.pieces:,}",
        kilograms(article.gross_g),
        cubic_metres(article.volume_mm3),
    ]
