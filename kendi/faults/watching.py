"""How much is under way, and how long it takes until what was under way at a moment has arrived."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import psycopg

from kendi.faults.ground import SERVICES, Ground

UNCONFIRMED = """
    SELECT d.subscriber, e.event_id, e.subject FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_pk
    WHERE d.state = 0
    UNION ALL
    SELECT d.subscriber, e.event_id, e.subject FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_pk
    WHERE d.state = 1"""
"""New and sent ones apart, as each have an index of their own."""
UNAPPLIED = "SELECT %s, event_id, subject FROM inbox WHERE state < 2"
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
        """Deliveries that are not confirmed or not applied, each once; None while a database is away."""
        found = self._deliveries()
        return None if found is None else len(found)

    def in_flight(self) -> int | None:
        """Those of them that move: what waits behind planted poison does not."""
        found = self._deliveries()
        poisoned = set(self.ground.poisoned)
        return None if found is None else sum(subject not in poisoned for _, _, subject in found)

    def _deliveries(self) -> set[tuple[str, UUID, str]] | None:
        found: set[tuple[str, UUID, str]] = set()
        for service in SERVICES:
            for rows in (self._rows(service, UNCONFIRMED), self._rows(service, UNAPPLIED, service)):
                if rows is None:
                    return None
                found.update(rows)
        return found

    def healed(self, kind: str) -> None:
        """From now on count the time until all that is under way has arrived."""
        self.pending.append(Recovery(kind, time.monotonic(), self._newest()))

    def look(self) -> None:
        """Take note of each fault whose events have all arrived."""
        for recovery in list(self.pending):
            recovery.newest = recovery.newest or self._newest()
            newest = recovery.newest.items()
            if newest and all(self._ask(service, ARRIVED, number) for service, number in newest):
                self.pending.remove(recovery)
                self._note(recovery)

    def _newest(self) -> dict[str, int]:
        """The newest event of each service; of none while a database is away, as after its own fault."""
        newest = {service: self._ask(service, NEWEST) for service in SERVICES}
        return {} if None in newest.values() else newest

    def give_up(self) -> None:
        """Nothing more is awaited: what has not recovered by now took at least so long."""
        for recovery in self.pending:
            self._note(recovery)
        self.pending.clear()

    def _note(self, recovery: Recovery) -> None:
        took = time.monotonic() - recovery.healed_at
        self.longest[recovery.kind] = max(self.longest[recovery.kind], took)

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _ask(self, service: str, query: str, *parameters: Any) -> Any:
        """The single value that a query gives; None if nobody answers."""
        rows = self._rows(service, query, *parameters)
        return rows[0][0] if rows else None

    def _rows(self, service: str, query: str, *parameters: Any) -> list[Any] | None:
        try:
            connection = self._connections.get(service)
            if connection is None or connection.closed:
                connection = self._connections[service] = self.ground.connect(service)
            return connection.execute(cast(Any, query), parameters).fetchall()
        except psycopg.Error:
            self._connections.pop(service, None)
            return None
