"""The tables of the production service, and how the domain's classes are mapped to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry, relationship

from services.production.domain.work_order import Report, WorkOrder
from shared.database import Instant, metadata

tables = metadata()

item = Table(
    "item",
    tables,
    Column("sku", Text, primary_key=True),
    Column("name_id", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("labour_minutes", Integer, nullable=False),
    comment="our copy of what orders tells",
)

facility = Table(
    "facility",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("gln", Text, nullable=False),
    Column("hub", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("producing", Boolean, nullable=False),
    Column("open_minutes", Integer, nullable=False),
    Column("work_orders", Integer, nullable=False, server_default="0", comment="numbers given out"),
    Column("lots", Integer, nullable=False, server_default="0", comment="numbers given out"),
    CheckConstraint("open_minutes BETWEEN 0 AND 420", name="open_minutes"),
)

capability = Table(
    "capability",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("family", Text, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("efficiency_pct", Integer, nullable=False),
    PrimaryKeyConstraint("facility", "family"),
    CheckConstraint("workers >= 0", name="workers"),
    CheckConstraint("efficiency_pct BETWEEN 1 AND 100", name="efficiency_pct"),
)

demand = Table(
    "demand",
    tables,
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("destination", Text, nullable=False),
    Column("requested_date", Date, nullable=False),
    Column("cleared", Integer, nullable=False, server_default="0"),
    Column("cleared_until", Date),
    Column("stopped", Integer, nullable=False, server_default="0", comment="cancelled before work began"),
    PrimaryKeyConstraint("order_id", "line"),
    CheckConstraint("cleared BETWEEN 0 AND quantity", name="cleared"),
    CheckConstraint("stopped BETWEEN 0 AND quantity", name="stopped"),
    comment="our copy of the order lines that orders tells of",
)

work_order = Table(
    "work_order",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("due", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("offered_on", Date, nullable=False),
    Column("accepted_on", Date),
    Column("declined_reason", Text),
    Column("withdrawn_on", Date),
    Column("taken_back", Integer, nullable=False, server_default="0"),
    Column("started_on", Date),
    Column("paused_reason", Text),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in ("made", "good", "rework", "scrap")
    ),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("good >= 0 AND rework >= 0 AND scrap >= 0", name="counts"),
    CheckConstraint("good + rework + scrap <= made", name="made"),
    CheckConstraint("made - scrap <= quantity", name="remaining"),
    CheckConstraint("taken_back >= 0", name="taken_back"),
    CheckConstraint("num_nulls(withdrawn_on, started_on) > 0", name="withdrawn"),
)
Index("work_order_facility_due_idx", work_order.c.facility, work_order.c.due, work_order.c.id)
Index("work_order_order_id_line_idx", work_order.c.order_id, work_order.c.line)
LIVE = work_order.c.declined_reason.is_(None) & work_order.c.withdrawn_on.is_(None)
"""Whether a work order's quantity counts as allocated: ``WorkOrder.live`` in SQL."""

report = Table(
    "report",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("worked_on", Date, nullable=False),
    Column("reported_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("kind IN ('made', 'reworked')", name="kind"),
    CheckConstraint("pieces > 0", name="pieces"),
    comment="append only: a correction is an entry of its own",
)

mapping = registry(metadata=tables)
mapping.map_imperatively(Report, report)
mapping.map_imperatively(
    WorkOrder, work_order, properties={"reports": relationship(Report, order_by=report.c.id, lazy="select")}
)
