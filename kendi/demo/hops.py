"""How long each hop took: from the commit in one service to its effect in another, or at the buyer's endpoint."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import median
from uuid import UUID

from sqlalchemy import text

from shared.database import Database
from shared.sight import SERVICE

APPLIED = text("SELECT source, event_id, done_at FROM inbox WHERE state = 2")
TOLD = text("""
    SELECT t.event_id, d.delivered_at FROM webhook_delivery d JOIN timeline t ON t.id = d.timeline_id
    WHERE t.source = 'orders' AND d.delivered_at IS NOT NULL""")


def hop_lines(app_urls: Mapping[str, str]) -> Iterator[str]:
    """A line for each pair of services, and one for the webhooks of orders' own events."""
    taken: dict[str, list[float]] = defaultdict(list)
    for service, url in app_urls.items():
        database = Database(url, sees=SERVICE, pool_size=1)
        with database.reading() as session:
            for source, event_id, done_at in session.execute(APPLIED):
                taken[f"{source} to {service}"].append(_seconds(event_id, done_at))
            if service == "orders":
                for event_id, delivered_at in session.execute(TOLD):
                    taken["orders to the buyer's endpoint"].append(_seconds(event_id, delivered_at))
        database.close()
    for hop, seconds in sorted(taken.items()):
        yield (
            f"  {hop}: {len(seconds)} events, median {1000 * median(seconds):.0f} ms,"
            f" longest {1000 * max(seconds):.0f} ms"
        )


def _seconds(event_id: UUID, until: datetime) -> float:
    """The time of the commit is in the event's UUIDv7."""
    return until.timestamp() - (event_id.int >> 80) / 1000
