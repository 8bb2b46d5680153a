"""What may be told of people elsewhere: figures about five or more, from which none about fewer can be derived.

Whatever is not told of a facility is in no sum either, so that no subtraction gives it back; and a part is told
only if the rest of its whole is five or more, too, or nobody.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

LEAST = 5
"""People behind any figure (k)."""

V = TypeVar("V")


def told(value: V, people: int) -> V | None:
    """A figure about so many people, or nothing."""
    return value if people >= LEAST else None


def nested_told(*counts: int) -> list[int | None]:
    """Counts of people of whom each are among those before: one is told if it differs by nobody or by five or more."""
    told_so_far: list[int | None] = []
    for count in counts:
        gaps = [abs(before - count) for before in told_so_far if before is not None]
        few = count < LEAST or any(0 < gap < LEAST for gap in gaps)
        told_so_far.append(None if few else count)
    return told_so_far


def summed(cells: Iterable[Mapping[str, int | None]], *names: str) -> dict[str, int] | None:
    """The sums over those rows in which all these figures are told; nothing if there is none."""
    whole = [row for row in cells if all(row[name] is not None for name in names)]
    return {name: sum(row[name] or 0 for row in whole) for name in names} if whole else None
