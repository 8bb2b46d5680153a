"""What logistics does when orders or production tells something; the table from event to reaction at the foot."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.logistics import standing
from services.logistics.domain.carton import Carton, Lot
from services.logistics.domain.order import Clearance, Line, Order, cleared_since
from services.logistics.domain.regrouping import may_lose_cartons
from services.logistics.domain.withholding import withhold
from services.logistics.handlers import checklists, regrouping
from services.logistics.handlers.carton_history import note
from services.logistics.storage import carton as cartons
from services.logistics.storage import clearance, facility, goods_return, item, lot
from services.logistics.storage import order as orders
from shared.clock import WIB, business_now
from shared.events.orders import (
    ClaimSettled,
    ClearanceGranted,
    ClearanceWithdrawn,
    ItemPublished,
    LotLaneCorrected,
    OrderLineAmended,
    OrderPlaced,
    PaymentStatusChanged,
    PlacedLine,
    WithholdingRequested,
)
from shared.events.production import FacilityRegistered, LotReleased
from shared.messaging.outbox import record
from shared.messaging.reactions import Heard, NotYet, Reactions, keep_copy


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
        "time_zone": event.time_zone,
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
    """The newest decision replaces the one before; what that covered stays covered since then."""
    key = {"order_id": event.order_id, "line": event.line, "purpose": event.purpose}
    on = heard.occurred_at.astimezone(WIB).date()
    lots = None if event.lots is None else [each.lot for each in event.lots]
    query = select(Clearance).filter_by(**key).execution_options(populate_existing=True)
    former = session.execute(query).scalar_one_or_none()
    values = {
        "quantity": event.quantity,
        "destination": event.destination,
        "lane": event.lane,
        "policies": list(event.policies),
        "granted_on": on,
        "expires_on": event.expires_on,
        "transit": None if event.transit is None else list(event.transit),
        "lots": lots,
        "lots_since": None if lots is None else cleared_since(former, lots, on, event.destination),
    }
    session.execute(
        upsert(clearance)
        .values(**key, **values)
        .on_conflict_do_update(index_elements=["order_id", "line", "purpose"], set_=values)
    )


def on_clearance_withdrawn(session: Session, event: ClearanceWithdrawn, heard: Heard) -> None:
    """What was decided is decided no longer: nothing is planned or dispatched under it."""
    key = {"order_id": event.order_id, "line": event.line, "purpose": event.purpose}
    session.execute(delete(clearance).filter_by(**key))


def on_lot_lane_corrected(session: Session, event: LotLaneCorrected, heard: Heard) -> None:
    """From now on the lot, and what it is loaded with, counts as made by those who made it in truth; papers follow."""
    _need(session, lot.c.code == event.lot, NotYet("production", f"lot/{event.lot}"))
    standing.lock_line(session, event.order_id, event.line)
    held = regrouping.held_with(session, event.order_id, event.line)
    corrected = session.get_one(Lot, event.lot, with_for_update=True, populate_existing=True)
    corrected.lane = event.lane
    for shipment in held:
        shipment.void_what_is_false()
    session.flush()
    checklists.reconsider_those_with(session, event.order_id, event.line)


def on_order_line_amended(session: Session, event: OrderLineAmended, heard: Heard) -> None:
    """Take the line as it is now; what stands in a shipment to somewhere else may not leave with it.

    Papers that name the consignee it had are there no longer.
    """
    line = session.get_one(Line, (event.order_id, event.line), with_for_update=True, populate_existing=True)
    former = line.terms
    line.ordered = event.ordered
    line.consignee_name = event.consignee.name
    line.consignee_address = list(event.consignee.address)
    line.destination = event.consignee.country
    session.flush()
    if line.terms != former:
        checklists.reconsider_those_with(session, event.order_id, event.line, moved=True)


def on_payment_status_changed(session: Session, event: PaymentStatusChanged, heard: Heard) -> None:
    """What was told last of an order's payment; it may release the transport document."""
    session.execute(update(orders).where(orders.c.id == event.order_id).values(payment_status=event.status))


def on_claim_settled(session: Session, event: ClaimSettled, heard: Heard) -> None:
    """Goods that come back are expected; other settlements move nothing."""
    if event.settlement == "return":
        values = {name: getattr(event, name) for name in ("claim_id", "order_id", "line", "sscc", "quantity")}
        session.execute(upsert(goods_return).values(values).on_conflict_do_nothing())


def on_withholding_requested(session: Session, event: WithholdingRequested, heard: Heard) -> None:
    """Take finished pieces to stock, and say how many they were.

    With consent those go too that are packed, even into a shipment that is still open.
    """
    standing.lock_line(session, event.order_id, event.line)
    held = regrouping.held_with(session, event.order_id, event.line)
    lots = _locked_lots(session, event.order_id, event.line)
    found = _locked_cartons(session, [each.code for each in lots])
    closed, at = [each for each in found if each.unpacked_at is None], business_now(session)
    events = withhold(
        event.quantity,
        about={"order_id": event.order_id, "line": event.line, "cancellation_id": event.cancellation_id},
        lots=lots,
        cartons=found,
        unpack=event.unpack,
        at=at,
        open_shipments={shipment.id for shipment in held if may_lose_cartons(shipment)},
    )
    note(session, [each for each in closed if each.unpacked_at is not None], "withheld", at=at)
    session.flush()
    record(session, *events)
    regrouping.let_go_of_opened(session, held)


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
    LotLaneCorrected: on_lot_lane_corrected,
    OrderLineAmended: on_order_line_amended,
    WithholdingRequested: on_withholding_requested,
    LotReleased: on_lot_released,
}
