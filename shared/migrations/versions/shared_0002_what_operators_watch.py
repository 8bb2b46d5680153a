"""When a delivery was sent, how far each subscriber's receipts reach, and which processes make progress"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0002"
down_revision = "shared_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("outbox_delivery_state_check"), "outbox_delivery")
    op.create_check_constraint(op.f("outbox_delivery_state_check"), "outbox_delivery", "state BETWEEN 0 AND 2")
    op.drop_column("outbox_delivery", "refusal")
    op.add_column(
        "outbox_delivery",
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True, comment="the newest attempt"),
    )
    op.drop_index("outbox_delivery_due_idx", "outbox_delivery")
    op.create_index(
        "outbox_delivery_new_idx",
        "outbox_delivery",
        ["subscriber", "event_pk"],
        postgresql_where=sa.text("state = 0"),
    )
    op.create_index(
        "outbox_delivery_sent_idx",
        "outbox_delivery",
        ["subscriber", "next_at"],
        postgresql_where=sa.text("state = 1"),
    )
    op.create_table(
        "receipts_from",
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "reached",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the newest of what it acknowledged was sent",
        ),
        sa.PrimaryKeyConstraint("subscriber", name=op.f("receipts_from_pkey")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("process", sa.Text(), nullable=False, comment="service and kind, for example: orders worker"),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("process", "host", "pid", name=op.f("heartbeat_pkey")),
    )
