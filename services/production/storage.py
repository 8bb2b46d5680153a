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
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry, relationship

from services.production.domain.agreement import Agreement, Tariff
from services.production.domain.material import MaterialLot
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
    Column("material_lots", Integer, nullable=False, server_default="0", comment="numbers given out"),
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
    Column("partner", Text, comment="the buyer; none of orders that were heard of before agreements were"),
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
OPEN = LIVE & (work_order.c.good < work_order.c.quantity)
"""Work that a facility still has to do something for."""

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

Index("work_order_open_idx", work_order.c.facility, work_order.c.sku, postgresql_where=OPEN)

agreement = Table(
    "agreement",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("partner", Text, nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("lanes", ARRAY(Text), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("ended_on", Date),
    Column("ended_reason", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("valid_from <= valid_to", name="days"),
    CheckConstraint("ended_on <= valid_to", name="ended_on"),
    CheckConstraint("num_nulls(ended_on, ended_reason) <> 1", name="ended"),
    CheckConstraint(
        "cardinality(lanes) > 0 AND lanes <@ ARRAY['custodial', 'parole_community', 'free']", name="lanes"
    ),
)
Index("agreement_facility_partner_idx", agreement.c.facility, agreement.c.partner)

agreement_tariff = Table(
    "agreement_tariff",
    tables,
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("idr", Numeric(14, 2), nullable=False),
    PrimaryKeyConstraint("agreement_id", "sku"),
    CheckConstraint("idr > 0", name="idr"),
)

material = Table(
    "material",
    tables,
    Column("code", Text, primary_key=True),
    Column("name_id", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("plot_needed", Boolean, nullable=False),
    CheckConstraint("unit IN ('kg', 'm', 'm2', 'piece')", name="unit"),
)

recipe = Table(
    "recipe",
    tables,
    Column("sku", Text, nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column("per_piece", Numeric(14, 3), nullable=False),
    PrimaryKeyConstraint("sku", "material"),
    CheckConstraint("per_piece > 0", name="per_piece"),
)

material_lot = Table(
    "material_lot",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column("supplier", Text, nullable=False),
    Column("quantity", Numeric(14, 3), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("plot", Text),
    Column("geolocation", Text),
    Column("used", Numeric(14, 3), nullable=False, server_default="0"),
    Column("written_off", Numeric(14, 3), nullable=False, server_default="0"),
    Column("quarantined_reason", Text),
    CheckConstraint("quantity > 0 AND used >= 0 AND written_off >= 0", name="counts"),
    CheckConstraint("used + written_off <= quantity", name="stock"),
)
Index(
    "material_lot_facility_idx", material_lot.c.facility, material_lot.c.material, material_lot.c.received_on
)

material_entry = Table(
    "material_entry",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column(
        "lot_id", Uuid, ForeignKey("material_lot.id"), index=True, comment="none while no receipt covers it"
    ),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("quantity", Numeric(14, 3), nullable=False),
    Column("reason", Text),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("kind IN ('used', 'given_back', 'written_off')", name="kind"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("(work_order_id IS NULL) = (kind = 'written_off')", name="work_order"),
    CheckConstraint("lot_id IS NOT NULL OR kind <> 'written_off'", name="lot"),
    comment="append only: a correction is an entry of its own",
)
Index(
    "material_entry_unreceived_idx",
    material_entry.c.facility,
    postgresql_where=material_entry.c.lot_id.is_(None),
)

passed_over = Table(
    "passed_over",
    tables,
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("order_id", "line", "facility"),
    comment="why a facility that is able to make a line got no share of it, as of its newest plan",
)

mapping = registry(metadata=tables)
mapping.map_imperatively(Report, report)
mapping.map_imperatively(
    WorkOrder, work_order, properties={"reports": relationship(Report, order_by=report.c.id, lazy="select")}
)
mapping.map_imperatively(Tariff, agreement_tariff)
mapping.map_imperatively(
    Agreement,
    agreement,
    properties={
        "tariffs": relationship(
            Tariff, order_by=agreement_tariff.c.sku, cascade="all, delete-orphan", lazy="selectin"
        )
    },
)
mapping.map_imperatively(MaterialLot, material_lot)
