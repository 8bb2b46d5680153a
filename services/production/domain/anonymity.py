"""What may be told of people elsewhere: figures about five or more, from which none about fewer can be derived.

Counts are told in steps of five, so that all their sums and differences are, too: between facilities, within one,
and from month to month. What is not told of a facility is in no sum; and a figure about a part of a whole that is
known elsewhere is told only if the rest are five or more, too, or nobody.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

LEAST = 5
"""People behind any figure (k)."""

V = TypeVar("V")


def told(value: V, people: int, *, others: int = 0) -> V | None:
    """A figure about so many people, or nothing; with the ``others`` it is about a whole that is known."""
    return value if people >= LEAST and (not others or others >= LEAST) else None


def in_fives(count: int) -> int | None:
    """A count of people, rounded down to a step of five; nothing below the first."""
    return count // LEAST * LEAST or None


def summed(cells: Iterable[Mapping[str, int | None]], *names: str) -> dict[str, int] | None:
    """The sums over those rows in which all these figures are told; nothing if there is none."""
    whole = [row for row in cells if all(row[name] is not None for name in names)]
    return {name: sum(row[name] or 0 for row in whole) for name in names} if whole else None
