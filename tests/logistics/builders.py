"""Valid things by default, for the tests of the domain."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from services.logistics.domain.carton import Carton, Lot, Packaging
from services.logistics.domain.documents import Document
from services.logistics.domain.milestones import Graph, Milestone, graph_of
from services.logistics.domain.order import Clearance, Line, Order, Standing
from services.logistics.domain.shipment import Booking, Shipment
from shared import reference

DAY = date(2025, 3, 22)
NOW = datetime(2025, 3, 22, 3, 0, tzinfo=UTC)
PACKAGING = Packaging(pieces_per_carton=200, length_mm=600, width_mm=400, height_mm=400, gross_g=9_200)

BOOKING = Booking(
    carrier="Feeder line",
    vessel="MV Example",
    voyage="025E",
    port_of_loading="IDSRG",
    port_of_discharge="BEANR",
    etd=date(2025, 3, 28),
    eta=date(2025, 5, 4),
)
CONTAINER, SEAL = "CSQU3054383", "ID000123"

WAY = {
    "STUFFED_SEALED": (),
    "PEB_SUBMITTED": (),
    "NPE_ISSUED": ("PEB_SUBMITTED",),
    "GATE_IN": ("NPE_ISSUED", "STUFFED_SEALED"),
    "LOADED": ("GATE_IN",),
    "VESSEL_DEPARTED": ("LOADED",),
    "TRANSSHIPPED": ("VESSEL_DEPARTED",),
    "DISCHARGED": ("VESSEL_DEPARTED",),
    "IMPORT_CLEARED": ("DISCHARGED",),
    "DELIVERED": ("IMPORT_CLEARED",),
}


def a_graph() -> Graph:
    return graph_of(
        Milestone(code=code, name_en=code, name_id=code, after=after) for code, after in WAY.items()
    )


def the_graph() -> Graph:
    """The milestones as we publish them, with all that may go wrong."""
    return graph_of(
        Milestone(
            code=row.code,
            name_en=row.name_en,
            name_id=row.name_id,
            after=row.predecessors,
            kind=row.kind,  # type: ignore[arg-type]  # one of the three, as read
            ended_by=row.ended_by,
            bars=row.bars,
            dcsa=row.dcsa,
            edifact=row.edifact_9011,
        )
        for row in reference.milestones()
    )


def a_lot(*, good: int = 1_000, line: int = 1, code: str = "SRG-2503-001", lane: str = "custodial") -> Lot:
    return Lot(
        code=code,
        order_id=UUID(int=1),
        line=line,
        sku="CR-BALL-07",
        facility="LPS-SRG",
        lane=lane,
        good=good,
    )


def cartons_of(
    lot: Lot, quantity: int | None = None, *, first: int = 1, hub: str | None = None
) -> list[Carton]:
    """The lot's free pieces in closed cartons, which stand at the hub if one is given."""
    wanted = lot.need_free(quantity)
    serials = range(first, first + len(PACKAGING.share_out(wanted)))
    cartons, _ = lot.pack(wanted, PACKAGING, serials, at=NOW)
    for carton in cartons:
        carton.hub, carton.gathered_at = hub, NOW if hub else None
    return cartons


def an_order(po_number: str = "PO-2025-0001", *, buyer: str = "CHEWY-LOUIS") -> Order:
    return Order(
        id=UUID(int=1),
        buyer=buyer,
        buyer_name="PT. Chewy Louis Group",
        po_number=po_number,
        currency="USD",
        incoterm="FCA",
        named_place="CY Tanjung Emas, Semarang",
    )


def a_clearance(
    *,
    purpose: str = "export",
    quantity: int = 1_000,
    destination: str = "BE",
    lane: str = "custodial",
    expires_on: date = date(2025, 6, 20),
) -> Clearance:
    return Clearance(
        purpose=purpose,
        quantity=quantity,
        destination=destination,
        lane=lane,
        policies=["DP-EU-1.v1"],
        granted_on=DAY,
        expires_on=expires_on,
    )


def a_line(
    number: int = 1,
    *clearances: Clearance,
    order: Order | None = None,
    consignee: str = "Consignee Belgium",
) -> Line:
    return Line(
        order=order or an_order(),
        number=number,
        sku="CR-BALL-07",
        ordered=1_000,
        unit_price=Decimal("0.55"),
        consignee_name=consignee,
        consignee_address=["Havenstraat 1", "2000 Antwerp"],
        destination="BE",
        clearances=list(clearances),
    )


def standing(line: Line, *, pieces: int = 1_000, shipped: int = 0, lane: str = "custodial") -> Standing:
    return Standing(line=line, lanes=frozenset({lane}), cartons=5, pieces=pieces, shipped=shipped)


def cleared() -> Standing:
    return standing(a_line(1, a_clearance()))


def a_document(code: str, *blocks: str, needed: bool = True, made_by_system: bool = False) -> Document:
    return Document(
        code=code,
        name_en=f"document {code}",
        name_id=f"dokumen {code}",
        owed_by="exporter",
        blocks=list(blocks),
        needed=needed,
        made_by_system=made_by_system,
        verified=True,
    )


def the_papers() -> list[Document]:
    return [
        a_document("CI", "PEB_SUBMITTED", made_by_system=True),
        a_document("PL", "PEB_SUBMITTED", made_by_system=True),
        a_document("FUM", "STUFFED_SEALED"),
        a_document("NPE", "GATE_IN"),
        a_document("COO", "IMPORT_CLEARED", needed=False),
        a_document("EUDR", "IMPORT_CLEARED"),
    ]


def a_shipment(*documents: Document, pieces: int = 1_000) -> Shipment:
    """Planned, over the cartons of one lot."""
    return Shipment(
        id=UUID(int=7),
        number="SHP-2025-0001",
        hub="LPS-SRG",
        destination="BE",
        planned_on=DAY,
        tracking_token="token",
        cartons=cartons_of(a_lot(good=pieces), hub="LPS-SRG"),
        documents=list(documents) or the_papers(),
    )
