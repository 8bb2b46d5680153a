"""Orders are amended, and pieces cancelled as they are answered for"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0003"
down_revision = "orders_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "buyer_order",
        sa.Column("version", sa.Integer(), server_default="1", nullable=False, comment="behind the ETag"),
    )
    _goods_are_withheld()
    _holds_are_withdrawn()
    _cancellations()


def _goods_are_withheld() -> None:
    for column in ("withheld", "unpacked"):
        op.add_column("order_line", sa.Column(column, sa.Integer(), server_default="0", nullable=False))
    for name, rule in (
        ("allocated", "allocated BETWEEN 0 AND ordered - cancelled + withheld"),
        ("packed", "packed BETWEEN 0 AND good - withheld"),
        ("departed", "departed BETWEEN 0 AND packed + unpacked"),
    ):
        op.drop_constraint(op.f(f"order_line_{name}_check"), "order_line", type_="check")
        op.create_check_constraint(op.f(f"order_line_{name}_check"), "order_line", rule)
    op.create_check_constraint(
        op.f("order_line_withheld_check"), "order_line", "withheld BETWEEN 0 AND cancelled"
    )
    op.create_check_constraint(op.f("order_line_unpacked_check"), "order_line", "unpacked >= 0")
    op.drop_index("order_line_produce_until_idx", "order_line")
    op.create_index(
        "order_line_produce_until_idx",
        "order_line",
        ["produce_until"],
        postgresql_where=sa.text("good < ordered - cancelled + withheld"),
    )


def _holds_are_withdrawn() -> None:
    op.add_column(
        "hold",
        sa.Column(
            "withdrawn_on", sa.Date(), nullable=True, comment="the line changed before it was released"
        ),
    )
    op.create_check_constraint(
        op.f("hold_ended_once_check"), "hold", "num_nulls(released_on, withdrawn_on) > 0"
    )
    still_open = sa.text("released_on IS NULL AND withdrawn_on IS NULL")
    op.drop_index("hold_open_idx", "hold")
    op.create_index("hold_open_idx", "hold", ["id"], postgresql_where=still_open)
    op.drop_index("hold_open_key", "hold")
    op.create_index(
        "hold_open_key",
        "hold",
        ["order_id", "line_number", "purpose"],
        unique=True,
        postgresql_where=still_open,
    )


def _cancellations() -> None:
    op.create_table(
        "cancellation",
        sa.Column("id", sa.Uuid(), nullable=False, comment="of the request; its lines share it"),
        sa.Column("line_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("unpack", sa.Boolean(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column(
            "stopped", sa.Integer(), nullable=True, comment="by production; none until it answered"
        ),
        sa.Column(
            "withheld", sa.Integer(), server_default="0", nullable=False, comment="by logistics"
        ),
        sa.Column("lots", postgresql.JSONB(), nullable=False, comment="of which logistics withheld"),
        sa.Column(
            "going_on",
            postgresql.JSONB(),
            nullable=False,
            comment="the work orders that production did not stop",
        ),
        sa.Column(
            "kept",
            postgresql.JSONB(),
            nullable=False,
            comment="where the goods are that logistics did not withhold",
        ),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.CheckConstraint("asked > 0", name=op.f("cancellation_asked_check")),
        sa.CheckConstraint("stopped >= 0 AND withheld >= 0", name=op.f("cancellation_answers_check")),
        sa.CheckConstraint(
            "coalesce(stopped, 0) + withheld <= asked", name=op.f("cancellation_counted_check")
        ),
        sa.CheckConstraint(
            "stopped IS NOT NULL OR withheld = 0 AND answered_on IS NULL",
            name=op.f("cancellation_production_first_check"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("cancellation_order_id_line_number_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", "line_number", name=op.f("cancellation_pkey")),
    )
    op.create_index("cancellation_line_idx", "cancellation", ["order_id", "line_number", "id"])
