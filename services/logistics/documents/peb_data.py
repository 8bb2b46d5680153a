"""The data sheet for the export declaration (PEB, BC 3.0): what is typed into CEISA, from the rows.

Nobody here knows the eight digits of the Indonesian tariff for certain, so they are asked for, not guessed.
"""

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from services.logistics.documents import ShipmentPaper, need_agreement
from services.logistics.documents.goods import Article, articles
from services.logistics.documents.invoice import total_of
from services.logistics.documents.layout import (
    NOT_YET_KNOWN,
    cubic_metres,
    facts_in_two,
    heading,
    kilograms,
    makers,
)
from services.logistics.documents.shipping_instruction import PAID_BY_SELLER
from shared.paper import HEADING, country, listing, paper_of, width_of, words

WIDTH = width_of(A4)
TO_FILL = "to be filled in"
TO_VERIFY = "the last two digits: VERIFY"


def peb_data(paper: ShipmentPaper) -> bytes:
    need_agreement(paper)
    return paper_of(_story(paper), title=f"PEB data sheet {paper.number}", page=A4)


def _story(paper: ShipmentPaper) -> list[Flowable]:
    widths = [WIDTH * part / 186 for part in (10, 36, 52, 16, 18, 24, 30)]
    return [
        *heading(paper, "PEB data sheet (BC 3.0)", WIDTH),
        Spacer(0, 6),
        facts_in_two(_header(paper), WIDTH),
        words(f"Goods, amounts in {paper.currency}", style=HEADING),
        listing(_rows(paper), widths, numeric=(3, 4, 5, 6), total=True),
        words(
            "HS-8 is BTKI 2022. Exporter's name and identity, office, kind of export and facility can't be corrected once filed."
        ),
        *makers(paper, WIDTH),
    ]


def _header(paper: ShipmentPaper) -> list[tuple[str, str]]:
    declared = paper.declared
    value = f"{paper.currency} {total_of(paper):,f}"
    return [
        ("Submission number", declared.get("number", TO_FILL)),
        ("Customs office", declared.get("office", TO_FILL)),
        ("Exporter's name", declared.get("exporter_name", paper.exporter.name)),
        ("Exporter's identity", declared.get("exporter_identity", TO_FILL)),
        ("Kind of export", declared.get("export_type", TO_FILL)),
        ("Facility", declared.get("facility_type", TO_FILL)),
        ("Estimated export", paper.etd.isoformat() if paper.etd else NOT_YET_KNOWN),
        ("Country of destination", country(paper.consignee.country)),
        ("Invoice", f"CI-{paper.number}, {paper.made_on.isoformat()}"),
        ("Packing list", f"PL-{paper.number}, {paper.made_on.isoformat()}"),
        ("Value by the invoice", f"{value} {paper.incoterm}"),
        ("FOB value", value if paper.incoterm == "FOB" else TO_FILL),
        ("Freight and insurance", TO_FILL if paper.incoterm in PAID_BY_SELLER else "none in the price"),
        ("Packages", f"{len(paper.cartons):,} cartons"),
        ("Gross weight", f"{kilograms(sum(carton.gross_g for carton in paper.cartons))} kg"),
        ("Net weight", TO_FILL),
        ("Volume", f"{cubic_metres(sum(carton.volume_mm3 for carton in paper.cartons))} m³"),
        ("Container and seal", " / ".join(filter(None, (paper.container, paper.seal))) or NOT_YET_KNOWN),
    ]


def _rows(paper: ShipmentPaper) -> list[list[str]]:
    found = articles(paper)
    head = ["No", "HS-8", "Description", "Cartons", "Pieces (PCE)", "Gross kg", "Amount"]
    total = [
        "",
        "Total",
        "",
        f"{sum(each.cartons for each in found):,}",
        f"{sum(each.pieces for each in found):,}",
        kilograms(sum(each.gross_g for each in found)),
        f"{total_of(paper):,f}",
    ]
    return [head, *(_row(number, article) for number, article in enumerate(found, 1)), total]


def _row(number: int, article: Article) -> list[str]:
    return [
        str(number),
        f"{article.hs6}.__\n{TO_VERIFY}",
        f"{article.description}\n{article.sku}, origin {country('ID')}",
        f"{article.cartons:,}",
        f"{article.pieces:,}",
        kilograms(article.gross_g),
        f"{article.amount:,f}",
    ]
