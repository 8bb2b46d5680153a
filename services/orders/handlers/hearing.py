"""What each event that orders hears does; the table from event to reaction at the foot."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain.claiming import shared_out
from services.orders.domain.lane import Lot
from services.orders.domain.order import Order
from services.orders.domain.routing import UNLOADING
from services.orders.handlers import releasing
from services.orders.handlers.arriving import deliver_cartons, follow_short_landing
from services.orders.handlers.cancelling import (
    on_goods_withheld,
    on_production_stopped,
    on_withholding_answered,
)
from services.orders.handlers.deciding import on_production_planned
from services.orders.handlers.dossiers import (
    keep_put_in,
    keep_taken_out,
    keep_what_left,
    on_agreement_end_moved,
    on_evidence_recorded,
    on_evidence_withdrawn,
    on_month_closed,
    raise_what_nobody_signed_over,
)
from services.orders.handlers.locking import locked
from services.orders.handlers.overtaking import withdraw_closed
from services.orders.handlers.paying import owing
from services.orders.handlers.quoting import on_quote_answered
from services.orders.handlers.routing import follow, on_the_way
from services.orders.storage import carton, facility, item
from services.orders.storage import order as orders
from shared.clock import business_today
from shared.events.logistics import (
    CartonsDamaged,
    CartonsFound,
    CartonsGathered,
    CartonsLeft,
    CartonsLost,
    CartonsPacked,
    CartonsPutIn,
    CartonsQuarantined,
    CartonsTakenOut,
    CartonsUnpacked,
    DocumentsCompleted,
    GoodsWithheld,
    MilestoneCorrected,
    MilestoneRecorded,
    QuarantineLifted,
    ShipmentBooked,
    ShipmentCancelled,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentDispatched,
    ShipmentLine,
    ShipmentPlanned,
    ShipmentRescheduled,
    WithholdingAnswered,
)
from shared.events.production import (
    AgreementEndMoved,
    EvidenceRecorded,
    EvidenceWithdrawn,
    FacilityRegistered,
    LatenessCleared,
    LatenessWarned,
    LotReleased,
    MonthClosed,
    PiecesCorrected,
    PiecesReported,
    ProductionPlanned,
    ProductionStopped,
    QuoteAnswered,
    WorkOrderAccepted,
    WorkOrderCompleted,
    WorkOrderDeclined,
    WorkOrderInspected,
    WorkOrderOffered,
    WorkOrderPaused,
    WorkOrderReduced,
    WorkOrderShortClosed,
    WorkOrderStarted,
    WorkOrderWithdrawn,
)
from shared.messaging.reactions import Heard, NotYet, Reactions, keep_copy


def _facility(event: FacilityRegistered) -> dict[str, Any]:
    return {"code": event.code, "name": event.name}


def on_work_order_started(session: Session, event: WorkOrderStarted, heard: Heard) -> None:
    order = locked(session, event.order_id)
    line = order.line(event.line)
    if line.started + event.quantity > line.allocated:
        raise NotYet("production", f"plan/{event.order_id}:{event.line}")
    line.started += event.quantity
    timeline.note(session, event, heard)


def on_work_order_short_closed(session: Session, event: WorkOrderShortClosed, heard: Heard) -> None:
    """What was begun and will not be made there is begun no more; the plan that follows shares it out again."""
    line = locked(session, event.order_id).line(event.line)
    begun = event.quantity if event.begun else 0
    if begun > line.started:
        raise NotYet("production", f"work_order/{event.work_order_id}")
    line.started -= begun
    timeline.note(session, event, heard)


def on_lot_released(session: Session, event: LotReleased, heard: Heard) -> None:
    order = locked(session, event.order_id)
    line, today = order.line(event.line), business_today(session)
    if line.good + event.quantity > line.allocated + event.extra:
        raise NotYet("production", f"plan/{event.order_id}:{event.line}")
    timeline.note(session, event, heard)
    before = line.lane
    line.lots.append(
        Lot(
            code=event.lot,
            work_order_id=event.work_order_id,
            facility=event.facility,
            quantity=event.quantity,
            lane=event.lane,
            released_at=heard.occurred_at,
        )
    )
    with owing(session, order):
        withdrawn = order.count_good(event.line, event.quantity, extra=event.extra, on=today)
    timeline.tell(session, *withdrawn)
    if line.lane != before:  # before anything is cleared to export
        releasing.screen_by_lots(session, order, line)
    session.flush()  # a withdrawn hold makes room for the one that follows it
    timeline.tell(session, *order.ask_to_export(line, today))


def on_cartons_packed(session: Session, event: CartonsPacked, heard: Heard) -> None:
    order = locked(session, event.order_id)
    line = order.line(event.line)
    if line.packed + event.quantity > line.good - line.withheld:
        raise NotYet("production", f"lot/{event.lot}")
    line.packed += event.quantity
    _keep_cartons(session, event)
    timeline.note(session, event, heard)


def _keep_cartons(session: Session, event: CartonsPacked) -> None:
    """With what each holds; where that was not told yet, full ones, and the rest in the last."""
    if not event.ssccs:
        return
    pieces: Sequence[int] = event.pieces
    if not pieces:
        query = select(item.c.published["pieces_per_carton"].as_integer()).where(item.c.sku == event.sku)
        pieces = shared_out(event.quantity, len(event.ssccs), full=session.execute(query).scalar_one())
    about = {"order_id": event.order_id, "line_number": event.line}
    rows = [{"sscc": sscc, "pieces": held, **about} for sscc, held in zip(event.ssccs, pieces, strict=True)]
    session.execute(insert(carton), rows)


def on_cartons_unpacked(session: Session, event: CartonsUnpacked, heard: Heard) -> None:
    """What was in the cartons is good still, and is packed again."""
    line = locked(session, event.order_id).line(event.line)
    line.packed -= event.quantity
    line.unpacked += event.quantity
    timeline.note(session, event, heard)


def on_shipment_planned(session: Session, event: ShipmentPlanned, heard: Heard) -> None:
    keep_put_in(session, event, heard)
    note_on_timeline(session, event, heard)


def on_cartons_put_in(session: Session, event: CartonsPutIn, heard: Heard) -> None:
    keep_put_in(session, event, heard)
    on_the_way(session, event, heard)


def on_shipment_emptied(session: Session, event: CartonsTakenOut | ShipmentCancelled, heard: Heard) -> None:
    keep_taken_out(session, event, heard)
    on_the_way(session, event, heard)


def on_shipment_departed(session: Session, event: ShipmentDeparted, heard: Heard) -> None:
    keep_what_left(session, event, heard)
    unsigned = []
    for order, part in _orders_of(session, event.lines):
        line = order.line(part.line)
        if line.departed + part.quantity > line.packed + line.unpacked:
            raise NotYet("logistics", f"packing/{part.lot}")
        if not any(release.names(part.lot) for release in line.released_parts):
            unsigned.append(part)
        order.depart(part.line, part.lot, part.quantity)
    session.flush()
    raise_what_nobody_signed_over(session, unsigned)
    note_on_timeline(session, event, heard)


def on_shipment_delivered(session: Session, event: ShipmentDelivered, heard: Heard) -> None:
    closed = [
        (order, part.line, order.deliver(part.line, part.quantity))
        for order, part in _orders_of(session, event.lines)
    ]
    deliver_cartons(session, event)
    note_on_timeline(session, event, heard)
    for order, number, events in closed:
        withdraw_closed(session, order, order.line(number))
        timeline.tell(session, *events)
    for order in {order.id: order for order, _, _ in closed}.values():
        follow(session, order, event)


def on_milestone(session: Session, event: MilestoneRecorded | MilestoneCorrected, heard: Heard) -> None:
    if event.milestone in UNLOADING:
        on_the_way(session, event, heard)
    else:
        note_on_timeline(session, event, heard)
        follow_short_landing(session, event)


def note_on_timeline(session: Session, event: Any, heard: Heard) -> None:
    """What moves no quantity of ours is told on the timeline of each order it is about.

    The order is locked, so that its steps are numbered in the order in which they commit.
    """
    for order_id in timeline.orders_of(event):
        session.execute(select(orders.c.id).where(orders.c.id == order_id).with_for_update()).one()
        timeline.note(session, event, heard, order_id=order_id)


def _orders_of(session: Session, parts: Sequence[ShipmentLine]) -> list[tuple[Order, ShipmentLine]]:
    """Each part with its order, locked in one order so that two shipments can't wait for each other."""
    by_id = {id: locked(session, id) for id in sorted({part.order_id for part in parts})}
    return [(by_id[part.order_id], part) for part in parts]


