"""The tables of the orders service, and how the domain's classes are mapped to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry, relationship

from services.orders.domain.cancellation import Cancellation
from services.orders.domain.hold import Hold, Signature
from services.orders.domain.order import Line, Order
from shared.database import Instant, metadata

tables = metadata()

item = Table(
    "item",
    tables,
    Column("sku", Text, primary_key=True),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("currency", Text, nullable=False),
    Column("published", JSONB, nullable=False, comment="the data of the newest ItemPublished"),
)

buyer = Table(
    "buyer",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("particulars", JSONB, nullable=False),
)

destination_policy = Table(
    "destination_policy",
    tables,
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("row", JSONB, nullable=False),
)

order = Table(
    "buyer_order",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("buyer_name", Text, nullable=False),
    Column("po_number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("incoterm", Text, nullable=False),
    Column("named_place", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.now()),
    Column("version", Integer, nullable=False, server_default="1", comment="behind the ETag"),
    UniqueConstraint("buyer", "po_number"),
)

QUANTITIES = (
    "ordered", "cancelled", "withheld", "allocated", "started", "good", "packed", "departed", "delivered",
)  # fmt: skip

order_line = Table(
    "order_line",
    tables,
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("requested_date", Date, nullable=False),
    Column("promised_date", Date),
    Column("produce_until", Date, comment="last day of the clearance; none while there is none"),
    Column("export_until", Date, comment="last day of the clearance; none while there is none"),
    Column("consignee_name", Text, nullable=False),
    Column("consignee_address", JSONB, nullable=False),
    Column("destination", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("policies", JSONB, nullable=False),
    Column("needs", JSONB, nullable=False),
    Column("law", JSONB, nullable=False),
    Column("explanation_en", Text, nullable=False),
    Column("explanation_id", Text, nullable=False),
    *(Column(name, Integer, nullable=False, server_default="0") for name in (*QUANTITIES, "unpacked")),
    CheckConstraint("action IN ('allow', 'hold', 'block')", name="action"),
    CheckConstraint("ordered > 0 AND cancelled BETWEEN 0 AND ordered", name="ordered"),
    CheckConstraint("withheld BETWEEN 0 AND cancelled", name="withheld"),
    CheckConstraint("allocated BETWEEN 0 AND ordered - cancelled + withheld", name="allocated"),
    CheckConstraint("started BETWEEN 0 AND allocated", name="started"),
    CheckConstraint("good BETWEEN 0 AND allocated", name="good"),
    CheckConstraint("packed BETWEEN 0 AND good - withheld", name="packed"),
    CheckConstraint("unpacked >= 0", name="unpacked"),
    CheckConstraint("departed BETWEEN 0 AND packed + unpacked", name="departed"),
    CheckConstraint("delivered BETWEEN 0 AND departed", name="delivered"),
)

Index(
    "order_line_produce_until_idx",
    order_line.c.produce_until,
    postgresql_where=text("good < ordered - cancelled + withheld"),
)
Index(
    "order_line_export_until_idx",
    order_line.c.export_until,
    postgresql_where=text("departed < ordered - cancelled"),
)

hold = Table(
    "hold",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("released_on", Date),
    Column("withdrawn_on", Date, comment="the line changed before it was released"),
    CheckConstraint("num_nulls(released_on, withdrawn_on) > 0", name="ended_once"),
    CheckConstraint("purpose IN ('produce', 'export')", name="purpose"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
)
Index("hold_open_idx", hold.c.id, postgresql_where=text("released_on IS NULL AND withdrawn_on IS NULL"))
Index("hold_line_idx", hold.c.order_id, hold.c.line_number)
Index(
    "hold_open_key",
    hold.c.order_id,
    hold.c.line_number,
    hold.c.purpose,
    unique=True,
    postgresql_where=text("released_on IS NULL AND withdrawn_on IS NULL"),
)

signature = Table(
    "signature",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("hold_id", BigInteger, ForeignKey("hold.id"), nullable=False),
    Column("signer_id", Text, nullable=False),
    Column("signer_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signed_on", Date, nullable=False),
    UniqueConstraint("hold_id", "role"),
    UniqueConstraint("hold_id", "signer_id"),
)

cancellation = Table(
    "cancellation",
    tables,
    Column("id", Uuid, primary_key=True, comment="of the request; its lines share it"),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Uuid, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("unpack", Boolean, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("stopped", Integer, comment="by production; none until it answered"),
    Column("withheld", Integer, nullable=False, server_default="0", comment="by logistics"),
    Column("lots", JSONB, nullable=False, comment="of which logistics withheld"),
    Column("going_on", JSONB, nullable=False, comment="the work orders that production did not stop"),
    Column("kept", JSONB, nullable=False, comment="where the goods are that logistics did not withhold"),
    Column("answered_on", Date),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("asked > 0", name="asked"),
    CheckConstraint("stopped >= 0 AND withheld >= 0", name="answers"),
    CheckConstraint("coalesce(stopped, 0) + withheld <= asked", name="counted"),
    CheckConstraint("stopped IS NOT NULL OR withheld = 0 AND answered_on IS NULL", name="production_first"),
)
Index("cancellation_line_idx", cancellation.c.order_id, cancellation.c.line_number, cancellation.c.id)

facility = Table(
    "facility",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    comment="our copy of what production tells",
)

timeline = Table(
    "timeline",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("line", Integer),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("actor_role", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    UniqueConstraint("order_id", "event_id"),
)

webhook_endpoint = Table(
    "webhook_endpoint",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("removed_at", Instant),
)

webhook_delivery = Table(
    "webhook_delivery",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("timeline_id", BigInteger, ForeignKey("timeline.id"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False, server_default=func.now()),
    Column("delivered_at", Instant),
    Column("given_up_at", Instant),
    Column("response_status", Integer),
    Column("last_error", Text),
    UniqueConstraint("timeline_id", "endpoint_id"),
    CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name="ended_once"),
)
Index(
    "webhook_delivery_due_idx",
    webhook_delivery.c.endpoint_id,
    webhook_delivery.c.order_id,
    webhook_delivery.c.id,
    postgresql_where=text("delivered_at IS NULL AND given_up_at IS NULL"),
)

mapping = registry(metadata=tables)
mapping.map_imperatively(Signature, signature)
mapping.map_imperatively(
    Hold, hold, properties={"signatures": relationship(Signature, order_by=signature.c.id, lazy="selectin")}
)
mapping.map_imperatively(Cancellation, cancellation)
mapping.map_imperatively(
    Line,
    order_line,
    properties={
        "holds": relationship(Hold, order_by=hold.c.id, lazy="selectin"),
        "cancellations": relationship(Cancellation, order_by=cancellation.c.id, lazy="select"),
    },
)
mapping.map_imperatively(
    Order, order, properties={"lines": relationship(Line, order_by=order_line.c.number, lazy="selectin")}
)
