"""What open work still takes of material is read from its index, as its hours are"""

import sqlalchemy as sa
from alembic import op

revision = "production_0042"
down_revision = "production_0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("work_order_open_idx", "work_order")
    op.create_index(
        "work_order_open_idx",
        "work_order",
        ["facility", "sku"],
        postgresql_include=["quantity", "good", "made", "scrap"],
        postgresql_where=sa.text("declined_reason IS NULL AND withdrawn_on IS NULL AND good < quantity"),
    )
