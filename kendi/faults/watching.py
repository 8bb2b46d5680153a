"""How much is under way, and how long it takes until what was under way at a moment has arrived."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from kendi.faults.ground import SERVICES, Ground

UNDER_WAY = """
    SELECT (SELECT count(*) FROM outbox_delivery WHERE state = 0)
         + (SELECT count(*) FROM outbox_delivery WHERE state = 1)
         + (SELECT count(*) FROM inbox WHERE state < 2)"""
NEWEST = "SELECT coalesce(max(id), 0) FROM outbox_event"
ARRIVED = """
    SELECT NOT EXISTS (SELECT 1 FROM outbox_delivery WHERE state < 2 AND event_pk <= %s)"""


@dataclass
class Recovery:
    """A fault that was healed at a moment, and what was under way then."""

    kind: str
    healed_at: float
    newest: dict[str, int]


@dataclass
class Gauge:
    """Looks into the three databases past the proxies; one that does not answer is asked again later."""

    ground: Ground
    longest: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    pending: list[Recovery] = field(default_factory=list)
    _connections: dict[str, psycopg.Connection[Any]] = field(default_factory=dict)

    def under_way(self) -> int | None:
        """Deliveries not acknowledged and events not applied; None while a database is away."""
        counts = [self._ask(service, UNDER_WAY) for service in SERVICES]
        return None if None in counts else sum(counts)

    def healed(self, kind: str) -> None:
        """From now on count the time until all that is under way has arrived."""
        newest = {service: self._ask(service, NEWEST) for service in SERVICES}
        if None not in newest.values():
            self.pending.append(Recovery(kind, time.monotonic(), newest))

    def look(self) -> None:
        """Take note of each fault whose events have all arrived."""
        for recovery in list(self.pending):
            if all(self._ask(service, ARRIVED, recovery.newest[service]) for service in SERVICES):
                self.pending.remove(recovery)
                took = time.monotonic() - recovery.healed_at
                self.longest[recovery.kind] = max(self.longest[recovery.kind], took)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _ask(self, service: str, query: str, *parameters: Any) -> Any:
        try:
            connection = self._connections.get(service)
            if connection is None or connection.closed:
                connection = self._connections[service] = self.ground.connect(service)
            row = connection.execute(cast(Any, query), parameters).fetchone()
            return row[0] if row else None
        except psycopg.Error:
            self._connections.pop(service, None)
            return None
