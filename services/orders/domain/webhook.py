"""A buyer's endpoint: what it wants to be told, under which secrets, and when trying is worth it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from shared.refusal import Refused

MOST_ENDPOINTS = 10
"""Of one buyer; each is told every step that it wants."""

OPENS_AFTER = 10
"""Failures one after the other, of whatever orders, after which an endpoint counts as failing."""
FIRST_PROBE, LONGEST_PROBE = timedelta(seconds=30), timedelta(minutes=15)
"""A failing endpoint is tried once in each of these growing pauses."""
SWITCHED_OFF_AFTER = timedelta(days=14)
"""Without one success."""

GIVE_UP_AFTER = 19
"""Attempts with pauses of 5 s, 20 s, 80 s … up to six hours: about three days."""
REPLAY_GIVES_UP_AFTER = 5
"""Attempts, in about seven minutes: what is told again must not hold up what was not told yet."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)

OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)

ASKED, GONE, SILENT = "asked", "gone", "silent"
"""Why an endpoint is off: its buyer said so, it answered 410, or it failed for too long."""


@dataclass(eq=False, kw_only=True)
class Endpoint:
    """Where a buyer is told each step; no event types chosen means all."""

    id: UUID
    buyer: str
    url: str
    secret: str
    description: str = ""
    event_types: list[str] = field(default_factory=list)
    previous_secret: str | None = None
    previous_secret_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    probe_at: datetime | None = None
    off_since: datetime | None = None
    off_because: str | None = None
    created_at: datetime = field(init=False)
    removed_at: datetime | None = None
    version: int = 1

    @property
    def state(self) -> str:
        """``on``; ``failing``, tried by one probe in each pause; or ``off``."""
        if self.off_since:
            return "off"
        return "failing" if self.probe_at else "on"

    @property
    def since(self) -> datetime | None:
        """When it was switched off or began to fail; none while it is on."""
        return self.off_since or (self.failing_since if self.probe_at else None)

    def answered(self) -> bool:
        """It took what it was told; returns whether it was failing until now."""
        healed = self.probe_at is not None
        self.failures, self.failing_since, self.probe_at = 0, None, None
        return healed

    def failed(self, at: datetime) -> None:
        """It can't be reached, or refused; after many times only a probe is sent now and then."""
        self.failures += 1
        self.failing_since = self.failing_since or at
        if self.failures >= OPENS_AFTER:
            doubled = min(self.failures - OPENS_AFTER, 10)
            self.probe_at = at + min(FIRST_PROBE * int(2**doubled), LONGEST_PROBE)
        if at - self.failing_since >= SWITCHED_OFF_AFTER:
            self._switch_off(at, SILENT)

    def gone(self, at: datetime) -> None:
        """It answered 410: it wants to be told nothing any more."""
        self._switch_off(at, GONE)

    def switch_off(self, at: datetime) -> None:
        self._switch_off(at, ASKED)

    def switch_on(self) -> None:
        """Tell it again, from what waited; a failing one is tried as if it had never failed."""
        self.off_since, self.off_because = None, None
        self.answered()

    def _switch_off(self, at: datetime, because: str) -> None:
        if self.off_since is None:
            self.off_since, self.off_because = at, because

    def move(self, url: str) -> None:
        """Tell another address, which has not failed yet."""
        self.url = url
        self.answered()

    def rotate(self, secret: str, at: datetime, overlap: timedelta) -> None:
        """Sign with another secret; the one before it signs too until the overlap is over."""
        self.previous_secret, self.previous_secret_until = self.secret, at + overlap
        self.secret = secret

    def check_on(self) -> None:
        if self.off_since:
            raise Refused("The endpoint is off; switch it on first.")


def pause_after(tries: int, *, most: int) -> timedelta | None:
    """Until the next try of a delivery that failed so many times; none if it is given up."""
    if tries >= most:
        return None
    quadrupled = min(tries - 1, 8)
    return min(FIRST_PAUSE * int(4**quadrupled), LONGEST_PAUSE)
