"""What each command and each heard event does, all or nothing; the caller owns the transaction."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import delete, exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.logistics import rules, standing
from services.logistics.domain.carton import Carton, Lot, Packaging, gather
from services.logistics.domain.documents import Cargo, checklist
from services.logistics.domain.order import Left, Line, Order, Standing, sort_out
from services.logistics.domain.shipment import Booking, Shipment
from services.logistics.domain.sscc import check, check_locode
from services.logistics.domain.withholding import withhold
from services.logistics.storage import carton as cartons
from services.logistics.storage import clearance, facility, goods_return, item, lot, port, shipment_number
from services.logistics.storage import order as orders
from shared.clock import WIB, business_now, business_today
from shared.events.logistics import CartonsGathered
from shared.events.orders import (
    ClaimSettled,
    ClearanceGranted,
    ClearanceWithdrawn,
    ItemPublished,
    OrderLineAmended,
    OrderPlaced,
    PaymentStatusChanged,
    PlacedLine,
    WithholdingRequested,
)
from shared.events.production import FacilityRegistered, LotReleased
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet, Reactions, keep_copy
from shared.refusal import Refused, Sentence, one_after_another

# Commands ---------------------------------------------------------------------------------------


def pack_lot(session: Session, *, lot: str, quantity: int | None = None) -> list[Carton]:
    """Close cartons over free pieces of a lot: those asked for, or all."""
    found = session.get(Lot, lot, with_for_update=True, populate_existing=True)
    if found is None:
        raise Refused("There is no lot {lot}; see /logistics/v1/lots.", field="lot", lot=lot)
    wanted, packaging = found.need_free(quantity), _packaging(session, found.sku)
    serials = _new_serials(session, len(packaging.share_out(wanted)))
    packed, event = found.pack(wanted, packaging, serials, at=business_now(session))
    session.add_all(packed)
    session.flush()
    record(session, event)
    return packed


def _packaging(session: Session, sku: str) -> Packaging:
    row = session.execute(select(item).where(item.c.sku == sku)).one()
    return Packaging(
        pieces_per_carton=row.pieces_per_carton,
        length_mm=row.carton_length_mm,
        width_mm=row.carton_width_mm,
        height_mm=row.carton_height_mm,
        gross_g=row.carton_gross_g,
    )


NEW_SERIALS = text(
    "SELECT nextval(pg_get_serial_sequence('carton', 'serial')) FROM generate_series(1, :count)"
)
"""A sequence never gives a number twice, not even where the transaction is rolled back."""


def _new_serials(session: Session, count: int) -> Sequence[int]:
    return session.execute(NEW_SERIALS, {"count": count}).scalars().all()


def gather_lot(session: Session, *, hub: str, lot: str) -> list[CartonsGathered]:
    """All cartons of a lot that are on the way arrived at the hub."""
    if session.get(Lot, lot) is None:
        raise Refused("There is no lot {lot}.", field="lot", lot=lot)
    return _gather(
        session, hub, cartons.c.lot == lot, cartons.c.hub.is_(None), cartons.c.unpacked_at.is_(None)
    )


def gather_cartons(session: Session, *, hub: str, ssccs: Sequence[str]) -> list[CartonsGathered]:
    """Cartons were scanned at the hub; scanning one again changes nothing."""
    wanted = {check(sscc) for sscc in ssccs}
    known = set(session.execute(select(cartons.c.sscc).where(cartons.c.sscc.in_(wanted))).scalars())
    if wanted - known:
        unknown = ", ".join(sorted(wanted - known))
        raise Refused("There is no carton {unknown}.", field="ssccs", unknown=unknown)
    return _gather(session, hub, cartons.c.sscc.in_(wanted))


def _gather(session: Session, hub: str, *which: Any) -> list[CartonsGathered]:
    _need_hub(session, hub)
    query = select(Carton).where(*which).order_by(cartons.c.sscc)
    found = session.execute(query.with_for_update(of=cartons)).scalars().all()
    events = gather(found, hub, at=business_now(session))
    session.flush()
    record(session, *events)
    return events


def _need_hub(session: Session, code: str) -> None:
    hubs = (
        session.execute(select(facility.c.code).where(facility.c.hub).order_by(facility.c.code))
        .scalars()
        .all()
    )
    if code not in hubs:
        known = ", ".join(hubs) or "–"
        raise Refused("{code} is no hub; the hubs are {hubs}.", field="hub", code=code, hubs=known)


@dataclass(frozen=True)
class Planned:
    """A new shipment, and what stays at the hub though it goes to the same country."""

    shipment: Shipment
    left: list[Left]


def plan_shipment(session: Session, *, hub: str, destination: str) -> Planned:
    """Put together what stands at the hub for one country and may be exported, for one consignee."""
    _need_hub(session, hub)
    today, graph = business_today(session), rules.milestones(session)
    standing.lock_lines(session, destination)
    going, left = sort_out(standing.at_hub(session, hub, destination), today)
    if not going:
        nothing = Sentence("Nothing for {destination} stands at {hub}.", destination=destination, hub=hub)
        raise Refused(one_after_another([each.reason for each in left] or [nothing]), field="destination")
    shipment = Shipment(
        id=uuid7s.uuid7(),
        number=_next_number(session, today.year),
        hub=hub,
        destination=destination,
        planned_on=today,
        tracking_token=secrets.token_urlsafe(24),
        cartons=_cartons_of(session, hub, going),
        documents=checklist(rules.documents(session), _cargo(session, going), graph),
    )
    events = shipment.plan(going, graph=graph)
    session.add(shipment)
    session.flush()
    record(session, *events)
    return Planned(shipment, left)


def _cartons_of(session: Session, hub: str, going: Iterable[Standing]) -> list[Carton]:
    keys = [(each.line.order.id, each.line.number) for each in going]
    query = (
        select(Carton)
        .join(lot, lot.c.code == cartons.c.lot)
        .where(
            cartons.c.hub == hub,
            cartons.c.shipment_id.is_(None),
            cartons.c.unpacked_at.is_(None),
            func.row(lot.c.order_id, lot.c.line).in_(keys),
        )
        .order_by(cartons.c.sscc)
        .with_for_update(of=cartons)
    )
    return list(session.execute(query).scalars())


def _cargo(session: Session, going: Sequence[Standing]) -> Cargo:
    skus = {each.line.sku for each in going}
    items = session.execute(select(item.c.materials, item.c.hs6).where(item.c.sku.in_(skus))).all()
    return Cargo(
        destination=going[0].line.destination,
        materials=frozenset(material for row in items for material in row.materials),
        hs6=frozenset(row.hs6 for row in items),
        lanes=frozenset(lane for each in going for lane in each.lanes),
        incoterm=going[0].line.order.incoterm,
    )


def _next_number(session: Session, year: int) -> str:
    last = session.execute(
        upsert(shipment_number)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": shipment_number.c.last + 1})
        .returning(shipment_number.c.last)
    ).scalar_one()
    return f"SHP-{year}-{last:04d}"


def book_shipment(session: Session, *, shipment_id: UUID, booking: Booking) -> Shipment:
    """Take room on a vessel."""
    shipment = _locked(session, shipment_id)
    _need_port(session, booking.port_of_loading, "port_of_loading", at_home=True)
    _need_port(session, booking.port_of_discharge, "port_of_discharge", at_home=False)
    events = shipment.book(booking, today=business_today(session), graph=rules.milestones(session))
    return _told(session, shipment, events)


def _need_port(session: Session, code: str, field: str, *, at_home: bool) -> None:
    known = session.execute(select(port.c.country).where(port.c.code == code)).scalar_one_or_none()
    if known is None:
        raise Refused("{code} is no port we know; give a UN/LOCODE such as IDSRG.", field=field, code=code)
    if (known == "ID") != at_home:
        at_home_only = Sentence(
            "Goods are loaded in Indonesia; {code} is in {country}.", code=code, country=known
        )
        abroad_only = Sentence(
            "Goods are discharged abroad; {code} is in {country}.", code=code, country=known
        )
        raise Refused(at_home_only if at_home else abroad_only, field=field)


def record_document(
    session: Session, *, shipment_id: UUID, code: str, number: str, issued_on: date
) -> Shipment:
    """Note the number and date of a paper that arrived."""
    shipment = _locked(session, shipment_id)
    events = shipment.record_document(
        code,
        number=number,
        issued_on=issued_on,
        today=business_today(session),
        graph=rules.milestones(session),
        unpaid=standing.unpaid_orders(session, shipment_id),
    )
    return _told(session, shipment, events)


def dispatch_shipment(
    session: Session, *, shipment_id: UUID, container: str, seal: str, sealed_at: datetime | None = None
) -> Shipment:
    """The sealed container leaves the hub; now, or when ``sealed_at`` says."""
    shipment, now = _locked(session, shipment_id), business_now(session)
    events = shipment.dispatch(
        container,
        seal,
        goods=standing.in_shipment(session, shipment_id),
        sealed_at=sealed_at or now,
        now=now,
        today=business_today(session),
        graph=rules.milestones(session),
    )
    return _told(session, shipment, events)


def record_milestone(
    session: Session, *, shipment_id: UUID, milestone: str, place: str, occurred_at: datetime
) -> Shipment:
    """Something happened on the way."""
    shipment = _locked(session, shipment_id)
    events = shipment.record(
        milestone,
        place=_place(session, place),
        occurred_at=occurred_at,
        now=business_now(session),
        graph=rules.milestones(session),
    )
    return _told(session, shipment, events)


def _place(session: Session, place: str) -> str:
    """A place is one of our facilities or a UN/LOCODE."""
    known = session.execute(select(facility.c.code).where(facility.c.code == place)).scalar_one_or_none()
    return known or check_locode(place)


def _told(session: Session, shipment: Shipment, events: Sequence[object]) -> Shipment:
    session.flush()
    record(session, *events)
    return shipment


def _locked(session: Session, shipment_id: UUID) -> Shipment:
    return session.get_one(Shipment, shipment_id, with_for_update=True, populate_existing=True)


# Heard events -----------------------------------------------------------------------------------


def _item(event: ItemPublished) -> dict[str, Any]:
    return {
        "sku": event.sku,
        "name_en": event.name_en,
        "name_id": event.name_id,
        "gtin": event.gtin,
        "hs6": event.hs6,
        "materials": list(event.materials),
        "pieces_per_carton": event.pieces_per_carton,
        "carton_length_mm": event.carton_length_mm,
        "carton_width_mm": event.carton_width_mm,
        "carton_height_mm": event.carton_height_mm,
        "carton_gross_g": event.carton_gross_g,
    }


def _facility(event: FacilityRegistered) -> dict[str, Any]:
    return {
        "code": event.code,
        "name": event.name,
        "place": event.place,
        "address": list(event.address),
        "gln": event.gln,
        "hub": event.hub,
    }


def on_order_placed(session: Session, event: OrderPlaced, heard: Heard) -> None:
    for line in event.lines:
        _need(session, item.c.sku == line.sku, NotYet("orders", f"item/{line.sku}"))
    order = Order(
        id=event.order_id,
        buyer=event.buyer,
        buyer_name=event.buyer_name,
        po_number=event.po_number,
        currency=event.currency,
        incoterm=event.incoterm,
        named_place=event.named_place,
        payment_terms=event.payment_terms,
    )
    session.add_all([order, *(_line(order, placed) for placed in event.lines)])
    session.flush()


def _line(order: Order, placed: PlacedLine) -> Line:
    return Line(
        order=order,
        number=placed.number,
        sku=placed.sku,
        ordered=placed.quantity,
        unit_price=placed.unit_price,
        consignee_name=placed.consignee.name,
        consignee_address=list(placed.consignee.address),
        destination=placed.consignee.country,
    )


def on_clearance_granted(session: Session, event: ClearanceGranted, heard: Heard) -> None:
    """The newest decision replaces the one before."""
    values = {
        "quantity": event.quantity,
        "destination": event.destination,
        "lane": event.lane,
        "policies": list(event.policies),
        "granted_on": heard.occurred_at.astimezone(WIB).date(),
        "expires_on": event.expires_on,
    }
    session.execute(
        upsert(clearance)
        .values(order_id=event.order_id, line=event.line, purpose=event.purpose, **values)
        .on_conflict_do_update(index_elements=["order_id", "line", "purpose"], set_=values)
    )


def on_clearance_withdrawn(session: Session, event: ClearanceWithdrawn, heard: Heard) -> None:
    """What was decided is decided no longer: nothing is planned or dispatched under it."""
    key = {"order_id": event.order_id, "line": event.line, "purpose": event.purpose}
    session.execute(delete(clearance).filter_by(**key))


def on_order_line_amended(session: Session, event: OrderLineAmended, heard: Heard) -> None:
    """Take the line as it is now; what stands in a shipment to somewhere else may not leave with it."""
    line = session.get_one(Line, (event.order_id, event.line), with_for_update=True, populate_existing=True)
    line.ordered = event.ordered
    line.consignee_name = event.consignee.name
    line.consignee_address = list(event.consignee.address)
    line.destination = event.consignee.country
    session.flush()


def on_payment_status_changed(session: Session, event: PaymentStatusChanged, heard: Heard) -> None:
    """What was told last of an order's payment; it may release the transport document."""
    session.execute(update(orders).where(orders.c.id == event.order_id).values(payment_status=event.status))


