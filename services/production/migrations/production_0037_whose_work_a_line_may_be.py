"""A line is cleared for somebody's work, by free workers alone or by anybody"""

import sqlalchemy as sa
from alembic import op

revision = "production_0037"
down_revision = "production_0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "demand",
        sa.Column(
            "lane",
            sa.Text(),
            server_default="custodial",
            nullable=False,
            comment="that it is cleared for",
        ),
    )
    op.create_check_constraint(
        op.f("demand_lane_check"), "demand", "lane IN ('free', 'parole_community', 'custodial')"
    )
