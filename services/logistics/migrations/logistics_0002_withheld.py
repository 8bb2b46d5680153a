"""Finished goods are withheld, and cartons unpacked"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0002"
down_revision = "logistics_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "lot",
        sa.Column(
            "withheld", sa.Integer(), server_default="0", nullable=False, comment="taken to stock: cancelled"
        ),
    )
    op.create_check_constraint(op.f("lot_withheld_check"), "lot", "withheld BETWEEN 0 AND good - packed")
    op.drop_index("lot_free_idx", "lot")
    op.create_index(
        "lot_free_idx", "lot", ["code"], postgresql_where=sa.text("packed + withheld < good")
    )
    op.add_column(
        "carton",
        sa.Column(
            "unpacked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="its goods were cancelled; the number is never used again",
        ),
    )
    op.create_check_constraint(
        op.f("carton_unpacked_check"), "carton", "num_nulls(shipment_id, unpacked_at) > 0"
    )
    op.drop_index("carton_not_shipped_idx", "carton")
    op.create_index(
        "carton_not_shipped_idx",
        "carton",
        ["hub", "lot"],
        postgresql_where=sa.text("shipment_id IS NULL AND unpacked_at IS NULL"),
    )
