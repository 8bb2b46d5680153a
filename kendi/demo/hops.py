"""How long each hop took: from the commit in one service to its effect in another, or at the buyer's endpoint."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from statistics import median

from sqlalchemy import text

from shared.database import Database
from shared.messaging.outbox import recorded_at
from shared.sight import SERVICE

APPLIED = text("SELECT source, event_id, done_at FROM inbox WHERE state = 2")
TOLD = text("""
    SELECT t.event_id, d.delivered_at FROM webhook_delivery d JOIN timeline t ON t.id = d.timeline_id
    WHERE t.source = 'orders' AND d.delivered_at IS NOT NULL""")


def hop_lines(app_urls: Mapping[str, str], *, since: datetime) -> Iterator[str]:
    """A line for each pair of services, and one for the webhooks of orders' own events.

    What was told ``since`` all processes run counts: what was loaded before waited for them to start.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    for service, url in app_urls.items():
        database = Database(url, sees=SERVICE, pool_size=1)
        with database.reading() as session:
            for source, event_id, done_at in session.execute(APPLIED):
                if recorded_at(event_id) >= since:
                    taken[f"{source} to {service}"].append((done_at - recorded_at(event_id)).total_seconds())
            if service == "orders":
                for event_id, delivered_at in session.execute(TOLD):
                    taken["orders to the buyer's endpoint"].append(
                        (delivered_at - recorded_at(event_id)).total_seconds()
                    )
        database.close()
    for hop, seconds in sorted(taken.items()):
        yield (
            f"  {hop}: {len(seconds)} events, median {1000 * median(seconds):.0f} ms,"
            f" longest {1000 * max(seconds):.0f} ms"
        )
