"""What stood on a pallet is found by the pallet"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0035"
down_revision = "logistics_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "carton_history_pallet_idx",
        "carton_history",
        ["pallet"],
        postgresql_where=sa.text("pallet IS NOT NULL"),
    )
