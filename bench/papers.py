"""Papers of a shipment of two thousand cartons: how long each takes, and how large it is."""

import time
from datetime import date
from decimal import Decimal

from services.logistics.documents import CartonPaper, GoodsLine, PartyPaper, ShipmentPaper
from services.logistics.domain.sscc import sscc
from services.logistics.making import MAKERS

CARTONS = 2_000
PIECES = 150


def long_papers() -> None:
    paper = _paper()
    for name, make in MAKERS.items():
        began = time.process_time()
        made = make(paper)
        print(f"  {name}: {time.process_time() - began:.1f} s of a core, {len(made) / 1024:.0f} kB")


def _paper() -> ShipmentPaper:
    maker = PartyPaper(name="Lapas Kelas IIA Sragen", address=("Sragen",), country="ID")
    line = GoodsLine(
        po="BENCH-1",
        line=1,
        sku="CR-RING-15",
        description="Coco rope ring 15 cm",
        hs6="5609.00",
        quantity=CARTONS * PIECES,
        unit_price=Decimal("0.68"),
        manufacturers=(maker,),
    )
    return ShipmentPaper(
        number="SHP-2026-0001",
        made_on=date(2026, 3, 18),
        exporter=maker,
        consignee=PartyPaper(name="Consignee", address=("Antwerp",), country="BE"),
        hub=maker.name,
        incoterm="FCA",
        named_place="Semarang",
        currency="USD",
        lines=(line,),
        mode="sea_fcl",
        cartons=tuple(map(_carton, range(1, CARTONS + 1))),
    )


def _carton(number: int) -> CartonPaper:
    return CartonPaper(
        sscc=sscc(number),
        number=number,
        count=CARTONS,
        po="BENCH-1",
        sku="CR-RING-15",
        description="Coco rope ring 15 cm",
        gtin="9529900001012",
        lot=f"SRG-2603-{number // 20:03d}",
        quantity=PIECES,
        facility="Lapas Kelas IIA Sragen",
        gross_g=9600,
        length_mm=600,
        width_mm=400,
        height_mm=450,
    )
