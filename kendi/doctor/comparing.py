"""Whether all who know a quantity of an order line say the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kendi.doctor.deliveries import way_to_go
from kendi.doctor.histories import Counts, Line, Sides
from kendi.doctor.reading import Reading

ORDER = (
    "ordered", "stopped", "withheld", "cancelled", "cleared", "allocated", "started", "good", "extra",
    "packed", "unpacked", "damaged", "lost", "departed", "delivered",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Two sides that say different numbers of one quantity; passing while events are still on their way."""

    order_id: str
    line: int
    quantity: str
    side_a: str
    side_b: str
    on_their_way: int

    @property
    def firm(self) -> bool:
        return not self.on_their_way

    def __str__(self) -> str:
        passing = f" ({self.on_their_way} events still on their way)" if self.on_their_way else ""
        return (
            f"order {self.order_id} line {self.line}: {self.quantity}: {self.side_a}, {self.side_b}{passing}"
        )


def compare(readings: Mapping[str, Reading]) -> list[Difference]:
    """Every difference between the databases and the histories, in the order in which goods come about."""
    sides = _joined(reading.sides for reading in readings.values())
    on_their_way = _on_their_way(readings)
    return [found for quantity in ORDER for found in _differ(quantity, sides, on_their_way)]


def _joined(all_sides: Iterable[Sides]) -> Sides:
    return {name: counts for sides in all_sides for name, counts in sides.items()}


def _differ(
    quantity: str, sides: Sides, on_their_way: Counter[tuple[str, int | None]]
) -> Iterator[Difference]:
    """The first side, the orders database where it has the quantity, against each of the others."""
    (first, counted), *others = _sides_of(quantity, sides)
    for side, counts in others:
        for line in sorted(counted.keys() | counts.keys()):
            here, there = counted.get(line, 0), counts.get(line, 0)
            if here != there:
                yield Difference(
                    *line, quantity, f"{first} {here}", f"{side} {there}", _of_line(on_their_way, line)
                )


SIDES = {
    "ordered": ("orders", "orders' events", "production demand", "logistics order lines"),
    "stopped": ("orders", "orders' cancellations", "production demand", "production's answers"),
    "withheld": (
        "orders",
        "orders' cancellations",
        "logistics lots",
        "logistics' events",
        "logistics' answers",
    ),
    "cancelled": ("orders", "orders' cancellations"),
    "cleared": ("orders' events", "production demand"),
    "allocated": ("orders", "production work orders", "production's plans", "production's offers"),
    "started": ("orders", "production work orders", "production's events"),
    "good": (
        "orders",
        "production work orders",
        "production's inspections",
        "production's lots",
        "logistics lots",
    ),
    "extra": ("orders", "production work orders", "production's lots"),
    "packed": ("orders", "logistics lots", "logistics cartons", "logistics' events"),
    "unpacked": ("orders", "logistics cartons", "logistics' events"),
    "damaged": ("logistics cartons", "logistics' events"),
    "lost": ("logistics cartons", "logistics' events"),
    "departed": ("orders", "logistics shipments", "logistics' events"),
    "delivered": ("orders", "logistics shipments", "logistics' events"),
}
"""Who has to agree; a side that says nothing of a line says 0."""


def _sides_of(quantity: str, sides: Sides) -> list[tuple[str, Counts]]:
    return [(side, sides.get((quantity, side), {})) for side in SIDES[quantity]]


def _on_their_way(readings: Mapping[str, Reading]) -> Counter[tuple[str, int | None]]:
    return Counter(line for event, _ in way_to_go(readings) for line in event.about)


def _of_line(counts: Counter[tuple[str, int | None]], line: Line) -> int:
    order_id, _ = line
    return counts[line] + counts[order_id, None]
