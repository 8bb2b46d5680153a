"""How the papers of a shipment look: a heading with the parties, the facts of the transport, the makers."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from services.logistics.documents import PartyPaper, ShipmentPaper
from services.logistics.domain.modes import MODES
from shared.paper import BOLD, FRAME, HEADING, SMALL, TITLE, country, listing, words

NOT_YET_KNOWN = "to be advised"


def kilograms(grams: int) -> str:
    return f"{Decimal(grams) / 1000:,.3f}"


def cubic_metres(cubic_millimetres: int) -> str:
    """Exact, with three decimals at least: rounded cartons would not add up to the rounded total."""
    whole, _, part = f"{Decimal(cubic_millimetres) / 10**9:,.9f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<3}"


def party(title: str, who: PartyPaper) -> list[Flowable]:
    return [words(title, style=SMALL), words(who.name, style=BOLD), words(*who.address, country(who.country))]


def heading(paper: ShipmentPaper, title: str, width: float) -> list[Flowable]:
    """Title, parties, and the facts of the transport."""
    seller = "Seller" if MODES[paper.mode].home else "Exporter"
    parties = Table(
        [[party(seller, paper.exporter), party("Consignee", paper.consignee)]], colWidths=[width / 2] * 2
    )
    parties.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return [words(title, style=TITLE), parties, Spacer(0, 3 * mm), _facts(paper, width)]


def _facts(paper: ShipmentPaper, width: float) -> Table:
    facts = [
        ("Shipment", paper.number),
        ("Date", paper.made_on.isoformat()),
        ("Terms", f"{paper.incoterm} {paper.named_place}, Incoterms 2020"),
        ("Country of origin", f"{country('ID')}: made in Indonesia"),
        ("Purchase orders", ", ".join(paper.po_numbers)),
        ("Consolidated at", paper.hub),
        *_transport(paper),
    ]
    return facts_in_two(facts, width)


def _transport(paper: ShipmentPaper) -> list[tuple[str, str]]:
    """What carries the goods, in the words of its mode."""
    return [
        (name, " / ".join(filter(None, (getattr(paper, each) for each in of))) or NOT_YET_KNOWN)
        for name, *of in TRANSPORT[paper.mode]
    ]


OVERSEAS = (
    ("Port of loading", "port_of_loading"),
    ("Port of discharge", "port_of_discharge"),
    ("Vessel and voyage", "vessel", "voyage"),
    ("Container and seal", "container", "seal"),
)
TRANSPORT = {
    "sea_fcl": OVERSEAS,
    "sea_lcl": OVERSEAS,
    "air": (
        ("Airport of loading", "port_of_loading"),
        ("Airport of discharge", "port_of_discharge"),
        ("Airline and flight", "vessel", "voyage"),
        ("Air waybill", "container"),
    ),
    "road": (("Truck and seal", "container", "seal"), ("Carrier", "carrier")),
}
"""By its mode, what stands on a paper: each name, and what of the shipment stands beside it."""


def facts_in_two(facts: Sequence[tuple[str, str]], width: float) -> Table:
    """Names and values, two pairs in a row."""
    cells = [(words(name, style=SMALL), words(value)) for name, value in facts]
    if len(cells) % 2:
        cells.append((words(""), words("")))
    rows = [[*left, *right] for left, right in zip(cells[::2], cells[1::2], strict=True)]
    table = Table(rows, colWidths=[width * part for part in (0.14, 0.36, 0.14, 0.36)])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *FRAME]))
    return table


def makers(paper: ShipmentPaper, width: float) -> list[Flowable]:
    return makers_of(paper.manufacturers, width)


def makers_of(manufacturers: Iterable[PartyPaper], width: float) -> list[Flowable]:
    """Where the goods were made: each facility by its true name and address."""
    rows = [["Manufacturer", "Address"]]
    for maker in manufacturers:
        rows.append([maker.name, ", ".join((*maker.address, country(maker.country)))])
    return [
        words("The goods on this paper were made in Indonesia by", style=HEADING),
        listing(rows, [width * 0.4, width * 0.6]),
    ]
