"""The tables of orders"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0001"
down_revision = None
branch_labels = ("orders",)
depends_on = "shared_0001"


def upgrade() -> None:
    op.create_table(
        "buyer",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("particulars", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("buyer_pkey")),
    )
    op.create_table(
        "destination_policy",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("destination_policy_pkey")),
    )
    op.create_table(
        "facility",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("facility_pkey")),
        comment="our copy of what production tells",
    )
    op.create_table(
        "item",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "published",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="the data of the newest ItemPublished",
        ),
        sa.PrimaryKeyConstraint("sku", name=op.f("item_pkey")),
    )
    op.create_table(
        "buyer_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("po_number", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("incoterm", sa.Text(), nullable=False),
        sa.Column("named_place", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("placed_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("buyer_order_buyer_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("buyer_order_pkey")),
        sa.UniqueConstraint("buyer", "po_number", name=op.f("buyer_order_buyer_po_number_key")),
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("webhook_endpoint_buyer_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_endpoint_pkey")),
    )
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("requested_date", sa.Date(), nullable=False),
        sa.Column("promised_date", sa.Date(), nullable=True),
        sa.Column("consignee_name", sa.Text(), nullable=False),
        sa.Column("consignee_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("policies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("needs", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("law", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("explanation_en", sa.Text(), nullable=False),
        sa.Column("explanation_id", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started", sa.Integer(), server_default="0", nullable=False),
        sa.Column("good", sa.Integer(), server_default="0", nullable=False),
        sa.Column("packed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("departed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("delivered", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("action IN ('allow', 'hold', 'block')", name=op.f("order_line_action_check")),
        sa.CheckConstraint(
            "allocated BETWEEN 0 AND ordered - cancelled", name=op.f("order_line_allocated_check")
        ),
        sa.CheckConstraint("delivered BETWEEN 0 AND departed", name=op.f("order_line_delivered_check")),
        sa.CheckConstraint("departed BETWEEN 0 AND packed", name=op.f("order_line_departed_check")),
        sa.CheckConstraint("good BETWEEN 0 AND allocated", name=op.f("order_line_good_check")),
        sa.CheckConstraint(
            "ordered > 0 AND cancelled BETWEEN 0 AND ordered", name=op.f("order_line_ordered_check")
        ),
        sa.CheckConstraint("packed BETWEEN 0 AND good", name=op.f("order_line_packed_check")),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("order_line_order_id_fkey")),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("order_line_sku_fkey")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("order_line_pkey")),
    )
    op.create_table(
        "timeline",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("timeline_order_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("timeline_pkey")),
        sa.UniqueConstraint("order_id", "event_id", name=op.f("timeline_order_id_event_id_key")),
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("purpose IN ('produce', 'export')", name=op.f("hold_purpose_check")),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("hold_order_id_line_number_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("hold_pkey")),
        sa.UniqueConstraint(
            "order_id", "line_number", "purpose", name=op.f("hold_order_id_line_number_purpose_key")
        ),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("timeline_id", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("webhook_delivery_endpoint_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["timeline_id"], ["timeline.id"], name=op.f("webhook_delivery_timeline_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webhook_delivery_pkey")),
        sa.UniqueConstraint(
            "timeline_id", "endpoint_id", name=op.f("webhook_delivery_timeline_id_endpoint_id_key")
        ),
    )
    op.create_index(
        "webhook_delivery_due_idx",
        "webhook_delivery",
        ["endpoint_id", "order_id", "id"],
        unique=False,
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hold_id", sa.BigInteger(), nullable=False),
        sa.Column("signer_id", sa.Text(), nullable=False),
        sa.Column("signer_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("signature_hold_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("signature_pkey")),
        sa.UniqueConstraint("hold_id", "role", name=op.f("signature_hold_id_role_key")),
        sa.UniqueConstraint("hold_id", "signer_id", name=op.f("signature_hold_id_signer_id_key")),
    )
