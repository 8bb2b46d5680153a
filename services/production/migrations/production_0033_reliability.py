"""How reliable each facility is, counted once a day"""

import sqlalchemy as sa
from alembic import op

revision = "production_0033"
down_revision = "production_0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "facility",
        sa.Column("reliability_pct", sa.Integer(), comment="as of rated_on; none: too little is known"),
    )
    op.add_column("facility", sa.Column("rated_on", sa.Date()))
    op.create_check_constraint(
        op.f("facility_reliability_pct_check"), "facility", "reliability_pct BETWEEN 0 AND 100"
    )
