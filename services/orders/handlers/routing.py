"""The route that a booking tells: its lines are screened by the law of every country that they pass."""

from sqlalchemy.orm import Session

from services.orders import policies, timeline, views
from services.orders.domain.destination_policy import screen
from services.orders.domain.routing import passed
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.rescreening import rescreen_line
from shared.clock import business_today
from shared.events.logistics import ShipmentBooked
from shared.messaging.reactions import Heard


def on_shipment_booked(session: Session, event: ShipmentBooked, heard: Heard) -> None:
    """A line goes where all of its shipments go that are booked; a release ends only where that asks for more."""
    today = business_today(session)
    orders = [locked(session, order_id) for order_id in timeline.orders_of(event)]
    rules = policies.in_force(session, today)
    for order in orders:
        timeline.note(session, event, heard, order_id=order.id)
        ports = views.booked_ports(session, order.id)
        booked = {part.line for part in event.lines if part.order_id == order.id} & ports.keys()
        lines = [line for line in order.lines if line.number in booked and not line.closed]
        items = policies.published_items(session, lines)
        families = policies.prison_families(session, order.buyer)
        for line in lines:
            line.transit = passed(ports[line.number], destination=line.destination)
            end_if_changed(session, order, line)
            screening = screen(policies.goods_of(line, items, prison_families=families), rules)
            rescreen_line(session, order, line, screening, on=today)