REACTIONS: Reactions = {
    FacilityRegistered: keep_copy(facility, _facility),
    EvidenceRecorded: on_evidence_recorded,
    EvidenceWithdrawn: on_evidence_withdrawn,
    AgreementEndMoved: on_agreement_end_moved,
    MonthClosed: on_month_closed,
    ProductionPlanned: on_production_planned,
    QuoteAnswered: on_quote_answered,
    WorkOrderOffered: note_on_timeline,
    WorkOrderAccepted: note_on_timeline,
    WorkOrderDeclined: note_on_timeline,
    WorkOrderWithdrawn: note_on_timeline,
    WorkOrderReduced: note_on_timeline,
    ProductionStopped: on_production_stopped,
    WorkOrderShortClosed: on_work_order_short_closed,
    WorkOrderStarted: on_work_order_started,
    WorkOrderPaused: note_on_timeline,
    PiecesCorrected: note_on_timeline,
    PiecesReported: note_on_timeline,
    WorkOrderInspected: note_on_timeline,
    WorkOrderCompleted: note_on_timeline,
    LatenessWarned: note_on_timeline,
    LatenessCleared: note_on_timeline,
    LotReleased: on_lot_released,
    CartonsPacked: on_cartons_packed,
    CartonsLeft: note_on_timeline,
    CartonsGathered: note_on_timeline,
    CartonsQuarantined: note_on_timeline,
    QuarantineLifted: note_on_timeline,
    CartonsUnpacked: on_cartons_unpacked,
    CartonsDamaged: note_on_timeline,
    CartonsLost: note_on_timeline,
    CartonsFound: note_on_timeline,
    GoodsWithheld: on_goods_withheld,
    WithholdingAnswered: on_withholding_answered,
    ShipmentPlanned: on_shipment_planned,
    CartonsPutIn: on_cartons_put_in,
    CartonsTakenOut: on_shipment_emptied,
    ShipmentCancelled: on_shipment_emptied,
    ShipmentBooked: on_the_way,
    DocumentsCompleted: note_on_timeline,
    ShipmentDispatched: note_on_timeline,
    MilestoneRecorded: on_milestone,
    MilestoneCorrected: on_milestone,
    ShipmentRescheduled: on_the_way,
    ShipmentDeparted: on_shipment_departed,
    ShipmentDelivered: on_shipment_delivered,
}
