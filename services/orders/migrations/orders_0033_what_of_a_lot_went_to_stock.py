"""What of a lot went to stock is known of the lot, and no release is asked for it"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0033"
down_revision = "orders_0032"
branch_labels = None
depends_on = None

WITHHELD = """
    UPDATE lot SET withheld = told.pieces FROM (
        SELECT data ->> 'lot' AS code, sum(CAST(data ->> 'quantity' AS int)) AS pieces FROM timeline
        WHERE type = 'kendi.logistics.goods_withheld.v1' GROUP BY 1) told
    WHERE told.code = lot.code"""
"""Those of orders that are there stand on their timelines."""


def upgrade() -> None:
    op.add_column(
        "lot",
        sa.Column(
            "withheld",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="taken to stock; nobody is sent them",
        ),
    )
    op.execute(WITHHELD)
    op.create_check_constraint(op.f("lot_withheld_check"), "lot", "withheld BETWEEN 0 AND quantity - departed")
