"""Having a blocked line made in a free workshop, apart from prisons."""

from uuid import UUID

from sqlalchemy.orm import Session

from services.orders import timeline
from services.orders.domain import free_lane
from services.orders.domain.hold import Signer
from services.orders.domain.order import Order
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.rescreening import screen_again
from shared.clock import business_now


def ask_free_lane(session: Session, *, order_id: UUID, line: int, by: Signer) -> Order:
    """The buyer would have free workers make a line that the law blocks."""
    order = locked(session, order_id)
    timeline.tell(session, *free_lane.ask(order, order.line(line), by=by, at=business_now(session)))
    return order


def decline_free_lane(session: Session, *, order_id: UUID, line: int, by: Signer, reason: str) -> Order:
    """Free workers do not make it, though the buyer asked: the other ways out are left."""
    order = locked(session, order_id)
    told = free_lane.decline(order, order.line(line), by=by, reason=reason, at=business_now(session))
    timeline.tell(session, *told)
    return order


def choose_free_lane(session: Session, *, order_id: UUID, line: int, by: Signer, reason: str) -> Order:
    """Free workers are to make it: it is screened as their work, and is cleared or waits for a release."""
    order = locked(session, order_id)
    chosen = order.line(line)
    told = free_lane.choose(order, chosen, by=by, reason=reason, at=business_now(session))
    timeline.tell(session, *told)
    end_if_changed(session, order, chosen)
    screen_again(session, order, [chosen], because="lane")
    free_lane.need_unbarred(chosen)
    return order
