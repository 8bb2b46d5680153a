"""Buyers approve golden samples, and items have pictures"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0015"
down_revision = "orders_0014"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
THEIRS = "buyer = (SELECT kendi_sees_only('buyer'))"


def upgrade() -> None:
    _samples()
    _waiting_lines()
    _asked_for_none()
    _pictures()


def _samples() -> None:
    op.create_table(
        "sample_verdict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("sample", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_by_name", sa.Text(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="business time"),
        sa.CheckConstraint(
            "verdict IN ('approved', 'refused')", name=op.f("sample_verdict_verdict_check")
        ),
        sa.CheckConstraint(
            "(verdict = 'refused') = (reason IS NOT NULL)", name=op.f("sample_verdict_reason_check")
        ),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("sample_verdict_buyer_fkey")),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("sample_verdict_sku_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("sample_verdict_pkey")),
        comment="append only: the newest counts",
    )
    op.create_index("sample_verdict_of_idx", "sample_verdict", ["buyer", "sku", "id"])
    op.create_index(
        "sample_verdict_approved_key",
        "sample_verdict",
        ["buyer", "sku", "sample"],
        unique=True,
        postgresql_where=sa.text("verdict = 'approved'"),
    )
    op.execute("ALTER TABLE sample_verdict ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sample_verdict FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON sample_verdict USING ({EVERY} OR {THEIRS})")


def _waiting_lines() -> None:
    op.add_column(
        "order_line",
        sa.Column(
            "awaited_sample", sa.Text(), nullable=True, comment="what its buyer must approve before it is made"
        ),
    )
    op.create_check_constraint(
        op.f("order_line_sample_check"), "order_line", "awaited_sample IS NULL OR produce_until IS NULL"
    )
    op.create_index(
        "order_line_awaited_sample_idx",
        "order_line",
        ["sku", "buyer"],
        postgresql_where=sa.text("awaited_sample IS NOT NULL"),
    )


def _asked_for_none() -> None:
    """Items that are loaded again unchanged are no new version."""
    op.execute("""
        UPDATE item SET published = published || '{"golden_sample": null}',
            loaded = jsonb_set(loaded, '{published,golden_sample}', 'null')""")


def _pictures() -> None:
    op.create_table(
        "item_image",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png')", name=op.f("item_image_media_type_check")
        ),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("item_image_sku_fkey")),
        sa.PrimaryKeyConstraint("sku", name=op.f("item_image_pkey")),
    )
