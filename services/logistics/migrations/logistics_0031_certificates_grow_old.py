"""Certificates of a treatment are good for some days only"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "logistics_0031"
down_revision = "logistics_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    days = sa.Column("valid_days", JSONB(), server_default="{}", nullable=False)
    op.add_column("shipment_document", days)
    op.add_column("shipment_document", sa.Column("treatment", sa.Text()))
    op.create_check_constraint(
        op.f("shipment_document_treatment_check"), "shipment_document", "treatment IN ('gas', 'heat')"
    )
    op.create_check_constraint(
        op.f("shipment_document_treated_check"),
        "shipment_document",
        "treatment IS NULL OR number IS NOT NULL",
    )
