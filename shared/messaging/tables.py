"""The tables of the messaging protocol; every service's database has them."""

from enum import IntEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Interval,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.database import Instant, shared_metadata


class Delivery(IntEnum):
    """Where one event stands on its way to one subscriber."""

    DUE = 0
    SENT = 1
    ACKNOWLEDGED = 2


class Inbox(IntEnum):
    """Where one received event stands in its subscriber."""

    PENDING = 0
    RUNNING = 1
    DONE = 2
    PARKED = 3
    SKIPPED = 4
    DISCARDED = 5


business_clock = Table(
    "business_clock",
    shared_metadata,
    Column("single", SmallInteger, primary_key=True),
    Column("ahead", Interval, nullable=False),
    CheckConstraint("single = 1", name="one_row"),
)

subscription = Table(
    "subscription",
    shared_metadata,
    Column("subscriber", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("since", Instant, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("subscriber", "subject_kind"),
)

subject_counter = Table(
    "subject_counter",
    shared_metadata,
    Column("subject", Text, primary_key=True),
    Column("last_sequence", Integer, nullable=False),
)

outbox_event = Table(
    "outbox_event",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid, nullable=False, unique=True),
    Column("subject_kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("actor_role", Text, nullable=False),
    Column("traceparent", Text),
    Column("data", JSONB, nullable=False),
    UniqueConstraint("subject", "sequence"),
)

outbox_delivery = Table(
    "outbox_delivery",
    shared_metadata,
    Column("subscriber", Text, nullable=False),
    Column("event_pk", BigInteger, ForeignKey("outbox_event.id"), nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False, server_default=func.now()),
    Column("sent_at", Instant, comment="the newest attempt"),
    Column("acknowledged_at", Instant),
    PrimaryKeyConstraint("subscriber", "event_pk"),
    CheckConstraint("state BETWEEN 0 AND 2", name="state"),
    postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.01"},
)
Index(
    "outbox_delivery_new_idx",
    outbox_delivery.c.subscriber,
    outbox_delivery.c.event_pk,
    postgresql_where=text("state = 0"),
)
Index(
    "outbox_delivery_sent_idx",
    outbox_delivery.c.subscriber,
    outbox_delivery.c.next_at,
    postgresql_where=text("state = 1"),
)

receipts_from = Table(
    "receipts_from",
    shared_metadata,
    Column("subscriber", Text, primary_key=True),
    Column("received_at", Instant, nullable=False),
    Column("reached", Instant, nullable=False, comment="when the newest of what it acknowledged was sent"),
)

reconciled = Table(
    "reconciled",
    shared_metadata,
    Column("peer", Text, nullable=False),
    Column("peer_is", Text, nullable=False),
    Column("agreed_until", Instant, comment="by the time in the events' ids"),
    Column("next_at", Instant, nullable=False, server_default=func.now()),
    Column("checked_at", Instant),
    Column("sent_again", Integer, nullable=False, server_default="0"),
    Column("unknown", Integer, nullable=False, server_default="0", comment="only the subscriber has them"),
    Column("question", Uuid, comment="the one that was asked and has no answer yet"),
    PrimaryKeyConstraint("peer", "peer_is"),
    CheckConstraint("peer_is IN ('subscriber', 'publisher')", name="peer_is"),
)

heartbeat = Table(
    "heartbeat",
    shared_metadata,
    Column("process", Text, nullable=False, comment="service and kind, for example: orders worker"),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("progressed_at", Instant, nullable=False),
    PrimaryKeyConstraint("process", "host", "pid"),
)

messaging_state = Table(
    "messaging_state",
    shared_metadata,
    Column("single", SmallInteger, primary_key=True),
    CheckConstraint("single = 1", name="one_row"),
    Column("incarnation", Uuid, nullable=False, comment="renewed when the database is restored"),
    Column(
        "broker_epoch", Text, comment="last seen in the broker; another one means that it forgot everything"
    ),
)

inbox = Table(
    "inbox",
    shared_metadata,
    Column("source", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("traceparent", Text),
    Column("data", JSONB, nullable=False),
    Column("state", SmallInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("waits", Integer, nullable=False, server_default="0"),
    Column("waits_for", Text, comment="source and subject that it can't do without yet"),
    Column("next_at", Instant, nullable=False, server_default=func.now()),
    Column("lease", Uuid),
    Column("error_fingerprint", Text),
    Column("last_error", Text),
    Column("received_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("done_at", Instant),
    PrimaryKeyConstraint("source", "event_id"),
    UniqueConstraint("source", "subject", "sequence"),
    CheckConstraint("state BETWEEN 0 AND 5", name="state"),
)
Index("inbox_due_idx", inbox.c.next_at, postgresql_where=text("state < 2"))
Index("inbox_open_idx", inbox.c.event_id, postgresql_where=text("state < 2"))
Index("inbox_waits_for_idx", inbox.c.waits_for, postgresql_where=text("waits_for IS NOT NULL"))
Index("inbox_parked_idx", inbox.c.error_fingerprint, postgresql_where=text("state = 3"))


def order_named(events: Table) -> ColumnElement[str]:
    """The order that an event names; literal, as an index is found by its expression only."""
    return events.c.data.op("->>")(literal_column("'order_id'"))


def orders_in_lines(events: Table) -> ColumnElement[Any]:
    """A list of the orders that an event's lines name, as a shipment's do."""
    path: ColumnElement[str] = literal_column('CAST(\'$."lines"[*]."order_id"\' AS jsonpath)')
    return func.jsonb_path_query_array(events.c.data, path, type_=JSONB)


for events in (outbox_event, inbox):
    Index(f"{events.name}_order_idx", order_named(events))
    Index(f"{events.name}_orders_idx", orders_in_lines(events), postgresql_using="gin")

position = Table(
    "position",
    shared_metadata,
    Column("source", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("last_sequence", Integer, nullable=False),
    PrimaryKeyConstraint("source", "subject"),
    comment="the last event of each subject that took effect; never deleted, so that old copies stay duplicates",
)

absorbed = Table(
    "absorbed",
    shared_metadata,
    Column("peer", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    PrimaryKeyConstraint("peer", "what"),
    CheckConstraint("what IN ('event', 'receipt')", name="what"),
    comment="what came again from a peer and had no effect, since the database began",
)

parked_message = Table(
    "parked_message",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("message", JSONB, nullable=False),
    Column("parked_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("dismissed_at", Instant, comment="when an operator had seen to it"),
    Column(
        "times",
        BigInteger,
        nullable=False,
        server_default="1",
        comment="how often it came until an operator had seen to it",
    ),
    comment="what could not be trusted: a bad signature, or another event under a sequence already taken",
)
Index(
    "parked_message_alike_idx",
    func.md5(parked_message.c.reason),
    text("md5(message::text)"),
    unique=True,
    postgresql_where=text("dismissed_at IS NULL"),
)

operator_action = Table(
    "operator_action",
    shared_metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("actor", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column(
        "what",
        Text,
        nullable=False,
        comment="the id of the event or message, or which deliveries",
    ),
    Column("reason", Text),
    comment="what operators did to events, written in the transaction that did it",
)
Index("operator_action_what_idx", operator_action.c.what)
