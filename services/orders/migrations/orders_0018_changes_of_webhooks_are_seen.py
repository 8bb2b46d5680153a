"""A change of a webhook says which version it was made on"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0018"
down_revision = "orders_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "webhook_endpoint",
        sa.Column(
            "version", sa.Integer(), nullable=False, server_default="1", comment="of what buyers change"
        ),
    )
