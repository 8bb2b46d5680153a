"""Proposals to plan all open work anew"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "production_0020"
down_revision = "production_0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column(
            "open_work", sa.Text(), nullable=False, comment="a fingerprint: of another one it says nothing"
        ),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False, comment="no plan of the same work costs less"),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("discarded_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(accepted_on, discarded_on) > 0", name=op.f("proposal_decided_check")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("proposal_pkey")),
        comment="plans of all open work that the regional office accepts or discards",
    )
    op.execute("ALTER TABLE proposal ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE proposal FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY offices ON proposal USING ((SELECT kendi_sees('service', 'all')))")


def downgrade() -> None:
    op.drop_table("proposal")
