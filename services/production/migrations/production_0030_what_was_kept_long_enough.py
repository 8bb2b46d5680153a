"""What was kept long enough is erased: how, what remains of it, what stops it, and what is noted"""

import sqlalchemy as sa
from alembic import op

revision = "production_0030"
down_revision = "production_0026"
branch_labels = None
depends_on = None

SERVICE = "(SELECT kendi_sees('service'))"
RETENTION = "(SELECT kendi_sees('retention'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
POLICIES = {
    "purge_step": SERVICE,
    "premi_of_former": f"{SERVICE} OR {FACILITY}",
    "legal_hold": SERVICE,
}
OF_PEOPLE = ("worker", "consent", "hours_entry", "premi_entry", "premi_line", "worker_read")
"""What a purge sees and deletes while it erases. All else it reads as the service, which deletes none of these."""

APPEND_ONLY = ("purge_step", "premi_of_former")
NEVER_CHANGED = """
    CREATE OR REPLACE FUNCTION kendi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF kendi_sees('retention') THEN  -- which the policies let see the rows of people alone
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            ELSIF to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN  -- a code taken out of a remark
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$"""


def upgrade() -> None:
    op.create_table(
        "purge_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the day for which the rule was asked"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the rule"),
        sa.Column("kept_for", sa.Text(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False, comment="rows, or values in rows that stay"),
        sa.Column("aggregated", sa.Integer(), nullable=False, comment="rows whose sums remain"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("erased >= 0 AND aggregated BETWEEN 0 AND erased", name=op.f("purge_step_counts_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("purge_step_pkey")),
        comment="append only: what was erased by which rule, when and by whom; of whom it was is not kept",
    )
    op.create_table(
        "premi_of_former",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=True, comment="none of payments"),
        sa.Column("kind", sa.Text(), nullable=False, comment="of the entries, or of those that were reversed"),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("idr", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('shared', 'paid', 'settled')", name=op.f("premi_of_former_kind_check")),
        sa.CheckConstraint("account IN ('worker', 'paid')", name=op.f("premi_of_former_account_check")),
        sa.CheckConstraint("people > 0", name=op.f("premi_of_former_people_check")),
        sa.ForeignKeyConstraint(["step_id"], ["purge_step.id"], name=op.f("premi_of_former_step_id_fkey")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("premi_of_former_facility_fkey")),
        sa.ForeignKeyConstraint(["scheme_id"], ["premi_scheme.id"], name=op.f("premi_of_former_scheme_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("premi_of_former_pkey")),
        comment="append only: what lines of workers amounted to that were erased",
    )
    op.create_index(op.f("premi_of_former_step_id_idx"), "premi_of_former", ["step_id"], unique=False)
    op.create_index(op.f("premi_of_former_facility_idx"), "premi_of_former", ["facility"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True, comment="none: everybody there"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("num_nulls(lifted_at, lifted_by) IN (0, 2)", name=op.f("legal_hold_lifted_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("legal_hold_facility_fkey")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("legal_hold_worker_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("legal_hold_pkey")),
        comment="nothing of these people is erased until it is lifted",
    )
    op.drop_constraint("premi_line_account_check", "premi_line", type_="check")
    op.create_check_constraint(
        op.f("premi_line_account_check"),
        "premi_line",
        "account IN ('partner', 'workers', 'worker', 'former', 'capital', 'state', 'paid')",
    )
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({theirs})")
    for table in OF_PEOPLE:
        op.execute(f"CREATE POLICY erased ON {table} USING ({RETENTION})")
    op.execute(NEVER_CHANGED)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
        )
