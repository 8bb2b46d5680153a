"""Warnings: what will be late or is in danger, whose it is, and when it was told"""

import sqlalchemy as sa
from alembic import op

revision = "production_0019"
down_revision = "production_0018"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "warning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=True, comment="none: about the whole facility"),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("grade_since", INSTANT, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("first_seen", INSTANT, nullable=False),
        sa.Column(
            "projected", sa.Date(), nullable=True, comment="none: it is never finished at its present rate"
        ),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("told_grade", sa.Text(), nullable=True),
        sa.Column("told_owner", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", INSTANT, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True, comment="by role"),
        sa.Column("cleared_at", INSTANT, nullable=True),
        sa.Column(
            "promise_moved_to", sa.Date(), nullable=True, comment="the day that was promised instead, once"
        ),
        sa.CheckConstraint(
            "kind IN ('late', 'silent', 'low_yield', 'agreement_ends', 'material_lacking', 'tools_locked')",
            name=op.f("warning_kind_check"),
        ),
        sa.CheckConstraint("grade IN ('amber', 'red', 'black')", name=op.f("warning_grade_check")),
        sa.CheckConstraint("owner IN ('facility', 'kanwil', 'exporter')", name=op.f("warning_owner_check")),
        sa.CheckConstraint(
            "(work_order_id IS NULL) = (kind = 'tools_locked')", name=op.f("warning_work_order_check")
        ),
        sa.CheckConstraint(
            "num_nulls(work_order_id, order_id, line, latest) IN (0, 4)", name=op.f("warning_about_check")
        ),
        sa.CheckConstraint(
            "num_nulls(told_at, told_grade, told_owner) IN (0, 3)", name=op.f("warning_told_check")
        ),
        sa.CheckConstraint(
            "num_nulls(acknowledged_at, acknowledged_by) IN (0, 2)", name=op.f("warning_acknowledged_check")
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("warning_facility_fkey")),
        sa.ForeignKeyConstraint(["work_order_id"], ["work_order.id"], name=op.f("warning_work_order_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("warning_pkey")),
    )
    op.create_index(
        "warning_standing_idx",
        "warning",
        ["facility", "kind", "work_order_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where="cleared_at IS NULL",
    )
    op.create_index(
        "warning_cleared_idx", "warning", ["cleared_at"], postgresql_where="cleared_at IS NOT NULL"
    )
    op.create_table(
        "warning_check",
        sa.Column("single", sa.Integer(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False, comment="by the business clock"),
        sa.Column(
            "event",
            sa.BigInteger(),
            nullable=False,
            comment="the newest of our events that was looked at",
        ),
        sa.CheckConstraint("single = 1", name=op.f("warning_check_one_row_check")),
        sa.PrimaryKeyConstraint("single", name=op.f("warning_check_pkey")),
        comment="when all work was last looked through for what to warn of",
    )
    op.execute("ALTER TABLE warning ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE warning FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON warning USING ({EVERY} OR {FACILITY})")
