"""Good pieces beyond the order, within the tolerance of the agreement with the facility"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0028"
down_revision = "orders_0027"
branch_labels = None
depends_on = None

CHECKS = {
    "extra": "extra >= 0",
    "ordered": "ordered > 0 AND cancelled BETWEEN 0 AND ordered + extra",
    "allocated": "allocated BETWEEN 0 AND ordered + extra - cancelled + withheld",
}
INDEXES = {
    "open": (["placed_on", "order_id"], "delivered < ordered + extra - cancelled"),
    "produce_until": (["produce_until"], "good < ordered + extra - cancelled + withheld"),
    "export_until": (["export_until"], "departed < ordered + extra - cancelled"),
}


def upgrade() -> None:
    op.add_column("order_line", sa.Column("extra", sa.Integer(), server_default="0", nullable=False))
    for name, rule in CHECKS.items():
        if name != "extra":
            op.drop_constraint(op.f(f"order_line_{name}_check"), "order_line", type_="check")
        op.create_check_constraint(op.f(f"order_line_{name}_check"), "order_line", rule)
    for name, (columns, rule) in INDEXES.items():
        op.drop_index(f"order_line_{name}_idx", "order_line")
        op.create_index(f"order_line_{name}_idx", "order_line", columns, postgresql_where=sa.text(rule))
