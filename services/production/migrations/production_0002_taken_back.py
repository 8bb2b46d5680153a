"""Work that has not begun is taken back, and lines are stopped"""

import sqlalchemy as sa
from alembic import op

revision = "production_0002"
down_revision = "production_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "demand",
        sa.Column(
            "stopped",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="cancelled before work began",
        ),
    )
    op.create_check_constraint(op.f("demand_stopped_check"), "demand", "stopped BETWEEN 0 AND quantity")
    op.add_column("work_order", sa.Column("withdrawn_on", sa.Date(), nullable=True))
    op.add_column("work_order", sa.Column("taken_back", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(op.f("work_order_taken_back_check"), "work_order", "taken_back >= 0")
    op.create_check_constraint(
        op.f("work_order_withdrawn_check"), "work_order", "num_nulls(withdrawn_on, started_on) > 0"
    )
