"""A short landing names its cartons"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "logistics_0027"
down_revision = "logistics_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    named = sa.Column(
        "ssccs",
        ARRAY(sa.Text()),
        server_default="{}",
        nullable=False,
        comment="the cartons that it is about, where it is not about all",
    )
    op.add_column("shipment_milestone", named)
    op.create_check_constraint(
        op.f("shipment_milestone_ssccs_check"),
        "shipment_milestone",
        "cardinality(ssccs) = 0 OR code = 'SHORT_LANDED'",
    )
