"""The transport document waits for the payment where the order says so"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0021"
down_revision = "logistics_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "buyer_order",
        sa.Column("payment_terms", sa.Text(), server_default="open_account", nullable=False),
    )
    op.add_column(
        "buyer_order",
        sa.Column(
            "payment_status",
            sa.Text(),
            nullable=True,
            comment="as orders told last; none until it told",
        ),
    )
