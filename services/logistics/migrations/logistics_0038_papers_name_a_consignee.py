"""Papers that name a consignee fall with another one"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0038"
down_revision = "logistics_0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("names_consignee", "outdated"):
        op.add_column(
            "shipment_document", sa.Column(name, sa.Boolean(), server_default="false", nullable=False)
        )
    op.create_check_constraint(
        op.f("shipment_document_outdated_check"), "shipment_document", "NOT outdated OR number IS NULL"
    )
    op.add_column("export_declaration", sa.Column("consignee", sa.Text()))
