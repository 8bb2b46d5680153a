"""Until when a publisher and its subscriber agree on what was told and heard"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0004"
down_revision = "shared_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciled",
        sa.Column("peer", sa.Text(), nullable=False),
        sa.Column("peer_is", sa.Text(), nullable=False),
        sa.Column("agreed_until", sa.DateTime(timezone=True), nullable=True, comment="by the time in the events' ids"),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_again", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknown", sa.Integer(), server_default="0", nullable=False, comment="only the subscriber has them"),
        sa.CheckConstraint("peer_is IN ('subscriber', 'publisher')", name=op.f("reconciled_peer_is_check")),
        sa.PrimaryKeyConstraint("peer", "peer_is", name=op.f("reconciled_pkey")),
    )
