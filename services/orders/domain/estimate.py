"""What could probably still be stopped, by what orders knows: an estimate, which binds nobody."""

from dataclasses import dataclass
from typing import Final

from services.orders.domain.order import Line
from shared.refusal import Sentence

WHY: Final = {
    "unassigned": Sentence("no facility has them yet"),
    "not_started": Sentence("work on them has not begun"),
    "finished": Sentence("they are finished and not packed, and can be taken to stock"),
    "packed": Sentence("they are packed in cartons, which need your consent to be opened"),
    "in_work": Sentence("work on them has begun: it goes on, and stays counted and paid"),
    "in_shipment": Sentence("they are in a shipment: a matter of a return or a claim"),
}


@dataclass(frozen=True)
class Part:
    """Pieces at one stage; the stages are in the order in which they are stopped."""

    stage: str
    quantity: int
    stoppable: bool

    @property
    def why(self) -> Sentence:
        return WHY[self.stage]


@dataclass(frozen=True)
class Estimate:
    """The parts of what is asked about."""

    line: int
    asked: int
    parts: tuple[Part, ...]

    @property
    def probably(self) -> int:
        return sum(part.quantity for part in self.parts if part.stoppable)


def estimate(line: Line, quantity: int, *, shipped: int, unpack: bool) -> Estimate:
    """Where the pieces stand that would be asked for; ``shipped`` are in shipments, departed or not."""
    gone = min(max(shipped, line.departed), line.packed)
    pending, begun = line.pending, max(line.started, line.good)
    parts, rest = [], quantity
    for stage, there, stoppable in (
        ("unassigned", line.to_make - line.allocated, True),
        ("not_started", line.allocated - begun, True),
        ("finished", line.good - line.withheld - line.packed, True),
        ("packed", line.packed - gone, unpack),
        ("in_work", begun - line.good, False),
        ("in_shipment", gone - line.departed, False),
    ):
        spoken_for = min(pending, max(0, there)) if stoppable else 0
        pending -= spoken_for
        pieces = min(rest, max(0, there) - spoken_for)
        rest -= pieces
        if pieces:
            parts.append(Part(stage, pieces, stoppable))
    return Estimate(line.number, quantity, tuple(parts))
