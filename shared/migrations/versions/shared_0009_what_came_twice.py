"""How many events and receipts came again and had no effect"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0009"
down_revision = "shared_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absorbed",
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("what IN ('event', 'receipt')", name=op.f("absorbed_what_check")),
        sa.PrimaryKeyConstraint("peer", "what", name=op.f("absorbed_pkey")),
        comment="what came again from a peer and had no effect, since the database began",
    )
