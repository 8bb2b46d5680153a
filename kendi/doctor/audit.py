"""The audit: what all databases say now, twice where they do not agree. Nothing is written."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kendi.doctor.comparing import Difference, compare
from kendi.doctor.deliveries import FINISHED, Finding, expected, judge
from kendi.doctor.reading import Reading, read_all
from shared.messaging.tables import Inbox

EXAMPLES = 20


@dataclass(frozen=True)
class Summary:
    """How much was looked at, and all that is not as it should be.

    ``deliveries`` are the effects that are expected (each event in each of its subscribers),
    ``effects`` those that took place. ``not_conserved`` holds firm differences, ``passing`` those
    of lines with events still on their way.
    """

    orders: int
    events: int
    deliveries: int
    effects: int
    on_their_way: tuple[Finding, ...]
    lost: tuple[Finding, ...]
    stuck: tuple[Finding, ...]
    out_of_order: tuple[Finding, ...]
    not_conserved: tuple[Difference, ...]
    passing: tuple[Difference, ...]

    @property
    def good(self) -> bool:
        """Nothing is wrong; events may still be on their way."""
        return not (self.lost or self.stuck or self.out_of_order or self.not_conserved)

    def as_json(self) -> dict[str, Any]:
        counts = ("orders", "events", "deliveries", "effects")
        kinds = [name for name in vars(self) if name not in counts]
        return {
            **{name: getattr(self, name) for name in counts},
            **{name: len(getattr(self, name)) for name in kinds},
            "good": self.good,
            "examples": {name: [str(found) for found in getattr(self, name)[:EXAMPLES]] for name in kinds},
            "differences": [asdict(found) for found in self.not_conserved + self.passing],
        }


def summary(app_urls: Mapping[str, str]) -> Summary:
    """Read all databases; what looks wrong is believed only if a second reading says the same.

    The databases are read one after the other, so that what happened meanwhile can look like a
    difference once, but not twice with the same numbers.
    """
    first = read_all(app_urls)
    before = {*compare(first), *judge(first)}
    if not before:
        return _summary(first, [], [])
    readings = read_all(app_urls)
    moving = [found for found in judge(readings) if found.kind == "on_their_way" or found in before]
    return _summary(readings, [found for found in compare(readings) if found in before], moving)


def _summary(readings: Mapping[str, Reading], differ: list[Difference], found: list[Finding]) -> Summary:
    kinds = ("on_their_way", "lost", "stuck", "out_of_order")
    due = list(expected(readings))
    return Summary(
        orders=sum(reading.orders for reading in readings.values()),
        events=sum(len(reading.events) for reading in readings.values()),
        deliveries=sum(len(events) for _, _, events in due),
        effects=sum(
            row.state in FINISHED - {Inbox.DISCARDED}
            for reading in readings.values()
            for rows in reading.inbox.values()
            for row in rows
        ),
        **{kind: tuple(each for each in found if each.kind == kind) for kind in kinds},
        not_conserved=tuple(each for each in differ if each.firm),
        passing=tuple(each for each in differ if not each.firm),
    )
