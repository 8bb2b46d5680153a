"""Lists find orders by the stage of a line, a buyer's first"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0035"
down_revision = "orders_0034"
branch_labels = None
depends_on = None

STAGE = """CASE
    WHEN delivered >= ordered + extra - cancelled THEN 'closed'
    WHEN action = 'block' THEN 'blocked'
    WHEN produce_until IS NULL AND good = withheld AND departed = 0 THEN 'on_hold'
    ELSE 'in_progress' END"""


def upgrade() -> None:
    stage = sa.Column(
        "stage", sa.Text(), sa.Computed(STAGE, persisted=True), nullable=False, comment="for lists"
    )
    op.add_column("order_line", stage)
    by_day = ["stage", "placed_on", "order_id"]
    op.create_index("order_line_stage_idx", "order_line", by_day)
    op.create_index("order_line_buyer_stage_idx", "order_line", ["buyer", *by_day])
    op.drop_index("order_line_open_idx", table_name="order_line")
