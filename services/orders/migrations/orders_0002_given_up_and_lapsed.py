"""Webhooks are given up, clearances lapse, what is started is allocated"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0002"
down_revision = "orders_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _webhooks_are_given_up()
    _clearances_lapse()
    _holds_are_history()
    op.create_check_constraint(
        op.f("order_line_started_check"), "order_line", "started BETWEEN 0 AND allocated"
    )


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


def _clearances_lapse() -> None:
    for purpose, done in (("produce", "good"), ("export", "departed")):
        column = f"{purpose}_until"
        op.add_column(
            "order_line",
            sa.Column(
                column,
                sa.Date(),
                nullable=True,
                comment="last day of the clearance; none while there is none",
            ),
        )
        op.execute(
            f"""
            UPDATE order_line SET {column} = granted.until
            FROM (SELECT order_id, line, max((data ->> 'expires_on')::date) AS until FROM timeline
                  WHERE type = 'kendi.orders.clearance_granted.v1' AND data ->> 'purpose' = '{purpose}'
                  GROUP BY order_id, line) granted
            WHERE granted.order_id = order_line.order_id AND granted.line = order_line.number"""  # noqa: S608  # our own text
        )
        op.create_index(
            f"order_line_{column}_idx",
            "order_line",
            [column],
            postgresql_where=sa.text(f"{done} < ordered - cancelled"),
        )


def _holds_are_history() -> None:
    """A released hold stays, and another may be opened after it."""
    op.add_column("hold", sa.Column("released_on", sa.Date(), nullable=True))
    op.execute("""
        UPDATE hold SET released_on = signed.last
        FROM (SELECT hold_id, max(signed_on) AS last FROM signature GROUP BY hold_id HAVING count(*) = 2) signed
        WHERE signed.hold_id = hold.id""")
    op.drop_constraint("hold_order_id_line_number_purpose_key", "hold", type_="unique")
    op.create_index("hold_open_idx", "hold", ["id"], postgresql_where=sa.text("released_on IS NULL"))
    op.create_index("hold_line_idx", "hold", ["order_id", "line_number"])
    op.create_index(
        "hold_open_key",
        "hold",
        ["order_id", "line_number", "purpose"],
        unique=True,
        postgresql_where=sa.text("released_on IS NULL"),
    )
