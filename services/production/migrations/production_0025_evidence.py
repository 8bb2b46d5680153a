"""Evidence of how people work in a facility, and the figures of closed months as they were told"""

import sqlalchemy as sa
from alembic import op

revision = "production_0025"
down_revision = "production_0024"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
FIGURES = (
    "eligible",
    "consenting",
    "workers",
    "minutes",
    "premi_idr",
    "hourly_idr",
    "minimum_hourly_idr",
    "refusals",
    "open_grievances",
)
WITHDRAWN_ONLY = """
    CREATE FUNCTION kendi_withdrawn_only() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE may_change text[] := ARRAY['withdrawn_on', 'withdrawn_reason'];
    BEGIN
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - may_change = to_jsonb(OLD) - may_change THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$"""


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
        *(sa.Column(name, sa.BigInteger(), comment="none: it is not told") for name in FIGURES),
        sa.Column("minimum_source", sa.Text()),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("extract(day FROM month) = 1", name=op.f("closed_month_month_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("closed_month_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "month", name=op.f("closed_month_pkey")),
        comment="append only: the figures of closed months as they were told, once and for all",
    )
    for table in ("evidence", "closed_month"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {FACILITY})")
    op.execute(WITHDRAWN_ONLY)
    for table, function in {"evidence": "withdrawn_only", "closed_month": "append_only"}.items():
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION kendi_{function}()"
        )