def on_claim_settled(session: Session, event: ClaimSettled, heard: Heard) -> None:
    """Goods that come back are expected; other settlements move nothing."""
    if event.settlement == "return":
        values = {name: getattr(event, name) for name in ("claim_id", "order_id", "line", "sscc", "quantity")}
        session.execute(upsert(goods_return).values(values).on_conflict_do_nothing())


def on_withholding_requested(session: Session, event: WithholdingRequested, heard: Heard) -> None:
    """Take finished pieces that are in no shipment to stock, and say how many they were."""
    standing.lock_line(session, event.order_id, event.line)
    lots = _locked_lots(session, event.order_id, event.line)
    found = _locked_cartons(session, [each.code for each in lots])
    events = withhold(
        event.quantity,
        about={"order_id": event.order_id, "line": event.line, "cancellation_id": event.cancellation_id},
        lots=lots,
        cartons=found,
        unpack=event.unpack,
        at=business_now(session),
    )
    session.flush()
    record(session, *events)


def _locked_lots(session: Session, order_id: UUID, line: int) -> Sequence[Lot]:
    query = select(Lot).where(lot.c.order_id == order_id, lot.c.line == line).order_by(lot.c.code)
    locking = query.with_for_update().execution_options(populate_existing=True)
    return session.execute(locking).scalars().all()


