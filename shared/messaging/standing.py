"""How a service's messaging stands: what is on its way, what waits, what was parked, who makes progress."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from shared.messaging.inbox import LONG_WAIT

OLD_SECONDS = 60.0
"""An event that no subscriber has confirmed for so long is worth a look; it is sent again all the while."""
ALIVE_SECONDS = 30.0
"""A process that made no progress for so long is not counted as alive, whatever its pid says."""
KINDS = ("worker", "relay")
"""They have work whether anybody asks or not; a web process answers for itself, by ``livez``."""
LONG_WAITS = 5
"""Most that are named one by one."""


@dataclass(frozen=True)
class Outbox:
    """What one subscriber still has to confirm; ``pending`` of it was never sent."""

    subscriber: str
    pending: int
    unacknowledged: int
    oldest_seconds: float | None
    last_receipt_at: datetime | None


@dataclass(frozen=True)
class LongWait:
    """What received events miss for longer than ``LONG_WAIT``: the source and subject that should come.

    ``None`` where they miss nothing, but fail and are tried again: by the database's own trouble for ever.
    """

    waits_for: str | None
    events: int
    oldest_seconds: float


@dataclass(frozen=True)
class NotCompared:
    """A subscriber that has not agreed with us about what was told for longer than ``LONG_WAIT``."""

    subscriber: str
    seconds: float


@dataclass(frozen=True)
class Progress:
    """A process that works for the service, and when it last got on with it."""

    process: str
    host: str
    pid: int
    silent_seconds: float

    @property
    def kind(self) -> str:
        return self.process.rpartition(" ")[2]

    @property
    def alive(self) -> bool:
        return self.silent_seconds < ALIVE_SECONDS


@dataclass(frozen=True)
class Standing:
    """One look at a service's messaging tables. Ages are seconds by the database's clock.

    ``waiting`` counts the received events that did not take effect yet, ``not_yet`` those of them
    that miss what another subject brings. ``conflicts`` and ``untrusted`` are parked messages that
    nobody dismissed, the latter as often as they came. ``long_waiting`` counts the events that miss something, or fail, for long; the longest
    of these waits are ``long_waits``.
    """

    outbox: tuple[Outbox, ...]
    waiting: int
    not_yet: int
    oldest_waiting_seconds: float | None
    parked: int
    conflicts: int
    untrusted: int
    progress: tuple[Progress, ...]
    long_waiting: int
    long_waits: tuple[LongWait, ...]
    not_compared: tuple[NotCompared, ...]

    @property
    def unacknowledged(self) -> int:
        return sum(each.unacknowledged for each in self.outbox)

    @property
    def oldest_seconds(self) -> float:
        return max((each.oldest_seconds or 0.0 for each in self.outbox), default=0.0)

    @property
    def alive(self) -> dict[str, int]:
        """How many processes of each kind make progress; a kind that never reported is left out."""
        kinds = [kind for kind in KINDS if any(each.kind == kind for each in self.progress)]
        return {kind: sum(each.alive for each in self.progress if each.kind == kind) for kind in kinds}

    @property
    def warnings(self) -> list[str]:
        """What an operator should look at, a sentence each; none if all is well."""
        return list(_warnings(self))


def _warnings(standing: Standing) -> Iterable[str]:
    if standing.parked:
        yield f"parked events: {standing.parked}"
    if standing.conflicts + standing.untrusted:
        yield f"parked messages: {standing.conflicts} in conflict, {standing.untrusted} not trusted"
    for each in standing.outbox:
        if (each.oldest_seconds or 0) > OLD_SECONDS:
            yield (
                f"{each.subscriber} has not confirmed {each.unacknowledged} events, the oldest for {each.oldest_seconds:.0f} s"
            )
    for wait in standing.long_waits:
        since = f"the oldest for {wait.oldest_seconds / 60:.0f} min"
        if wait.waits_for is None:
            yield f"events that fail and are tried again: {wait.events}, {since}"
        else:
            yield f"events that wait for {_missing(wait.waits_for)}: {wait.events}, {since}"
    others = standing.long_waiting - sum(wait.events for wait in standing.long_waits)
    if others:
        yield f"other events that wait for more than an hour: {others}"
    for late in standing.not_compared:
        yield f"{late.subscriber} has not agreed about what it was told for {late.seconds / 60:.0f} min"
    for kind, alive in standing.alive.items():
        if not alive:
            yield f"no {kind} makes progress"


def _missing(waits_for: str) -> str:
    source, _, what = waits_for.partition(" ")
    return f"a version that knows {what}" if source == "version" else f"{source} to tell of {what}"


OUTBOX = text("""
    SELECT s.subscriber, r.received_at AS last_receipt_at, new.n AS pending, new.n + sent.n AS unacknowledged,
           extract(epoch FROM clock_timestamp() - e.recorded_at)::float AS oldest_seconds
    FROM (SELECT DISTINCT subscriber FROM subscription) s
    CROSS JOIN LATERAL (SELECT count(*) AS n, min(event_pk) AS oldest FROM outbox_delivery d
                        WHERE d.subscriber = s.subscriber AND d.state = 0) new
    CROSS JOIN LATERAL (SELECT count(*) AS n, min(event_pk) AS oldest FROM outbox_delivery d
                        WHERE d.subscriber = s.subscriber AND d.state = 1) sent
    LEFT JOIN outbox_event e ON e.id = least(new.oldest, sent.oldest)
    LEFT JOIN receipts_from r ON r.subscriber = s.subscriber
    ORDER BY s.subscriber""")
"""New and sent deliveries apart, as each have an index of their own."""

INBOX = text("""
    SELECT count(*) AS waiting, count(waits_for) AS not_yet,
           extract(epoch FROM clock_timestamp() - min(received_at))::float AS oldest_waiting_seconds,
           (SELECT count(*) FROM inbox WHERE state = 3) AS parked
    FROM inbox WHERE state < 2""")

LONG = text("""
    SELECT waits_for, count(*) AS events, extract(epoch FROM now() - min(received_at))::float AS oldest_seconds
    FROM inbox WHERE state < 2 AND (waits_for IS NOT NULL OR last_error IS NOT NULL)
        AND received_at < now() - CAST(:long AS interval)
    GROUP BY waits_for ORDER BY min(received_at), waits_for""")

COMPARED = text("""
    SELECT r.peer AS subscriber, extract(epoch FROM now() - since)::float AS seconds
    FROM reconciled r, LATERAL (
        SELECT coalesce(r.agreed_until, (SELECT recorded_at FROM outbox_event ORDER BY id LIMIT 1)) AS since) s
    WHERE r.peer_is = 'subscriber' AND since < now() - CAST(:long AS interval) ORDER BY r.peer""")
"""Where they never agreed it counts from our first event."""

MESSAGES = text("""
    SELECT count(*) FILTER (WHERE NOT message ? 'payload') AS conflicts,
           coalesce(sum(times) FILTER (WHERE message ? 'payload'), 0)::bigint AS untrusted
    FROM parked_message WHERE dismissed_at IS NULL""")
"""What is not trusted has a payload, and counts as often as it came; in conflict are events that were read."""

PROGRESS = text("""
    SELECT process, host, pid, extract(epoch FROM clock_timestamp() - progressed_at)::float AS silent_seconds
    FROM heartbeat ORDER BY process, host, pid""")


def standing(session: Session) -> Standing:
    """How the messaging of the service stands whose database this is."""
    inbox, messages = session.execute(INBOX).one(), session.execute(MESSAGES).one()
    long = [LongWait(**_values(row)) for row in session.execute(LONG, {"long": LONG_WAIT})]
    return Standing(
        long_waiting=sum(wait.events for wait in long),
        long_waits=tuple(long[:LONG_WAITS]),
        not_compared=tuple(
            NotCompared(**_values(row)) for row in session.execute(COMPARED, {"long": LONG_WAIT})
        ),
        outbox=tuple(Outbox(**_values(row)) for row in session.execute(OUTBOX)),
        progress=tuple(Progress(**_values(row)) for row in session.execute(PROGRESS)),
        **_values(inbox),
        **_values(messages),
    )


def _values(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)
