"""What shipments tell: a line's route and arrival, by whose law it is screened."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from services.orders import timeline, views
from services.orders.domain.order import Line, Order
from services.orders.domain.routing import passed
from services.orders.handlers.acknowledging import end_if_changed
from services.orders.handlers.locking import locked
from services.orders.handlers.rescreening import screen_again
from shared.events.logistics import (
    CartonsPutIn,
    CartonsTakenOut,
    MilestoneCorrected,
    MilestoneRecorded,
    ShipmentBooked,
    ShipmentCancelled,
    ShipmentDelivered,
    ShipmentRescheduled,
)
from shared.messaging.reactions import Heard

OnTheWay = (
    ShipmentBooked
    | ShipmentRescheduled
    | CartonsPutIn
    | CartonsTakenOut
    | ShipmentCancelled
    | ShipmentDelivered
    | MilestoneRecorded
    | MilestoneCorrected
)
"""What changes by which vessels and ports a line comes, or when."""


def on_the_way(session: Session, event: OnTheWay, heard: Heard) -> None:
    """A line goes where all of its shipments go that are booked or were unloaded, and comes with the last of them.

    A release ends only where that asks for more.
    """
    for order in [locked(session, order_id) for order_id in timeline.orders_of(event)]:
        timeline.note(session, event, heard, order_id=order.id)
        follow(session, order, event)


def follow(session: Session, order: Order, event: OnTheWay) -> None:
    """Take the route and the arrival of the lines that this is about, as they are now."""
    numbers = {part.line for part in event.lines if part.order_id == order.id}
    lines = [line for line in order.lines if line.number in numbers and not line.closed]
    booked = views.booked(session, order.id)
    moved = [line for line in lines if line.expect(each.eta for each in booked[line.number])]
    rerouted = [line for line in lines if _reroute(line, booked[line.number])]
    for line in rerouted:
        end_if_changed(session, order, line)
    screen_again(session, order, rerouted, because="route")
    screen_again(session, order, [line for line in moved if line not in rerouted], because="delivery")


def _reroute(line: Line, shipments: Sequence[Row[Any]]) -> bool:
    """Whether it goes another way than was known; without a booking it keeps the one that was."""
    ports = [port for shipment in shipments for port in shipment.ports]
    before, line.transit = (
        line.transit,
        passed(ports, destination=line.destination) if ports else line.transit,
    )
    return line.transit != before


def screen_by_arrival(session: Session, order: Order, line: Line) -> None:
    """Screen a line again that production promised for another day than was known."""
    shipments = views.booked(session, order.id)[line.number]
    if not line.closed and line.expect(each.eta for each in shipments):
        screen_again(session, order, [line], because="delivery")
