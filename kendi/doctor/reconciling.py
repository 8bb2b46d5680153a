"""Having every publisher compare with its subscribers at once, from the first event on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from kendi.doctor.reading import NotReadable
from shared.database import Database
from shared.sight import SERVICE

SECONDS = 60
ASK = text("""
    INSERT INTO reconciled (peer, peer_is) SELECT DISTINCT subscriber, 'subscriber' FROM subscription
    ON CONFLICT (peer, peer_is) DO UPDATE SET agreed_until = NULL, next_at = now(), checked_at = NULL
    RETURNING peer, sent_again, unknown""")
ROWS = text("SELECT * FROM reconciled WHERE peer_is = 'subscriber'")


@dataclass(frozen=True)
class Compared:
    """What a publisher found out about one subscriber; without an answer it is not ``answered``."""

    publisher: str
    subscriber: str
    answered: bool
    sent_again: int
    unknown: int
    agreed_until: datetime | None

    @property
    def good(self) -> bool:
        return self.answered and not self.sent_again and not self.unknown

    def __str__(self) -> str:
        pair = f"{self.publisher} to {self.subscriber}"
        if not self.answered:
            return f"{pair}: no answer; see whether their relays and workers run"
        until = f", the same until {self.agreed_until:%Y-%m-%d %H:%M:%S} UTC" if self.agreed_until else ""
        return (
            f"{pair}: {self.sent_again} events sent again, {self.unknown} unknown to {self.publisher}{until}"
        )


def reconcile(urls: Mapping[str, str], *, seconds: float = SECONDS) -> list[Compared]:
    """Ask, and wait for what the running relays and workers find; raises ``NotReadable``."""
    databases = {service: Database(url, sees=SERVICE, pool_size=1) for service, url in urls.items()}
    try:
        before = {service: _ask(service, database) for service, database in databases.items()}
        deadline = time.monotonic() + seconds
        found = _look(databases, before)
        while not all(each.answered for each in found) and time.monotonic() < deadline:
            time.sleep(0.2)
            found = _look(databases, before)
        return found
    finally:
        for database in databases.values():
            database.close()


def _ask(service: str, database: Database) -> dict[str, tuple[int, int]]:
    """Make every comparison due; returns what was found so far, for each subscriber."""
    try:
        with database.transaction() as session:
            return {row.peer: (row.sent_again, row.unknown) for row in session.execute(ASK)}
    except SQLAlchemyError as error:
        raise NotReadable(service, error) from error


def _look(
    databases: Mapping[str, Database], before: Mapping[str, Mapping[str, tuple[int, int]]]
) -> list[Compared]:
    found = []
    for publisher, database in databases.items():
        with database.reading() as session:
            rows = session.execute(ROWS).all()
        for row in rows:
            sent_again, unknown = before[publisher][row.peer]
            found.append(
                Compared(
                    publisher,
                    row.peer,
                    row.checked_at is not None,
                    row.sent_again - sent_again,
                    row.unknown - unknown,
                    row.agreed_until,
                )
            )
    return found
