"""Amending an order that was placed, as long as nobody else did meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import uuid_utils.compat as uuid7s
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.orders import policies, timeline, views
from services.orders.domain import amendment, free_lane, taking_back
from services.orders.domain.amendment import Amended, Change, Consequence
from services.orders.domain.destination_policy import Screening, screen
from services.orders.domain.order import Line, Order
from services.orders.domain.rescreening import verdict
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.overtaking import withdraw_changed
from services.orders.handlers.paying import owing
from services.orders.handlers.rescreening import keep_caught
from services.orders.storage import item as items
from shared.clock import business_now, business_today
from shared.events.logistics import ShipmentDispatched
from shared.refusal import Refused, Sentence

AMENDED = "The buyer amended the quantity."
ANYBODYS = Sentence("It is no longer kept for a free workshop: another country or route is another question.")


class Stale(Exception):
    """The order was changed since the caller read it; nothing was done."""

    def __init__(self, version: int) -> None:
        super().__init__(f"the order is at version {version}")
        self.version = version


@dataclass(frozen=True)
class AmendedOrder:
    """The order as it is now, what followed from the changes, and the request for the pieces that are asked back."""

    order: Order
    consequences: list[Consequence]
    cancellation_id: UUID | None


def amend_order(
    session: Session,
    *,
    order_id: UUID,
    versions: Sequence[int] | None,
    changes: Sequence[Change],
    reason: str = AMENDED,
    unpack: bool = False,
) -> AmendedOrder:
    """Change lines of the order, all or none; ``versions`` are those it may be at, none stands for any."""
    order, today = locked(session, order_id), business_today(session)
    if versions is not None and order.version not in versions:
        raise Stale(order.version)
    sealed = views.pieces_told(session, order_id, ShipmentDispatched)
    for at, change in enumerate(changes):
        if change.line in [each.line for each in changes[:at]]:
            raise Refused("Name line {line} once.", field=f"lines[{at}].line", line=change.line)
        line = _line(order, change.line, f"lines[{at}].line")
        amendment.need_possible(
            line, change, sealed=sealed.get(line.number, 0), today=today, field=f"lines[{at}]"
        )
    for change in changes:
        withdraw_changed(session, order, order.line(change.line))
    with owing(session, order):
        amended = [_amend(session, order, change) for change in changes]
    if any(each.events for each in amended):
        order.version += 1
    fewer = [(each.line, each.fewer) for each in amended if each.fewer]
    id = uuid7s.uuid7() if fewer else None
    if id:
        asked = taking_back.request(order, fewer, id=id, reason=reason, unpack=unpack, on=today)
        timeline.tell(session, *asked)
    return AmendedOrder(order, [said for each in amended for said in each.consequences], id)


def _line(order: Order, number: int, field: str) -> Line:
    try:
        return order.line(number)
    except Refused as refusal:
        raise Refused(refusal.sentence, field=field) from None


def _amend(session: Session, order: Order, change: Change) -> Amended:
    line, today = order.line(change.line), business_today(session)
    freed = free_lane.end_elsewhere(line, change, at=business_now(session))
    screening = _screened(session, order, line, change)
    found = verdict(line, screening)
    amended = amendment.amend(order, line, change, screening, on=today)
    if amended.events:
        keep_caught(session, order, line, found, because="amendment")
    if freed:
        amended.consequences.append(Consequence(line.number, "lane", ANYBODYS))
    timeline.tell(session, *amended.events)
    end_if_changed(session, order, line)
    if amended.dies:
        session.flush()  # a withdrawn hold makes room for the one that follows it
        timeline.tell(session, *order.ask_again(line, today))
    return amended


def _screened(session: Session, order: Order, line: Line, change: Change) -> Screening:
    """What the rules of today say about the line as it will be."""
    today = business_today(session)
    goods = policies.goods(
        session.execute(select(items.c.published).where(items.c.sku == line.sku)).scalar_one(),
        destination=change.consignee.country if change.consignee else line.destination,
        transit=change.transit_of(line),
        delivery=max(line.delivery_if(change.requested_date or line.requested_date), today),
        prison_families=policies.prison_families(session, order.buyer),
        lane=line.lane_if(more=amendment.more_than_now(line, change) > 0),
    )
    return screen(goods, policies.in_force(session, today))
