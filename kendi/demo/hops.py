"""How long each hop took: from the commit in one service to its effect in orders."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID


def hop_lines(timeline: Iterable[dict[str, Any]]) -> Iterator[str]:
    """A line for each publishing service; the time of the commit is in the event's UUIDv7."""
    taken: dict[str, list[float]] = defaultdict(list)
    for entry in timeline:
        committed = (UUID(entry["event_id"]).int >> 80) / 1000
        taken[entry["source"]].append(datetime.fromisoformat(entry["recorded_at"]).timestamp() - committed)
    for source, seconds in taken.items():
        if source != "orders":
            yield (
                f"  {source} to orders: {len(seconds)} events, median {1000 * median(seconds):.0f} ms,"
                f" longest {1000 * max(seconds):.0f} ms"
            )
