"""What is read of one service's database, all at one moment and without writing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kendi.doctor.histories import Counts, Sides, about, fold
from shared.database import Database
from shared.failure import Failure
from shared.sight import SERVICE

QUANTITIES: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "orders": """
            SELECT order_id, number AS line, ordered, cancelled, cancelled - withheld AS stopped, withheld,
                allocated - extra AS allocated, started - extra AS started, good, extra, packed, unpacked, departed, delivered
            FROM order_line""",
        "orders' cancellations": """
            SELECT order_id, line_number AS line, sum(coalesce(stopped, 0) + withheld) AS cancelled,
                sum(coalesce(stopped, 0)) AS stopped, sum(withheld) AS withheld
            FROM cancellation GROUP BY order_id, line_number""",
    },
    "production": {
        "production demand": "SELECT order_id, line, quantity AS ordered, cleared, stopped FROM demand",
        "production work orders": """
            SELECT order_id, line, coalesce(sum(quantity - extra) FILTER (
                    WHERE declined_reason IS NULL AND withdrawn_on IS NULL), 0) AS allocated,
                coalesce(sum(quantity - extra) FILTER (WHERE started_on IS NOT NULL), 0) AS started,
                sum(good) AS good, sum(greatest(0, good - (quantity - extra))) AS extra
            FROM work_order GROUP BY order_id, line""",
    },
    "logistics": {
        "logistics order lines": "SELECT order_id, number AS line, ordered FROM order_line",
        "logistics lots": """
            SELECT order_id, line, sum(good) AS good, sum(packed) AS packed, sum(withheld) AS withheld
            FROM lot GROUP BY order_id, line""",
        "logistics cartons": """
            SELECT lot.order_id, lot.line, coalesce(sum(pieces) FILTER (WHERE unpacked_at IS NULL), 0) AS packed,
                coalesce(sum(pieces) FILTER (WHERE unpacked_at IS NOT NULL), 0) AS unpacked,
                coalesce(sum(pieces) FILTER (WHERE damaged_at IS NOT NULL), 0) AS damaged,
                coalesce(sum(pieces) FILTER (WHERE lost_at IS NOT NULL), 0) AS lost
            FROM carton JOIN lot ON lot.code = carton.lot GROUP BY lot.order_id, lot.line""",
        "logistics shipments": """
            SELECT lot.order_id, lot.line,
                coalesce(sum(pieces) FILTER (WHERE gone.departed), 0) AS departed,
                coalesce(sum(pieces) FILTER (WHERE gone.delivered), 0) AS delivered
            FROM carton JOIN lot ON lot.code = carton.lot JOIN (
                SELECT shipment_id, bool_or(code = 'VESSEL_DEPARTED') AS departed,
                    bool_or(code = 'DELIVERED') AS delivered
                FROM shipment_milestone GROUP BY shipment_id) gone USING (shipment_id)
            GROUP BY lot.order_id, lot.line""",
    },
}
"""Per service, who says what: each column but the first two is a quantity of the order line."""

EVENTS = """
    SELECT event_id, subject_kind, subject, sequence, type, md5(data::text) AS digest, data
    FROM outbox_event ORDER BY subject, sequence"""
UNDER_WAY = """
    SELECT d.subscriber, e.event_id FROM outbox_delivery d JOIN outbox_event e ON e.id = d.event_pk
    WHERE d.state < 2"""
NOT_ADDRESSED = """
    SELECT s.subscriber, e.event_id FROM outbox_event e JOIN subscription s USING (subject_kind)
    LEFT JOIN outbox_delivery d ON d.subscriber = s.subscriber AND d.event_pk = e.id
    WHERE d.event_pk IS NULL"""
INBOX = """
    SELECT source, event_id, subject, sequence, type, md5(data::text) AS digest, state, done_at, last_error,
        waits > 0 AND received_at < now() - interval '1 hour' AS waits_long
    FROM inbox ORDER BY source, subject, sequence"""
TIMELINE = """
    WITH told AS (
        SELECT event_id, subject, sequence, type, data FROM outbox_event WHERE subject_kind = 'order'
        UNION ALL SELECT event_id, subject, sequence, type, data FROM inbox WHERE state = 2),
    expected AS (
        SELECT DISTINCT told.event_id, subject, sequence, type, CAST(order_id AS uuid) AS order_id
        FROM told CROSS JOIN LATERAL (
            SELECT data ->> 'order_id' UNION ALL SELECT part ->> 'order_id'
            FROM jsonb_array_elements(CASE WHEN data ? 'order_id' THEN '[]' ELSE data -> 'lines' END) part
        ) AS about (order_id) WHERE order_id IS NOT NULL)
    SELECT order_id, e.event_id, subject, sequence, e.type, count(t.id) AS entries, min(t.id) AS entry,
        max(max(t.id)) OVER (PARTITION BY order_id, subject ORDER BY sequence
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM expected e LEFT JOIN timeline t USING (order_id, event_id)
    GROUP BY order_id, e.event_id, subject, sequence, e.type"""
MISPLACED = f"SELECT * FROM ({TIMELINE}) placed WHERE entries = 0 OR entry < before"  # noqa: S608


class NotReadable(Failure):
    """A service's database can't be read; without it there is nothing to compare."""

    def __init__(self, service: str, error: SQLAlchemyError) -> None:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        super().__init__(f"the {service} database can't be read: {said}")


@dataclass(frozen=True, slots=True)
class Event:
    """One event as its publisher has it."""

    id: UUID
    kind: str
    subject: str
    sequence: int
    type: str
    digest: str
    about: frozenset[tuple[str, int | None]]

    @property
    def name(self) -> str:
        return f"{self.type} (number {self.sequence} of {self.subject})"


@dataclass(frozen=True, slots=True)
class Received:
    """One event as a subscriber has it."""

    id: UUID
    subject: str
    sequence: int
    type: str
    digest: str
    state: int
    done_at: datetime | None
    last_error: str | None
    waits_long: bool


@dataclass
class Reading:
    """One service's database at one moment."""

    service: str
    orders: int = 0
    sides: Sides = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    subscriptions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    under_way: set[tuple[str, UUID]] = field(default_factory=set)
    not_addressed: set[tuple[str, UUID]] = field(default_factory=set)
    inbox: dict[str, list[Received]] = field(default_factory=lambda: defaultdict(list))
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    misplaced: list[Row[Any]] = field(default_factory=list)
    """Events that do not stand on their order's timeline, or before one with a lower number."""


def read_all(urls: Mapping[str, str]) -> dict[str, Reading]:
    """Read every service's database, each at a moment of its own."""
    return {service: _read(service, url) for service, url in urls.items()}


def _read(service: str, url: str) -> Reading:
    database = Database(url, sees=SERVICE, pool_size=1)
    reading = Reading(service)
    try:
        with database.reading() as session:
            session.execute(text("SET LOCAL statement_timeout = '5min'"))  # a long history takes its time
            _read_quantities(session, reading)
            _read_outbox(session, reading)
            _read_inbox(session, reading)
            if service == "orders":
                reading.orders = session.execute(text("SELECT count(*) FROM buyer_order")).scalar_one()
                reading.misplaced = list(session.execute(text(MISPLACED)))
    except SQLAlchemyError as error:
        raise NotReadable(service, error) from error
    finally:
        database.close()
    return reading


def _read_quantities(session: Session, reading: Reading) -> None:
    for side, query in QUANTITIES.get(reading.service, {}).items():
        for row in _rows(session, query):
            for quantity in row._fields[2:]:
                counts: Counts = reading.sides.setdefault((quantity, side), {})
                counts[str(row.order_id), row.line] = int(getattr(row, quantity))


def _read_outbox(session: Session, reading: Reading) -> None:
    for row in _rows(session, EVENTS):
        fold(reading.sides, row.type, row.data)
        reading.events.append(
            Event(
                row.event_id,
                row.subject_kind,
                row.subject,
                row.sequence,
                row.type,
                row.digest,
                about(row.data),
            )
        )
    for row in _rows(session, "SELECT subject, last_sequence FROM subject_counter"):
        reading.counters[row.subject] = row.last_sequence
    for row in _rows(session, "SELECT subscriber, subject_kind FROM subscription"):
        reading.subscriptions[row.subscriber].add(row.subject_kind)
    reading.under_way = {(row.subscriber, row.event_id) for row in _rows(session, UNDER_WAY)}
    reading.not_addressed = {(row.subscriber, row.event_id) for row in _rows(session, NOT_ADDRESSED)}


def _read_inbox(session: Session, reading: Reading) -> None:
    for row in _rows(session, INBOX):
        reading.inbox[row.source].append(
            Received(
                row.event_id,
                row.subject,
                row.sequence,
                row.type,
                row.digest,
                row.state,
                row.done_at,
                row.last_error,
                row.waits_long,
            )
        )
    for row in _rows(session, "SELECT source, subject, last_sequence FROM position"):
        reading.positions[row.source, row.subject] = row.last_sequence


def _rows(session: Session, query: str) -> Iterable[Row[Any]]:
    """Rows as they come, a thousand at a time: a history does not fit into one statement's time."""
    return session.execute(text(query), execution_options={"yield_per": 1000})
