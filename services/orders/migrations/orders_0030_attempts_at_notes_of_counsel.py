"""Attempts at notes of counsel that were refused are kept, too"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0030"
down_revision = "orders_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column(
        "release_attempt",
        "order_id",
        nullable=True,
        existing_type=sa.Uuid(),
        comment="as it was asked for, it may not exist; none where it was about a note of counsel",
    )
    op.drop_constraint(op.f("release_attempt_asked_check"), "release_attempt", type_="check")
    op.create_check_constraint(
        op.f("release_attempt_asked_check"),
        "release_attempt",
        "asked IN ('release', 'lane', 'acknowledgement', 'counsel_note')",
    )
    op.create_check_constraint(
        op.f("release_attempt_order_check"),
        "release_attempt",
        "(asked = 'counsel_note') = (order_id IS NULL)",
    )
