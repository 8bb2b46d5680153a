"""A line that the law blocks may be made by free workers: who asked, and who chose it"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0032"
down_revision = "orders_0031"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"


def upgrade() -> None:
    op.add_column(
        "order_line",
        sa.Column(
            "if_free",
            sa.Text(),
            comment="of a blocked line: what is decided of free workers' goods; none: not known",
        ),
    )
    op.create_check_constraint(
        op.f("order_line_if_free_check"), "order_line", "if_free IN ('allow', 'hold', 'block')"
    )
    op.create_table(
        "free_lane",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False, comment="business time"),
        sa.CheckConstraint("said IN ('asked', 'chosen', 'ended')", name=op.f("free_lane_said_check")),
        sa.CheckConstraint("(said = 'chosen') = (reason IS NOT NULL)", name=op.f("free_lane_reason_check")),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("free_lane_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("free_lane_pkey")),
        comment="append only: the newest of a line counts",
    )
    op.create_index("free_lane_line_idx", "free_lane", ["order_id", "line_number", "id"])
    op.execute("ALTER TABLE free_lane ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE free_lane FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON free_lane USING ({EVERY} OR {OF_AN_ORDER})")
    op.execute(
        "CREATE TRIGGER append_only_on_update BEFORE UPDATE OR DELETE ON free_lane"
        " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
    )
    op.drop_constraint(op.f("release_attempt_asked_check"), "release_attempt", type_="check")
    op.create_check_constraint(
        op.f("release_attempt_asked_check"),
        "release_attempt",
        "asked IN ('release', 'lane', 'free_lane', 'acknowledgement', 'counsel_note')",
    )
