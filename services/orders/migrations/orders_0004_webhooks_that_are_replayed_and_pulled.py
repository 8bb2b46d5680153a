"""Webhooks are filtered, rotated, probed, logged and replayed, and there is a feed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0004"
down_revision = "orders_0003"
branch_labels = None
depends_on = None

NOT_ENDED = "delivered_at IS NULL AND given_up_at IS NULL"


def upgrade() -> None:
    _feed()
    _endpoints()
    _deliveries()
    _attempts()


def _feed() -> None:
    op.create_table(
        "feed_waiting",
        sa.Column("timeline_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("timeline_id", name=op.f("feed_waiting_pkey")),
        comment="new entries of the timeline, put here by its trigger, until they have their place in the feed",
    )
    op.create_table(
        "feed",
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timeline_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="the number of the step in its order"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("feed_buyer_fkey")),
        sa.ForeignKeyConstraint(["timeline_id"], ["timeline.id"], name=op.f("feed_timeline_id_fkey")),
        sa.PrimaryKeyConstraint("buyer", "position", name=op.f("feed_pkey")),
        sa.UniqueConstraint("order_id", "sequence", name=op.f("feed_order_id_sequence_key")),
        sa.UniqueConstraint("timeline_id", name=op.f("feed_timeline_id_key")),
    )
    op.create_index("feed_buyer_recorded_at_idx", "feed", ["buyer", "recorded_at"])
    op.execute("""
        CREATE FUNCTION put_in_line() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO feed_waiting SELECT id FROM added;
            RETURN NULL;
        END $$""")
    op.execute("""
        CREATE TRIGGER put_in_line AFTER INSERT ON timeline
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION put_in_line()""")
    op.execute("""
        INSERT INTO feed (buyer, position, timeline_id, order_id, sequence, recorded_at)
        SELECT o.buyer, row_number() OVER (PARTITION BY o.buyer ORDER BY t.id), t.id, t.order_id,
            row_number() OVER (PARTITION BY t.order_id ORDER BY t.id), t.recorded_at
        FROM timeline t JOIN buyer_order o ON o.id = t.order_id""")


def _endpoints() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "event_types",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="none means all",
        ),
        sa.Column("previous_secret", sa.Text(), nullable=True),
        sa.Column("previous_secret_until", moment, nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False, comment="one after the other"),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("probe_at", moment, nullable=True, comment="when a failing endpoint is tried next"),
        sa.Column("off_since", moment, nullable=True),
        sa.Column("off_because", sa.Text(), nullable=True),
    ):
        op.add_column("webhook_endpoint", column)
    for name, condition in {
        "previous_secret": "(previous_secret IS NULL) = (previous_secret_until IS NULL)",
        "failing": "failures >= 0 AND (failures = 0) = (failing_since IS NULL)",
        "probe": "probe_at IS NULL OR failures > 0",
        "off": "(off_since IS NULL) = (off_because IS NULL) AND off_because IN ('asked', 'gone', 'silent')",
    }.items():
        op.create_check_constraint(op.f(f"webhook_endpoint_{name}_check"), "webhook_endpoint", condition)
    op.create_index("webhook_endpoint_buyer_idx", "webhook_endpoint", ["buyer"])


def _deliveries() -> None:
    op.add_column(
        "webhook_delivery",
        sa.Column(
            "tried_before",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="attempts before its replay",
        ),
    )
    op.add_column(
        "webhook_delivery", sa.Column("replays", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("webhook_delivery_tried_before_check"),
        "webhook_delivery",
        "tried_before BETWEEN 0 AND attempts",
    )
    op.drop_index("webhook_delivery_due_idx", "webhook_delivery")
    for name, columns in {
        "order": ["endpoint_id", "order_id", "timeline_id"],
        "next": ["endpoint_id", "next_at", "timeline_id"],
    }.items():
        op.create_index(
            f"webhook_delivery_{name}_idx", "webhook_delivery", columns, postgresql_where=sa.text(NOT_ENDED)
        )
    op.create_index("webhook_delivery_log_idx", "webhook_delivery", ["endpoint_id", "id"])
    op.create_index("webhook_delivery_delivered_at_idx", "webhook_delivery", ["delivered_at"])
    op.create_index(
        "webhook_delivery_given_up_at_idx",
        "webhook_delivery",
        ["given_up_at"],
        postgresql_where=sa.text("given_up_at IS NOT NULL"),
    )


def _attempts() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("replay", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column(
            "response", sa.Text(), nullable=False, comment="its first characters, without secrets"
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name=op.f("webhook_attempt_delivery_id_fkey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_attempt_pkey")),
    )
    op.create_index("webhook_attempt_delivery_id_idx", "webhook_attempt", ["delivery_id"])
