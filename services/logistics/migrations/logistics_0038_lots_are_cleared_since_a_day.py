"""Each lot is cleared since a day of its own"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0038"
down_revision = "logistics_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "clearance",
        sa.Column(
            "lots_since", sa.ARRAY(sa.Date()), comment="the day since which each of the lots is cleared, in their order"
        ),
    )
