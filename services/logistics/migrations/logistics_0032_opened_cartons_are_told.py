"""Cartons that were opened are told of with their shipment or their lot"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0032"
down_revision = "logistics_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "carton_history_put_in_idx",
        "carton_history",
        ["shipment_id"],
        postgresql_where=sa.text("what = 'put_in'"),
    )
    op.create_index(
        "carton_opened_idx", "carton", ["lot"], postgresql_where=sa.text("unpacked_at IS NOT NULL")
    )
