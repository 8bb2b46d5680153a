"""Cartons are weighed, sealed, put on pallets, set aside, lost and found; what is done with them is noted"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0015"
down_revision = "logistics_0014"
branch_labels = None
depends_on = None

MISWEIGHED = (
    "measured_g IS NOT NULL AND explained_by IS NULL AND 100 * abs(measured_g - gross_g) > 5 * gross_g"
)
SOUND = "unpacked_at IS NULL AND lost_at IS NULL AND damaged_at IS NULL AND quarantined_at IS NULL"
CHECKS = {
    "left": "num_nulls(left_at, bound_for) IN (0, 2)",
    "weighed": "num_nulls(measured_g, weighed_at) IN (0, 2)",
    "measured_g": "measured_g BETWEEN 1 AND 25000",
    "quarantined": "num_nulls(quarantined_at, quarantine_reason) IN (0, 2)",
    "lost": "num_nulls(lost_at, unpacked_at) > 0",
    "sound": "shipment_id IS NULL OR num_nulls(lost_at, damaged_at, quarantined_at) = 3",
    "palletised": "num_nulls(pallet, palletised_at) IN (0, 2)",
    "on_pallet": "pallet IS NULL OR (hub IS NOT NULL AND num_nulls(lost_at, unpacked_at) = 2)",
    "loaded": "loaded_at IS NULL OR shipment_id IS NOT NULL",
}
STAFF = "((SELECT kendi_sees('service', 'all')))"


def _instant() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pallet",
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("built_at", _instant(), nullable=False),
        sa.CheckConstraint("sscc ~ '^1[0-9]{17}$'", name=op.f("pallet_sscc_check")),
        sa.ForeignKeyConstraint(["hub"], ["facility.code"], name=op.f("pallet_hub_fkey")),
        sa.PrimaryKeyConstraint("sscc", name=op.f("pallet_pkey")),
        sa.UniqueConstraint("serial", name=op.f("pallet_serial_key")),
    )
    _widen_cartons()
    op.create_table(
        "carton_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("pallet", sa.Text()),
        sa.Column("shipment_id", sa.Uuid()),
        sa.Column("grams", sa.Integer()),
        sa.Column("seal", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("searched_from", _instant(), comment="the search of the truck at the gate"),
        sa.Column("searched_until", _instant()),
        sa.CheckConstraint(
            "num_nulls(searched_from, searched_until) IN (0, 2)", name=op.f("carton_history_searched_check")
        ),
        sa.CheckConstraint(
            "searched_until > searched_from", name=op.f("carton_history_search_ends_check")
        ),
        sa.ForeignKeyConstraint(["sscc"], ["carton.sscc"], name=op.f("carton_history_sscc_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("carton_history_pkey")),
        comment="what was done with a carton, by whom and why; never changed",
    )
    op.create_index("carton_history_sscc_idx", "carton_history", ["sscc", "id"])
    for table in ("pallet", "carton_history"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING {STAFF}")


def _widen_cartons() -> None:
    op.alter_column(
        "carton", "unpacked_at", comment="opened for good; the number is never used again"
    )
    for name, kind in (
        ("left_at", _instant()),
        ("bound_for", sa.Text()),
        ("seal", sa.Text()),
        ("measured_g", sa.Integer()),
        ("weighed_at", _instant()),
        ("quarantined_at", _instant()),
        ("quarantine_reason", sa.Text()),
        ("damaged_at", _instant()),
        ("lost_at", _instant()),
        ("pallet", sa.Text()),
        ("palletised_at", _instant()),
        ("loaded_at", _instant()),
    ):
        op.add_column("carton", sa.Column(name, kind))
    op.add_column(
        "carton",
        sa.Column("explained_by", sa.Text(), comment="the role that answers for a weight that does not fit"),
    )
    for name, told in (("must_be_reopened", MISWEIGHED), ("may_leave", f"{SOUND} AND NOT ({MISWEIGHED})")):
        computed = sa.Computed(told, persisted=True)
        op.add_column("carton", sa.Column(name, sa.Boolean(), computed, nullable=False))
    op.create_foreign_key(op.f("carton_bound_for_fkey"), "carton", "facility", ["bound_for"], ["code"])
    op.create_foreign_key(op.f("carton_pallet_fkey"), "carton", "pallet", ["pallet"], ["sscc"])
    for name, told in CHECKS.items():
        op.create_check_constraint(op.f(f"carton_{name}_check"), "carton", told)
    op.create_index(
        "carton_pallet_idx", "carton", ["pallet"], postgresql_where=sa.text("pallet IS NOT NULL")
    )
