"""What was kept long enough is erased, and it is noted"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0025"
down_revision = "logistics_0019"
branch_labels = None
depends_on = None

NEVER_CHANGED = """
    CREATE FUNCTION kendi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
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
    op.execute("ALTER TABLE purge_step ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE purge_step FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY theirs ON purge_step USING ((SELECT kendi_sees('service')))")
    op.execute(NEVER_CHANGED)
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON purge_step"
        " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
    )
