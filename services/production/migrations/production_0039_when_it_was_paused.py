"""A report from before a pause counts though it comes later"""

import sqlalchemy as sa
from alembic import op

revision = "production_0039"
down_revision = "production_0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "work_order",
        sa.Column("paused_at", sa.DateTime(timezone=True), comment="by the business clock"),
    )
