"""Whether orders lets a line be made, and by whom. What does not fit or has run out lets nobody do anything."""

from datetime import date
from typing import Final

from shared.events.orders import ClearanceGranted, Lane
from shared.refusal import Refused

LANES: Final[tuple[Lane, ...]] = ("free", "parole_community", "custodial")
"""Whose work it is, from the least to the most restricted."""
LANE: Final[Lane] = "custodial"
"""What a place is, and who may make a line, where nobody says otherwise: what prisoners may make, others may, too."""


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
    return clearance.quantity


def must_be_cleared(until: date | None, *, today: date) -> None:
    """Refuse to begin what orders does not let be made today."""
    if until is None or until < today:
        raise Refused(
            "The clearance to make this ended on {until}; it is renewed before work begins.", until=until
        )


def may_make(lane: Lane, cleared: Lane) -> bool:
    """Whether a place whose work has this lane may make what is cleared for another one."""
    return LANES.index(lane) <= LANES.index(cleared)


def must_make(lane: Lane, cleared: Lane) -> None:
    """Refuse to begin what is made apart from this place."""
    if not may_make(lane, cleared):
        raise Refused("This is made by free workers alone, apart from prisons.")
