"""Cartons that came back with their shipment are counted in where they stand"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0030"
down_revision = "logistics_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "carton",
        sa.Column("returned_at", sa.DateTime(timezone=True), comment="counted in again after it came back"),
    )
    op.add_column("carton", sa.Column("returned_to", sa.Text()))
    op.create_foreign_key(
        op.f("carton_returned_to_fkey"), "carton", "facility", ["returned_to"], ["code"]
    )
    op.create_check_constraint(
        op.f("carton_returned_check"),
        "carton",
        "num_nulls(returned_at, returned_to) IN (0, 2) AND (returned_at IS NULL OR shipment_id IS NOT NULL)",
    )
