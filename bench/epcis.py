"""The EPCIS document of two thousand cartons: how long it takes, and how much memory beyond its facts."""

import time
import tracemalloc
from datetime import UTC, datetime, timedelta

from services.logistics.domain.sscc import sscc
from services.logistics.epcis import (
    CartonFact,
    GatheredFact,
    MilestoneFact,
    ShipmentFacts,
    document_in_pieces,
)

CARTONS = 2_000
PACKED = datetime(2026, 3, 16, 1, 55, tzinfo=UTC)
SRAGEN, BUYER = "9529900000107", "9529900000305"
WAY = ("STUFFED_SEALED", "DISPATCHED", "GATE_IN", "LOADED", "VESSEL_DEPARTED", "DISCHARGED", "DELIVERED")


def long_document() -> None:
    facts = _facts()
    tracemalloc.start()
    began, sent = time.process_time(), 0
    for piece in document_in_pieces(facts, created_at=PACKED):
        sent += len(piece)
    taken, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(
        f"  EPCIS: {taken:.1f} s of a core (with memory traced), {sent / 1024:.0f} kB sent,"
        f" at most {peak / 1024:.0f} kB held beside the facts"
    )


def _facts() -> ShipmentFacts:
    cartons = tuple(map(_carton, range(1, CARTONS + 1)))
    numbers = tuple(each.sscc for each in cartons)
    return ShipmentFacts(
        number="SHP-2026-0001",
        hub_gln=SRAGEN,
        consignee_gln=None,
        cartons=cartons,
        gathered=(GatheredFact(ssccs=numbers, hub_gln=SRAGEN, gathered_at=PACKED + timedelta(days=9)),),
        milestones=tuple(
            MilestoneFact(code=code, occurred_at=PACKED + timedelta(days=day), place="IDSRG")
            for day, code in enumerate(WAY, 10)
        ),
        container="CSQU3054383",
    )


def _carton(serial: int) -> CartonFact:
    return CartonFact(
        sscc=sscc(serial),
        gtin="9529900001012",
        lot=f"SRG-2603-{serial // 20:03d}",
        quantity=150,
        packed_at=PACKED + timedelta(minutes=serial // 20),
        facility="LPS-SRG",
        facility_gln=SRAGEN,
        po="PO-2026-0042",
        buyer_gln=BUYER,
    )
