"""Policies are kept in versions, lines have routes, and open lines are screened again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "orders_0017"
down_revision = "orders_0015"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"
NOW = sa.text("now()")


def upgrade() -> None:
    _versions()
    _rescreenings()
    _caught_lines()
    op.add_column(
        "order_line",
        sa.Column(
            "transit",
            ARRAY(sa.Text()),
            nullable=True,
            comment="countries of the planned route; none while none is known",
        ),
    )


def _versions() -> None:
    """Each version that is there already counts, and was published by nobody who is known."""
    for column in (
        sa.Column("published_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("published_by", sa.Text(), server_default="system", nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True, comment="none while it counts"),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
    ):
        op.add_column("destination_policy", column)
    op.drop_constraint("destination_policy_pkey", "destination_policy", type_="primary")
    op.create_primary_key(op.f("destination_policy_pkey"), "destination_policy", ["id", "version"])
    op.create_check_constraint(op.f("destination_policy_version_check"), "destination_policy", "version > 0")
    op.create_check_constraint(
        op.f("destination_policy_withdrawn_check"),
        "destination_policy",
        "num_nulls(withdrawn_at, withdrawn_by) IN (0, 2)",
    )
    op.create_table_comment("destination_policy", "every version that was ever published")


def _rescreenings() -> None:
    op.create_table(
        "rescreening",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("policies", JSONB(), nullable=False, comment="the versions that begin or end"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="business time"),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("last_order", sa.Uuid(), nullable=True, comment="orders up to this one are done"),
        sa.Column("screened", sa.Integer(), server_default="0", nullable=False, comment="lines"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("screened >= 0", name=op.f("rescreening_screened_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("rescreening_pkey")),
    )
    op.create_index(
        "rescreening_due_idx", "rescreening", ["due_on"], postgresql_where=sa.text("ended_at IS NULL")
    )


def _caught_lines() -> None:
    op.create_table(
        "caught_line",
        sa.Column("rescreening_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("policies", JSONB(), nullable=False, comment="that caught it"),
        sa.Column("law", JSONB(), nullable=False),
        sa.Column(
            "at_sea",
            sa.Integer(),
            nullable=False,
            comment="pieces that had departed then, not delivered",
        ),
        sa.Column("caught_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "before IN ('allow', 'hold') AND after IN ('hold', 'block')",
            name=op.f("caught_line_stricter_check"),
        ),
        sa.CheckConstraint("at_sea >= 0", name=op.f("caught_line_at_sea_check")),
        sa.ForeignKeyConstraint(
            ["rescreening_id"], ["rescreening.id"], name=op.f("caught_line_rescreening_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("caught_line_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("rescreening_id", "order_id", "line_number", name=op.f("caught_line_pkey")),
        comment="append only",
    )
    op.create_index("caught_line_order_idx", "caught_line", ["order_id", "line_number"])
    op.execute("ALTER TABLE caught_line ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE caught_line FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON caught_line USING ({EVERY} OR {OF_AN_ORDER})")
