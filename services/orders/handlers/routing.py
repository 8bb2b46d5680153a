"""What a carrier tells: a line's route and arrival, by whose law it is screened."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from services.orders import timeline, views
from services.orders.domain.order import Line, Order
from services.orders.domain.routing import passed
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.rescreening import screen_again
from shared.events.logistics import ShipmentBooked, ShipmentRescheduled
from shared.messaging.reactions import Heard


def on_shipment_booked(session: Session, event: ShipmentBooked, heard: Heard) -> None:
    """A line goes where all of its shipments go that are booked, and comes with the last of them.

    A release ends only where that asks for more.
    """
    for order in [locked(session, order_id) for order_id in timeline.orders_of(event)]:
        timeline.note(session, event, heard, order_id=order.id)
        booked = views.booked(session, order.id)
        lines = _open_lines(order, event)
        for line in lines:
            if shipments := booked.get(line.number):
                ports = [port for shipment in shipments for port in shipment.ports]
                line.transit = passed(ports, destination=line.destination)
                line.expect(shipment.eta for shipment in shipments)
                end_if_changed(session, order, line)
        screen_again(session, order, [line for line in lines if line.number in booked], because="route")


def on_shipment_rescheduled(session: Session, event: ShipmentRescheduled, heard: Heard) -> None:
    """A line that comes on another day is screened by the law of that day."""
    for order in [locked(session, order_id) for order_id in timeline.orders_of(event)]:
        timeline.note(session, event, heard, order_id=order.id)
        screen_by_arrival(session, order, _open_lines(order, event))


def screen_by_arrival(session: Session, order: Order, lines: Sequence[Line]) -> None:
    """Screen those of the lines again that come on another day than was known."""
    booked = views.booked(session, order.id)
    still_open = [line for line in lines if not line.closed]
    moved = [line for line in still_open if line.expect(each.eta for each in booked.get(line.number, ()))]
    screen_again(session, order, moved, because="delivery")


def _open_lines(order: Order, event: ShipmentBooked | ShipmentRescheduled) -> list[Line]:
    numbers = {part.line for part in event.lines if part.order_id == order.id}
    return [line for line in order.lines if line.number in numbers and not line.closed]
