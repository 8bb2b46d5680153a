"""What operators need: discarded events, dismissed messages, and who did what"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0003"
down_revision = "shared_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("inbox_state_check"), "inbox", type_="check")
    op.create_check_constraint(op.f("inbox_state_check"), "inbox", "state BETWEEN 0 AND 5")
    op.add_column(
        "parked_message",
        sa.Column(
            "dismissed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when an operator had seen to it",
        ),
    )
    op.create_table(
        "operator_action",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column(
            "what",
            sa.Text(),
            nullable=False,
            comment="the id of the event or message, or which deliveries",
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("operator_action_pkey")),
        comment="what operators did to events, written in the transaction that did it",
    )
    op.create_index("operator_action_what_idx", "operator_action", ["what"], unique=False)
