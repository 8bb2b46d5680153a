"""Evidence of how people work in a facility, and the months whose figures were told"""

import sqlalchemy as sa
from alembic import op

revision = "production_0025"
down_revision = "production_0024"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column(
            "valid_until",
            sa.Date(),
            comment="none of what contradicts: it stands until it is withdrawn",
        ),
        sa.Column("sha256", sa.Text(), comment="of the file, which is not kept: it may name people"),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False, comment="by role"),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.CheckConstraint(
            "finding IN ('supports', 'contradicts')", name=op.f("evidence_finding_check")
        ),
        sa.CheckConstraint(
            "(valid_until IS NULL) = (finding = 'contradicts')", name=op.f("evidence_lasts_check")
        ),
        sa.CheckConstraint("valid_until >= issued_on", name=op.f("evidence_valid_until_check")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("evidence_sha256_check")),
        sa.CheckConstraint(
            "num_nulls(withdrawn_on, withdrawn_reason) IN (0, 2)",
            name=op.f("evidence_withdrawn_check"),
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("evidence_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("evidence_pkey")),
        comment="never changed but for its withdrawal",
    )
    op.create_index("evidence_facility_idx", "evidence", ["facility", "id"])
    op.create_table(
        "closed_month",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("closed_month_month_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("closed_month_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "month", name=op.f("closed_month_pkey")),
        comment="append only: months whose figures were told",
    )
    for table in ("evidence", "closed_month"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {FACILITY})")
