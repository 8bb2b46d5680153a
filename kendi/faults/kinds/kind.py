"""What a kind of fault is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from kendi.faults.ground import Ground
from kendi.faults.stream import Stream

Strike = Callable[["Scene"], Iterator[float]]
"""Does the harm, yields how many seconds to let pass, and at its end has undone the harm."""


@dataclass(frozen=True)
class Scene:
    """What a strike works on; the chance is the schedule's, so that a seed repeats it."""

    ground: Ground
    stream: Stream
    chance: Random


class NotCarriedOut(Exception):
    """There was nothing to strike: it does not count as a fault."""


@dataclass(frozen=True)
class Kind:
    name: str
    strike: Strike
    lingers: bool = False
    """It goes on while other faults strike."""


KINDS: list[Kind] = []


def kind(name: str, *, lingers: bool = False) -> Callable[[Strike], Strike]:
    """Register a strike under the name that the table shows."""

    def register(strike: Strike) -> Strike:
        KINDS.append(Kind(name, strike, lingers))
        return strike

    return register
