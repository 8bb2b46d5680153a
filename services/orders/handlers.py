"""What each command and each heard event does, all or nothing; the caller owns the transaction."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.orders import policies, timeline
from services.orders.domain.destination_policy import Goods, screen
from services.orders.domain.hold import Signer
from services.orders.domain.order import FARTHEST_REQUEST, LANE, Line, Order
from services.orders.storage import buyer as buyers
from services.orders.storage import facility, webhook_endpoint
from services.orders.storage import item as items
from services.orders.storage import order as orders
from shared.clock import business_today
from shared.events.logistics import (
    CartonsGathered,
    CartonsPacked,
    DocumentsCompleted,
    MilestoneRecorded,
    ShipmentBooked,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentLine,
    ShipmentPlanned,
)
from shared.events.production import (
    FacilityRegistered,
    LotReleased,
    PiecesReported,
    ProductionPlanned,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderOffered,
    WorkOrderPaused,
    WorkOrderStarted,
)
from shared.messaging.inbox import Heard, NotYet, Reactions
from shared.refusal import Refused

# Commands ---------------------------------------------------------------------------------------


def place_order(
    session: Session,
    *,
    buyer: str,
    placed_by: str,
    po_number: str,
    currency: str,
    incoterm: str,
    named_place: str,
    lines: Sequence[dict[str, Any]],
) -> Order:
    """Take an order, screen each line by its destination, and hold or clear it."""
    today = business_today(session)
    _refuse_second(session, buyer, po_number)
    order = Order(
        id=uuid7s.uuid7(),
        buyer=buyer,
        buyer_name=session.execute(select(buyers.c.name).where(buyers.c.code == buyer)).scalar_one(),
        po_number=po_number,
        currency=currency,
        incoterm=incoterm,
        named_place=named_place,
        placed_by=placed_by,
        placed_on=today,
        lines=_new_lines(session, currency, lines, today),
    )
    session.add(order)
    session.flush()
    timeline.tell(session, order.buyer, *order.place())
    return order


def _refuse_second(session: Session, buyer: str, po_number: str) -> None:
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{buyer}\n{po_number}"))))
    earlier = session.execute(
        select(orders.c.id).where(orders.c.buyer == buyer, orders.c.po_number == po_number)
    ).scalar_one_or_none()
    if earlier:
        raise Refused(
            f"You already placed {po_number} as order {earlier}; give a new number.", field="po_number"
        )


def _new_lines(session: Session, currency: str, lines: Sequence[dict[str, Any]], today: date) -> list[Line]:
    skus = {line["sku"] for line in lines}
    known = {row.sku: row for row in session.execute(select(items).where(items.c.sku.in_(skus)))}
    rules = policies.in_force(session, today)
    made = []
    for index, asked in enumerate(lines):
        item = known.get(asked["sku"])
        if item is None:
            raise Refused(
                f"The catalogue has no {asked['sku']}; see /orders/v1/catalogue.", field=f"lines[{index}].sku"
            )
        _check_price(asked.get("unit_price"), item.unit_price, currency, item.currency, index)
        latest = today + FARTHEST_REQUEST
        if not today < asked["requested_date"] <= latest:
            wanted = f"Give a date after {today} and up to {latest}."
            raise Refused(wanted, field=f"lines[{index}].requested_date")
        consignee = asked["consignee"]
        goods = Goods(
            destination=consignee["country"],
            lane=LANE,
            hs6=item.published["hs6"],
            delivery=asked["requested_date"],
        )
        screening = screen(goods, rules)
        made.append(
            Line(
                number=index + 1,
                sku=asked["sku"],
                unit_price=item.unit_price,
                requested_date=asked["requested_date"],
                consignee_name=consignee["name"],
                consignee_address=list(consignee["address"]),
                destination=consignee["country"],
                ordered=asked["quantity"],
                action=screening.action,
                policies=list(screening.policies),
                needs=list(screening.needs),
                law=list(screening.law),
                explanation_en=screening.explanation_en,
                explanation_id=screening.explanation_id,
            )
        )
    return made


def _check_price(asked: Decimal | None, price: Decimal, currency: str, priced_in: str, index: int) -> None:
    if currency != priced_in:
        raise Refused(f"The catalogue's prices are in {priced_in}.", field="currency")
    if asked is not None and asked != price:
        raise Refused(f"The catalogue's price is {price} {priced_in}.", field=f"lines[{index}].unit_price")


def sign_release(session: Session, *, order_id: UUID, line: int, by: Signer, reason: str) -> Order:
    """One of the two people who must agree releases a held line."""
    order = _locked(session, order_id)
    events = order.sign_release(line, by=by, reason=reason, on=business_today(session))
    timeline.tell(session, order.buyer, *events)
    return order


def renew_lapsed(session: Session, *, order_id: UUID) -> None:
    """Ask again for the order's clearances that ran out before their work was done."""
    order = _locked(session, order_id)
    timeline.tell(session, order.buyer, *order.renew_lapsed(on=business_today(session)))


