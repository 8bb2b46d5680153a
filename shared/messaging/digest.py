"""What a service says of many events without sending them: by hour and kind of subject their count and the
exclusive or of their ids.

An event's hour is in its id (UUIDv7), so that both sides sort it alike, whatever their clocks say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEX = "replace({id}::text, '-', '')"


class Bucket(NamedTuple):
    hour: int
    """Hours since 1970."""
    kind: str


Digest = dict[Bucket, tuple[int, str]]


@dataclass(frozen=True)
class Span:
    """Events whose ids were made from ``since`` on (``None``: from the first on) and before ``until``."""

    since: datetime | None
    until: datetime

    @property
    def ids(self) -> dict[str, UUID]:
        return {"first": lowest_id(self.since) if self.since else UUID(int=0), "end": lowest_id(self.until)}

    def as_json(self) -> dict[str, Any]:
        return {"since": self.since and self.since.isoformat(), "until": self.until.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Span":
        since = value["since"] and datetime.fromisoformat(value["since"])
        return cls(since, datetime.fromisoformat(value["until"]))


def lowest_id(at: datetime) -> UUID:
    """No id made at this millisecond or later is lower."""
    return UUID(int=((at - EPOCH) // timedelta(milliseconds=1)) << 80)


def made_at(id: UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return EPOCH + timedelta(milliseconds=id.int >> 80)


def _counting(id: str, kind: str, table: str) -> TextClause:
    bits = HEX.format(id=id)
    return text(f"""
        SELECT ('x' || left({bits}, 12))::bit(48)::bigint / 3600000 AS hour, {kind} AS kind,
            count(*) AS events, bit_xor(('x' || {bits})::bit(128))::text AS bits
        FROM {table} AND {id} >= :first AND {id} < :end GROUP BY 1, 2""")  # noqa: S608


TOLD = """outbox_event e JOIN outbox_delivery d ON d.event_pk = e.id
    WHERE d.subscriber = :peer AND d.state = 2"""
HEARD = "inbox WHERE source = :peer"
COUNT_TOLD = _counting("e.event_id", "e.subject_kind", TOLD)
COUNT_HEARD = _counting("event_id", "split_part(subject, '/', 1)", HEARD)

LIST_TOLD = text(f"""
    SELECT e.event_id FROM {TOLD}
        AND e.subject_kind = :kind AND e.event_id >= :first AND e.event_id < :end""")  # noqa: S608
LIST_HEARD = text("""
    SELECT id FROM (
        SELECT event_id AS id, subject FROM inbox WHERE source = :peer
        UNION SELECT CAST(message ->> 'id' AS uuid), message ->> 'subject' FROM parked_message
        WHERE message ->> 'source' = '/kendi/' || :peer) came
    WHERE split_part(subject, '/', 1) = :kind AND id >= :first AND id < :end""")
"""With what was parked as a conflict: it came, and would only be parked again."""


def count(session: Session, counting: TextClause, peer: str, span: Span) -> Digest:
    """The digest of what was told to, or heard from, the peer."""
    session.execute(text("SET LOCAL statement_timeout = '60s'"))  # the first one counts the whole history
    rows = session.execute(counting, {"peer": peer, **span.ids})
    return {Bucket(row.hour, row.kind): (row.events, f"{int(row.bits, 2):032x}") for row in rows}


def ids(session: Session, listing: TextClause, peer: str, span: Span, bucket: Bucket) -> Sequence[UUID]:
    """The ids of one bucket, as far as it lies in the span."""
    begin = EPOCH + timedelta(hours=bucket.hour)
    limits = {
        "first": max(span.ids["first"], lowest_id(begin)),
        "end": min(span.ids["end"], lowest_id(begin + timedelta(hours=1))),
    }
    return session.execute(listing, {"peer": peer, "kind": bucket.kind, **limits}).scalars().all()
