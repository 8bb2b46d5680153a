"""A facility has the lane of those who work there: the lots that are made there are theirs"""

import sqlalchemy as sa
from alembic import op

revision = "production_0035"
down_revision = "production_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "facility",
        sa.Column("lane", sa.Text(), server_default="custodial", nullable=False, comment="whose work its lots are"),
    )
    op.create_check_constraint(
        op.f("facility_lane_check"),
        "facility",
        "lane = 'custodial' OR lane IN ('parole_community', 'free') AND kind NOT IN ('lapas', 'rutan', 'lpka')",
    )
