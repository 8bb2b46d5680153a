"""The tables of production"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "production_0001"
down_revision = None
branch_labels = ("production",)
depends_on = "shared_0001"


def upgrade() -> None:
    op.create_table(
        "demand",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("requested_date", sa.Date(), nullable=False),
        sa.Column("cleared", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cleared_until", sa.Date(), nullable=True),
        sa.CheckConstraint("cleared BETWEEN 0 AND quantity", name=op.f("demand_cleared_check")),
        sa.PrimaryKeyConstraint("order_id", "line", name=op.f("demand_pkey")),
        comment="our copy of the order lines that orders tells of",
    )
    op.create_table(
        "facility",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gln", sa.Text(), nullable=False),
        sa.Column("hub", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("producing", sa.Boolean(), nullable=False),
        sa.Column("open_minutes", sa.Integer(), nullable=False),
        sa.Column(
            "work_orders", sa.Integer(), server_default="0", nullable=False, comment="numbers given out"
        ),
        sa.Column("lots", sa.Integer(), server_default="0", nullable=False, comment="numbers given out"),
        sa.CheckConstraint("open_minutes BETWEEN 0 AND 420", name=op.f("facility_open_minutes_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("facility_pkey")),
    )
    op.create_table(
        "item",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("labour_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("item_pkey")),
        comment="our copy of what orders tells",
    )
    op.create_table(
        "capability",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("efficiency_pct", sa.Integer(), nullable=False),
        sa.CheckConstraint("efficiency_pct BETWEEN 1 AND 100", name=op.f("capability_efficiency_pct_check")),
        sa.CheckConstraint("workers >= 0", name=op.f("capability_workers_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("capability_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "family", name=op.f("capability_pkey")),
    )
    op.create_table(
        "work_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("declined_reason", sa.Text(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("good", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rework", sa.Integer(), server_default="0", nullable=False),
        sa.Column("scrap", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("good + rework + scrap <= made", name=op.f("work_order_made_check")),
        sa.CheckConstraint("good >= 0 AND rework >= 0 AND scrap >= 0", name=op.f("work_order_counts_check")),
        sa.CheckConstraint("made - scrap <= quantity", name=op.f("work_order_remaining_check")),
        sa.CheckConstraint("quantity > 0", name=op.f("work_order_quantity_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("work_order_facility_fkey")),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("work_order_sku_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("work_order_pkey")),
        sa.UniqueConstraint("number", name=op.f("work_order_number_key")),
    )
    op.create_index("work_order_facility_due_idx", "work_order", ["facility", "due", "id"], unique=False)
    op.create_index("work_order_order_id_line_idx", "work_order", ["order_id", "line"], unique=False)
    op.create_table(
        "report",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column(
            "reported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('made', 'reworked')", name=op.f("report_kind_check")),
        sa.CheckConstraint("pieces > 0", name=op.f("report_pieces_check")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("report_work_order_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("report_pkey")),
        comment="append only: a correction is an entry of its own",
    )
    op.create_index(op.f("report_work_order_id_idx"), "report", ["work_order_id"], unique=False)
