"""Whether orders lets a line be made. What does not fit or has run out lets nobody do anything."""

from datetime import date
from typing import Final

from shared.events.orders import ClearanceGranted
from shared.refusal import Refused

LANE: Final = "custodial"
"""Whose work this service hands out; a clearance for other people's work is none for it."""


def pieces_to_make(clearance: ClearanceGranted, *, ordered: int, destination: str, today: date) -> int:
    """How many pieces of the line may be made in all; none for another purpose or if it has run out.

    One that contradicts the order line is refused rather than cut to fit: somebody must look at it.
    """
    if clearance.purpose != "produce" or clearance.expires_on < today:
        return 0
    if clearance.quantity > ordered:
        raise Refused(
            "{cleared} pieces are cleared where {ordered} were ordered.",
            field="quantity",
            cleared=clearance.quantity,
            ordered=ordered,
        )
    if clearance.destination != destination:
        raise Refused(
            "The clearance is for {cleared} and the line for {destination}.",
            field="destination",
            cleared=clearance.destination,
            destination=destination,
        )
    if clearance.lane != LANE:
        raise Refused("The clearance is for {cleared} work.", field="lane", cleared=clearance.lane)
    return clearance.quantity


def must_be_cleared(until: date | None, *, today: date) -> None:
    """Refuse to begin what orders does not let be made today."""
    if until is None or until < today:
        raise Refused(
            "The clearance to make this ended on {until}; it is renewed before work begins.", until=until
        )
