"""Cancelling: asking for it, and counting what production and logistics answer."""

from collections.abc import Sequence
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain import taking_back
from services.orders.domain.order import LANE, Order
from services.orders.domain.taking_back import Asked
from services.orders.handlers.locking import locked
from services.orders.handlers.overtaking import withdraw_changed, withdraw_closed
from services.orders.handlers.paying import owing
from services.orders.handlers.releasing import ask_for_what_stays, screen_by_lots
from shared.clock import business_today
from shared.events.logistics import GoodsWithheld, WithholdingAnswered
from shared.events.production import ProductionStopped
from shared.messaging.reactions import Heard, NotYet


def request_cancellation(
    session: Session, *, order_id: UUID, lines: Sequence[Asked], reason: str, unpack: bool
) -> tuple[Order, UUID]:
    """Ask for pieces back: of the lines that are named, or of all. Returns the id of the request."""
    order, id = locked(session, order_id), uuid7s.uuid7()
    pieces = taking_back.to_take_back(order, lines)
    events = taking_back.request(
        order, pieces, id=id, reason=reason, unpack=unpack, on=business_today(session)
    )
    for line, _ in pieces:
        withdraw_changed(session, order, line)
    timeline.tell(session, *events)
    return order, id


def on_production_stopped(session: Session, event: ProductionStopped, heard: Heard) -> None:
    order = locked(session, event.order_id)
    line = order.line(event.line)
    timeline.note(session, event, heard)
    with owing(session, order):
        events = taking_back.count_stopped(
            order,
            event.line,
            event.cancellation_id,
            stopped=event.stopped,
            going_on=event.going_on,
            on=business_today(session),
        )
        withdraw_closed(session, order, line)
        timeline.tell(session, *events)
    if line.lane != LANE and not line.closed:
        screen_by_lots(session, order, line)


def on_goods_withheld(session: Session, event: GoodsWithheld, heard: Heard) -> None:
    order = locked(session, event.order_id)
    line = order.line(event.line)
    known = any(each.code == event.lot for each in line.lots)
    if not known or line.packed - event.unpacked + line.withheld + event.quantity > line.good:
        raise NotYet("production", f"lot/{event.lot}")
    timeline.note(session, event, heard)
    with owing(session, order):
        events = taking_back.count_withheld(
            order,
            event.line,
            event.cancellation_id,
            lot=event.lot,
            quantity=event.quantity,
            unpacked=event.unpacked,
            on=business_today(session),
        )
        withdraw_closed(session, order, order.line(event.line))
        timeline.tell(session, *events)
    ask_for_what_stays(session, order, line)


def on_withholding_answered(session: Session, event: WithholdingAnswered, heard: Heard) -> None:
    """The request is answered once all lots that the answer names were heard of."""
    order = locked(session, event.order_id)
    asked = next(each for each in order.line(event.line).cancellations if each.id == event.cancellation_id)
    for lot in sorted(set(event.lots) - set(asked.lots)):
        raise NotYet("logistics", f"packing/{lot}")
    timeline.note(session, event, heard)
    events = taking_back.conclude(
        order, event.line, event.cancellation_id, kept=event.kept, on=business_today(session)
    )
    timeline.tell(session, *events)
