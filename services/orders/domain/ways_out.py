"""What is left to do with goods that the law bars from where they were to go; a release is not among it."""

from typing import Final, Literal

from services.orders.domain.order import Line

Way = Literal["another_destination", "free_lane", "domestic_sale", "cancellation"]
WAYS: Final[tuple[Way, ...]] = ("another_destination", "free_lane", "domestic_sale", "cancellation")
BY_CANCELLING: Final[tuple[Way, ...]] = ("free_lane", "cancellation")
"""Goods of a workshop apart from the prison are another line: this one is cancelled."""


def ways_out(line: Line) -> tuple[Way, ...]:
    """All that a blocked line may become; none for one that is not blocked."""
    return WAYS if line.blocked else ()
