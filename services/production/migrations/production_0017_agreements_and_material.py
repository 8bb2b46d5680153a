"""Agreements between partners and facilities, and material: received, used, quarantined"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "production_0017"
down_revision = "production_0016"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
POLICIES = {
    "agreement": FACILITY,
    "agreement_tariff": "EXISTS (SELECT FROM agreement a WHERE a.id = agreement_id)",
    "material_lot": FACILITY,
    "material_entry": FACILITY,
    "passed_over": FACILITY,
}


def upgrade() -> None:
    op.add_column(
        "facility",
        sa.Column(
            "material_lots", sa.Integer(), server_default="0", nullable=False, comment="numbers given out"
        ),
    )
    op.add_column(
        "demand",
        sa.Column(
            "partner",
            sa.Text(),
            nullable=True,
            comment="the buyer; none of orders that were heard of before agreements were",
        ),
    )
    _agreements()
    _materials()
    op.create_table(
        "passed_over",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("passed_over_facility_fkey")),
        sa.PrimaryKeyConstraint("order_id", "line", "facility", name=op.f("passed_over_pkey")),
        comment="why a facility that is able to make a line got no share of it, as of its newest plan",
    )
    op.execute(
        "UPDATE demand SET partner = inbox.data ->> 'buyer' FROM inbox"
        " WHERE inbox.type = 'kendi.orders.order_placed.v1'"
        " AND inbox.data ->> 'order_id' = demand.order_id::text"
    )
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")


def _agreements() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("lanes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("agreement_days_check")),
        sa.CheckConstraint("ended_on <= valid_to", name=op.f("agreement_ended_on_check")),
        sa.CheckConstraint("num_nulls(ended_on, ended_reason) <> 1", name=op.f("agreement_ended_check")),
        sa.CheckConstraint(
            "cardinality(lanes) > 0 AND lanes <@ ARRAY['custodial', 'parole_community', 'free']",
            name=op.f("agreement_lanes_check"),
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("agreement_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("agreement_pkey")),
        sa.UniqueConstraint("number", name=op.f("agreement_number_key")),
    )
    op.create_index("agreement_facility_partner_idx", "agreement", ["facility", "partner"])
    op.create_table(
        "agreement_tariff",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("idr", sa.Numeric(14, 2), nullable=False),
        sa.CheckConstraint("idr > 0", name=op.f("agreement_tariff_idr_check")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("agreement_tariff_agreement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "sku", name=op.f("agreement_tariff_pkey")),
    )


def _materials() -> None:
    op.create_table(
        "material",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("plot_needed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("unit IN ('kg', 'm', 'm2', 'piece')", name=op.f("material_unit_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("material_pkey")),
    )
    op.create_table(
        "recipe",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("per_piece", sa.Numeric(14, 3), nullable=False),
        sa.CheckConstraint("per_piece > 0", name=op.f("recipe_per_piece_check")),
        sa.ForeignKeyConstraint(["material"], ["material.code"], name=op.f("recipe_material_fkey")),
        sa.PrimaryKeyConstraint("sku", "material", name=op.f("recipe_pkey")),
    )
    op.create_table(
        "material_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(14, 3), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("plot", sa.Text(), nullable=True),
        sa.Column("geolocation", sa.Text(), nullable=True),
        sa.Column("used", sa.Numeric(14, 3), server_default="0", nullable=False),
        sa.Column("written_off", sa.Numeric(14, 3), server_default="0", nullable=False),
        sa.Column("quarantined_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "quantity > 0 AND used >= 0 AND written_off >= 0", name=op.f("material_lot_counts_check")
        ),
        sa.CheckConstraint("used + written_off <= quantity", name=op.f("material_lot_stock_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("material_lot_facility_fkey")),
        sa.ForeignKeyConstraint(["material"], ["material.code"], name=op.f("material_lot_material_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("material_lot_pkey")),
        sa.UniqueConstraint("number", name=op.f("material_lot_number_key")),
    )
    op.create_index("material_lot_facility_idx", "material_lot", ["facility", "material", "received_on"])
    op.create_table(
        "material_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True, comment="none while no receipt covers it"),
        sa.Column("work_order_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(14, 3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('used', 'given_back', 'written_off')", name=op.f("material_entry_kind_check")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("material_entry_quantity_check")),
        sa.CheckConstraint(
            "(work_order_id IS NULL) = (kind = 'written_off')", name=op.f("material_entry_work_order_check")
        ),
        sa.CheckConstraint(
            "lot_id IS NOT NULL OR kind <> 'written_off'", name=op.f("material_entry_lot_check")
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("material_entry_facility_fkey")),
        sa.ForeignKeyConstraint(["lot_id"], ["material_lot.id"], name=op.f("material_entry_lot_id_fkey")),
        sa.ForeignKeyConstraint(["material"], ["material.code"], name=op.f("material_entry_material_fkey")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("material_entry_work_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("material_entry_pkey")),
        comment="append only: a correction is an entry of its own",
    )
    op.create_index(op.f("material_entry_lot_id_idx"), "material_entry", ["lot_id"])
    op.create_index(op.f("material_entry_work_order_id_idx"), "material_entry", ["work_order_id"])
    op.create_index(
        "material_entry_unreceived_idx", "material_entry", ["facility"], postgresql_where="lot_id IS NULL"
    )
