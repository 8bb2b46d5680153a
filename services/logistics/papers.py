"""What the rows say of a shipment, in the form in which the makers of papers want it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Table, func, select
from sqlalchemy.orm import Session

from services.logistics.documents import CartonPaper, GoodsLine, PartyPaper, ShipmentPaper
from services.logistics.documents.delivery_note import DeliveryNote
from services.logistics.documents.layout import NOT_YET_KNOWN
from services.logistics.domain.carton import Carton
from services.logistics.domain.order import Line
from services.logistics.domain.shipment import Shipment
from services.logistics.storage import carton as cartons
from services.logistics.storage import exporter, facility, item, order_line, port


@dataclass(frozen=True)
class Goods:
    """Cartons with the rows that tell what they hold, who made it and for whom."""

    cartons: Sequence[Carton]
    items: dict[str, Row[Any]]
    facilities: dict[str, Row[Any]]
    lines: dict[tuple[UUID, int], Line]

    def line_of(self, carton: Carton) -> Line:
        return self.lines[carton.lot.order_id, carton.lot.line]

    def facility_of(self, carton: Carton) -> Row[Any]:
        return self.facilities[carton.lot.facility]


def goods_of(session: Session, of: Iterable[Carton]) -> Goods:
    found = sorted(of, key=lambda each: each.sscc)
    keys = {(each.lot.order_id, each.lot.line) for each in found}
    lines = session.execute(
        select(Line).where(func.row(order_line.c.order_id, order_line.c.number).in_(keys))
    ).scalars()
    return Goods(
        found,
        _by_key(session, item, {each.lot.sku for each in found}),
        _by_key(session, facility, {each.lot.facility for each in found}),
        {(line.order.id, line.number): line for line in lines},
    )


def _by_key(session: Session, table: Table, keys: set[str]) -> dict[str, Row[Any]]:
    (key,) = table.primary_key
    return {row[0]: row for row in session.execute(select(table).where(key.in_(keys)))}


def paper_of(session: Session, shipment: Shipment) -> ShipmentPaper:
    """The shipment as its packing list, invoice and labels show it."""
    goods = goods_of(session, shipment.cartons)
    line = goods.line_of(goods.cartons[0])
    hub = session.execute(select(facility.c.name).where(facility.c.code == shipment.hub)).scalar_one()
    return ShipmentPaper(
        number=shipment.number,
        made_on=shipment.planned_on,
        exporter=_exporter(session, line),
        consignee=PartyPaper(
            name=line.consignee_name, address=tuple(line.consignee_address), country=line.destination
        ),
        hub=hub,
        incoterm=line.order.incoterm,
        named_place=line.order.named_place,
        currency=line.order.currency,
        lines=tuple(_goods_lines(goods)),
        cartons=tuple(carton_papers(goods)),
        mode=shipment.mode,
        port_of_loading=shipment.port_of_loading,
        port_of_discharge=shipment.port_of_discharge,
        vessel=shipment.vessel,
        voyage=shipment.voyage,
        container=shipment.container,
        seal=shipment.seal,
        carrier=shipment.carrier,
        etd=shipment.etd,
        declared=_declared(shipment),
    )


DECLARED = ("number", "office", "exporter_name", "exporter_identity", "export_type", "facility_type")


def _declared(shipment: Shipment) -> dict[str, str]:
    in_force = shipment.declaration
    return {name: getattr(in_force, name) for name in DECLARED} if in_force else {}


def note_from_hub(session: Session, shipment: Shipment, paper: ShipmentPaper) -> DeliveryNote:
    """The truck from the hub to the port of loading, or at home to the consignee, with all of the shipment."""
    at_port = shipment.by.places is not None
    return DeliveryNote(
        number=shipment.number,
        made_on=shipment.planned_on,
        sender=_facility_paper(session, shipment.hub),
        receiver=_port_paper(session, shipment.port_of_loading) if at_port else paper.consignee,
        cartons=paper.cartons,
        manufacturers=paper.manufacturers,
        container=None if shipment.by.unit == "waybill" else shipment.container,
        seal=shipment.seal,
    )


def note_to_hub(session: Session, lot: str) -> DeliveryNote | None:
    """The truck from a facility to the hub, with the cartons of a lot; none if nothing of it is packed."""
    cartons = _labelled(session, lot)
    if not cartons:
        return None
    goods = goods_of(session, cartons)
    maker, hub = goods.facility_of(cartons[0]), _the_one(each.hub or each.bound_for for each in cartons)
    packed_at = max(each.packed_at for each in cartons)
    return DeliveryNote(
        number=lot,
        made_on=packed_at.astimezone(ZoneInfo(maker.time_zone)).date(),
        sender=_maker(maker),
        receiver=_facility_paper(session, hub) if hub else PartyPaper(name=HUB, address=(), country="ID"),
        cartons=tuple(carton_papers(goods)),
        manufacturers=(_maker(maker),),
        seal=_the_one(each.seal if each.left_at else None for each in cartons),
    )


def _the_one(told: Iterable[str | None]) -> str | None:
    """What is told of all of them alike; nothing if it is not."""
    first, *others = set(told)
    return None if others else first


HUB = "Hub: ____________________"
"""Where the cartons of a lot go before anybody told so of all of them."""


def _facility_paper(session: Session, code: str) -> PartyPaper:
    return _maker(session.execute(select(facility).where(facility.c.code == code)).one())


def _port_paper(session: Session, code: str | None) -> PartyPaper:
    row = session.execute(select(port).where(port.c.code == code)).one_or_none() if code else None
    if row is None:
        return PartyPaper(name=NOT_YET_KNOWN, address=(), country="ID")
    return PartyPaper(name=f"{row.name} ({row.code})", address=(), country=row.country)


def exporter_of(session: Session, shipment: Shipment) -> PartyPaper:
    """Who exports: the same on all papers of the shipment."""
    first = shipment.cartons[0].lot
    return _exporter(session, session.get_one(Line, (first.order_id, first.line)))


def _exporter(session: Session, line: Line) -> PartyPaper:
    row = session.execute(select(exporter).where(exporter.c.buyer == line.order.buyer)).one_or_none()
    if row is None:
        return PartyPaper(name=line.order.buyer_name, address=(), country="ID")
    return PartyPaper(name=row.name, address=tuple(row.address), country=row.country)


def _goods_lines(goods: Goods) -> Iterable[GoodsLine]:
    for key, line in sorted(goods.lines.items()):
        of_line = [each for each in goods.cartons if (each.lot.order_id, each.lot.line) == key]
        makers = {each.lot.facility: _maker(goods.facility_of(each)) for each in of_line}
        yield GoodsLine(
            po=line.order.po_number,
            line=line.number,
            sku=line.sku,
            description=goods.items[line.sku].name_en,
            hs6=goods.items[line.sku].hs6,
            quantity=sum(each.pieces for each in of_line),
            unit_price=line.unit_price,
            manufacturers=tuple(makers[code] for code in sorted(makers)),
        )


def _maker(row: Row[Any]) -> PartyPaper:
    return PartyPaper(name=row.name, address=tuple(row.address), country="ID")


def carton_papers(goods: Goods) -> Iterable[CartonPaper]:
    """Each carton with its number among these."""
    for number, each in enumerate(goods.cartons, start=1):
        yield CartonPaper(
            sscc=each.sscc,
            number=number,
            count=len(goods.cartons),
            po=goods.line_of(each).order.po_number,
            sku=each.lot.sku,
            description=goods.items[each.lot.sku].name_en,
            gtin=goods.items[each.lot.sku].gtin,
            lot=each.lot.code,
            quantity=each.pieces,
            facility=goods.facility_of(each).name,
            gross_g=each.weight_g,
            length_mm=each.length_mm,
            width_mm=each.width_mm,
            height_mm=each.height_mm,
            full=goods.items[each.lot.sku].pieces_per_carton,
            pallet=each.pallet,
        )


def lot_papers(session: Session, lot: str) -> tuple[CartonPaper, ...]:
    """The cartons of a lot, for their labels; none if nothing of it is packed."""
    packed = _labelled(session, lot)
    return tuple(carton_papers(goods_of(session, packed))) if packed else ()


def _labelled(session: Session, lot: str) -> Sequence[Carton]:
    labelled = select(Carton).where(
        cartons.c.lot == lot, cartons.c.unpacked_at.is_(None), cartons.c.lost_at.is_(None)
    )
    return session.execute(labelled.order_by(cartons.c.sscc)).scalars().all()
