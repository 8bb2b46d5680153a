"""Webhooks that are given up"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0002"
down_revision = "orders_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _webhooks_are_given_up()


def _webhooks_are_given_up() -> None:
    op.add_column(
        "webhook_delivery", sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        "UPDATE webhook_delivery SET given_up_at = now() WHERE next_at = 'infinity' AND delivered_at IS NULL"
    )
    op.create_check_constraint(
        op.f("webhook_delivery_ended_once_check"),
        "webhook_delivery",
        "delivered_at IS NULL OR given_up_at IS NULL",
    )
    op.drop_index("webhook_delivery_due_idx", "webhook_delivery")
    op.create_index(
        "webhook_delivery_due_idx",
        "webhook_delivery",
        ["endpoint_id", "order_id", "id"],
        postgresql_where=sa.text("delivered_at IS NULL AND given_up_at IS NULL"),
    )