def register_webhook(session: Session, *, buyer: str, url: str, secret: str) -> UUID:
    """Tell this address every step of the buyer's orders from now on."""
    id = uuid7s.uuid7()
    session.execute(insert(webhook_endpoint).values(id=id, buyer=buyer, url=url, secret=secret))
    return id


def remove_webhook(session: Session, *, buyer: str, endpoint_id: UUID) -> bool:
    """Stop telling an address; returns whether the buyer had it."""
    mine = (webhook_endpoint.c.id == endpoint_id, webhook_endpoint.c.buyer == buyer)
    removed = session.execute(
        webhook_endpoint.update()
        .where(*mine, webhook_endpoint.c.removed_at.is_(None))
        .values(removed_at=func.now())
        .returning(webhook_endpoint.c.id)
    )
    return removed.one_or_none() is not None


def _locked(session: Session, order_id: UUID) -> Order:
    return session.get_one(Order, order_id, with_for_update=True, populate_existing=True)


# Heard events -----------------------------------------------------------------------------------


def on_facility_registered(session: Session, event: FacilityRegistered, heard: Heard) -> None:
    values = {"name": event.name}
    session.execute(
        upsert(facility)
        .values(code=event.code, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values)
    )


def on_production_planned(session: Session, event: ProductionPlanned, heard: Heard) -> None:
    order = _locked(session, event.order_id)
    order.plan(event.line, allocated=event.allocated, promised_date=event.promised_date)
    timeline.note(session, order.buyer, event, heard)


def on_work_order_started(session: Session, event: WorkOrderStarted, heard: Heard) -> None:
    order = _locked(session, event.order_id)
    line = order.line(event.line)
    if line.started + event.quantity > line.allocated:
        raise NotYet("production", f"plan/{event.order_id}:{event.line}")
    line.started += event.quantity
    timeline.note(session, order.buyer, event, heard)


def on_lot_released(session: Session, event: LotReleased, heard: Heard) -> None:
    order = _locked(session, event.order_id)
    line = order.line(event.line)
    if line.good + event.quantity > line.allocated:
        raise NotYet("production", f"plan/{event.order_id}:{event.line}")
    timeline.note(session, order.buyer, event, heard)
    timeline.tell(session, order.buyer, *order.finish(event.line, event.quantity, on=business_today(session)))


def on_cartons_packed(session: Session, event: CartonsPacked, heard: Heard) -> None:
    order = _locked(session, event.order_id)
    line = order.line(event.line)
    if line.packed + event.quantity > line.good:
        raise NotYet("production", f"lot/{event.lot}")
    line.packed += event.quantity
    timeline.note(session, order.buyer, event, heard)


def on_shipment_departed(session: Session, event: ShipmentDeparted, heard: Heard) -> None:
    for order, part in _orders_of(session, event.lines):
        line = order.line(part.line)
        if line.departed + part.quantity > line.packed:
            raise NotYet("logistics", f"packing/{part.lot}")
        line.departed += part.quantity
    note_on_timeline(session, event, heard)


def on_shipment_delivered(session: Session, event: ShipmentDelivered, heard: Heard) -> None:
    closed = [
        (order, order.deliver(part.line, part.quantity)) for order, part in _orders_of(session, event.lines)
    ]
    note_on_timeline(session, event, heard)
    for order, events in closed:
        timeline.tell(session, order.buyer, *events)


def note_on_timeline(session: Session, event: Any, heard: Heard) -> None:
    """What moves no quantity of ours is told on the timeline of each order it is about.

    The order is locked, so that its steps are numbered in the order in which they commit.
    """
    for order_id in timeline.orders_of(event):
        locked = select(orders.c.buyer).where(orders.c.id == order_id).with_for_update()
        buyer = session.execute(locked).scalar_one()
        timeline.note(session, buyer, event, heard, order_id=order_id)


def _orders_of(session: Session, parts: Sequence[ShipmentLine]) -> list[tuple[Order, ShipmentLine]]:
    """Each part with its order, locked in one order so that two shipments can't wait for each other."""
    locked = {id: _locked(session, id) for id in sorted({part.order_id for part in parts})}
    return [(locked[part.order_id], part) for part in parts]


REACTIONS: Reactions = {
    FacilityRegistered: on_facility_registered,
    ProductionPlanned: on_production_planned,
    WorkOrderOffered: note_on_timeline,
    WorkOrderAccepted: note_on_timeline,
    WorkOrderDeclined: note_on_timeline,
    WorkOrderStarted: on_work_order_started,
    WorkOrderPaused: note_on_timeline,
    PiecesReported: note_on_timeline,
    WorkOrderInspected: note_on_timeline,
    WorkOrderCompleted: note_on_timeline,
    LotReleased: on_lot_released,
    CartonsPacked: on_cartons_packed,
    CartonsGathered: note_on_timeline,
    ShipmentPlanned: note_on_timeline,
    ShipmentBooked: note_on_timeline,
    DocumentsCompleted: note_on_timeline,
    ShipmentDispatched: note_on_timeline,
    MilestoneRecorded: note_on_timeline,
    ShipmentDeparted: on_shipment_departed,
    ShipmentDelivered: on_shipment_delivered,
}
