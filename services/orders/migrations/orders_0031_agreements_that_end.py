"""A document that stands in an agreement ends with it"""

import sqlalchemy as sa
from alembic import op

from shared.database import Instant

revision = "orders_0031"
down_revision = "orders_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "evidence", sa.Column("agreement_id", sa.Uuid(), comment="in which it stands, and with which it ends")
    )
    op.create_table(
        "agreement_end",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", "told_at", name=op.f("agreement_end_pkey")),
        comment="append only: our copy of the last days that production tells of agreements whose end moved",
    )
