"""The transport document waits for the payment where the order says so, and goods come back"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0014"
down_revision = "logistics_0013"
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
    op.create_table(
        "goods_return",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("goods_return_quantity_check")),
        sa.ForeignKeyConstraint(
            ["order_id", "line"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("goods_return_order_id_line_fkey"),
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("goods_return_pkey")),
        comment="what comes back after a claim",
    )
    op.execute("ALTER TABLE goods_return ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE goods_return FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY theirs ON goods_return USING ((SELECT kendi_sees('service', 'all')))")
