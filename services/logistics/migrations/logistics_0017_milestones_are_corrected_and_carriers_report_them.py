"""Milestones are corrected, carriers report them, estimates have a history, tracking addresses end"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0017"
down_revision = "logistics_0016"
branch_labels = None
depends_on = None

STAFF = "(SELECT kendi_sees('service', 'all'))"


def upgrade() -> None:
    _corrections()
    _schedules()
    _tracking()
    op.create_index("shipment_carrier_idx", "shipment", ["carrier", "id"])
    op.execute(
        "CREATE VIEW carrier WITH (security_invoker = true) AS"
        " SELECT DISTINCT carrier AS code FROM shipment WHERE carrier IS NOT NULL"
    )
    op.execute(
        f"ALTER POLICY theirs ON shipment USING ({STAFF}"
        " OR tracking_token = (SELECT kendi_sees_only('tracking'))"
        " OR carrier = (SELECT kendi_sees_only('carrier')))"
    )


def _corrections() -> None:
    op.create_table(
        "milestone_correction",
        sa.Column("milestone_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("corrective_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reason IN ('did_not_occur', 'incorrect_data')", name=op.f("milestone_correction_reason_check")
        ),
        sa.CheckConstraint(
            "(reason = 'incorrect_data') = (corrective_id IS NOT NULL)",
            name=op.f("milestone_correction_corrective_check"),
        ),
        sa.CheckConstraint("corrective_id > milestone_id", name=op.f("milestone_correction_later_check")),
        sa.ForeignKeyConstraint(
            ["milestone_id"], ["shipment_milestone.id"], name=op.f("milestone_correction_milestone_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["corrective_id"], ["shipment_milestone.id"], name=op.f("milestone_correction_corrective_id_fkey")
        ),
        sa.PrimaryKeyConstraint("milestone_id", name=op.f("milestone_correction_pkey")),
        sa.UniqueConstraint("corrective_id", name=op.f("milestone_correction_corrective_id_key")),
        comment="what was reported wrongly; the report itself stays as it was",
    )
    op.create_index("shipment_milestone_code_idx", "shipment_milestone", ["code", "shipment_id"])
    _guard(
        "milestone_correction",
        "EXISTS (SELECT FROM shipment_milestone m WHERE m.id = milestone_id)",
    )


def _schedules() -> None:
    op.create_table(
        "shipment_schedule",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("etd", sa.Date(), nullable=False),
        sa.Column("eta", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("eta > etd", name=op.f("shipment_schedule_eta_check")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("shipment_schedule_shipment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_schedule_pkey")),
        comment="each estimate of departure and arrival, who told it and why; never changed",
    )
    op.create_index("shipment_schedule_shipment_id_idx", "shipment_schedule", ["shipment_id", "id"])
    _guard("shipment_schedule", "EXISTS (SELECT FROM shipment s WHERE s.id = shipment_id)")


def _tracking() -> None:
    op.alter_column("shipment", "tracking_token", nullable=True, comment="none: it was revoked")
    op.add_column(
        "shipment",
        sa.Column(
            "tracking_renewed_at",
            sa.DateTime(timezone=True),
            comment="from when it lasts anew, once delivered; business time",
        ),
    )


def _guard(table: str, theirs: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON {table} USING ({STAFF} OR {theirs})")
