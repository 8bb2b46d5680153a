"""Pieces made beyond what was asked for, within the tolerance of the agreement"""

import sqlalchemy as sa
from alembic import op

revision = "production_0031"
down_revision = "production_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agreement", sa.Column("tolerance_pct", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("agreement_tolerance_pct_check"), "agreement", "tolerance_pct BETWEEN 0 AND 3"
    )
    op.add_column("work_order", sa.Column("extra", sa.Integer(), server_default="0", nullable=False))
    op.create_check_constraint(
        op.f("work_order_extra_check"), "work_order", "extra >= 0 AND 100 * extra <= 3 * (quantity - extra)"
    )
