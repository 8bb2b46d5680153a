"""What the clocks of facilities show"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0039"
down_revision = "logistics_0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "facility", sa.Column("time_zone", sa.Text(), server_default="Asia/Jakarta", nullable=False)
    )
