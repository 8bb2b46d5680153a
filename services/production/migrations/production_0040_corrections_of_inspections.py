"""Corrections of inspections"""

import sqlalchemy as sa
from alembic import op

revision = "production_0040"
down_revision = "production_0039"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
THEIRS = "EXISTS (SELECT FROM work_order w WHERE w.id = work_order_id)"


def upgrade() -> None:
    op.create_table(
        "inspection_correction",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("rework", sa.Integer(), nullable=False),
        sa.Column("scrap", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("corrected_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(rework <> 0 OR scrap <> 0) AND rework + scrap <= 0",
            name=op.f("inspection_correction_counts_check"),
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("inspection_correction_work_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inspection_correction_pkey")),
        comment="append only: by how much what was set aside was entered wrongly",
    )
    op.create_index(
        op.f("inspection_correction_work_order_id_idx"), "inspection_correction", ["work_order_id"]
    )
    op.execute("ALTER TABLE inspection_correction ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE inspection_correction FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON inspection_correction USING ({EVERY} OR {THEIRS})")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON inspection_correction"
        " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
    )
