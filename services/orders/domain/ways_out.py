"""What is left to do with goods that the law bars from where they were to go; a release is not among it."""

from typing import Final, Literal

from services.orders.domain import free_lane
from services.orders.domain.order import Line

Way = Literal["another_destination", "free_lane", "domestic_sale", "cancellation"]
WAYS: Final[tuple[Way, ...]] = ("another_destination", "free_lane", "domestic_sale", "cancellation")


def ways_out(line: Line) -> tuple[Way, ...]:
    """All that a blocked line may become; none for one that is not blocked.

    Free workers make no line that others began, nor one that the law bars whoever makes it.
    """
    if not line.blocked:
        return ()
    return tuple(way for way in WAYS if way != "free_lane" or free_lane.is_open_to(line))