def _locked_cartons(session: Session, lots: Sequence[str]) -> Sequence[Carton]:
    query = select(Carton).where(cartons.c.lot.in_(lots)).order_by(cartons.c.sscc)
    locking = query.with_for_update(of=cartons).execution_options(populate_existing=True)
    return session.execute(locking).scalars().all()


def on_lot_released(session: Session, event: LotReleased, heard: Heard) -> None:
    _need(session, facility.c.code == event.facility, NotYet("production", f"facility/{event.facility}"))
    _need(session, orders.c.id == event.order_id, NotYet("orders", f"order/{event.order_id}"))
    session.execute(
        upsert(lot)
        .values(
            code=event.lot,
            order_id=event.order_id,
            line=event.line,
            sku=event.sku,
            facility=event.facility,
            lane=event.lane,
            good=event.quantity,
        )
        .on_conflict_do_update(index_elements=["code"], set_={"good": lot.c.good + event.quantity})
    )


def _need(session: Session, known: Any, otherwise: NotYet) -> None:
    if not session.execute(select(exists().where(known))).scalar_one():
        raise otherwise


REACTIONS: Reactions = {
    ItemPublished: keep_copy(item, _item),
    FacilityRegistered: keep_copy(facility, _facility),
    OrderPlaced: on_order_placed,
    ClaimSettled: on_claim_settled,
    PaymentStatusChanged: on_payment_status_changed,
    ClearanceGranted: on_clearance_granted,
    ClearanceWithdrawn: on_clearance_withdrawn,
    OrderLineAmended: on_order_line_amended,
    WithholdingRequested: on_withholding_requested,
    LotReleased: on_lot_released,
}
