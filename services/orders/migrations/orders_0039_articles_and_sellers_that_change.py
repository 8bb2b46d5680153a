"""Open lines are screened again when what the rules look at in an article or its seller changed, or a law of arrivals begins"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "orders_0039"
down_revision = "orders_0035"
branch_labels = None
depends_on = None

TURNING = """
    INSERT INTO rescreening (due_on, policies)
    SELECT day::date, jsonb_agg(DISTINCT name) FROM (
        SELECT id || '.v' || version AS name, unnest(ARRAY["row"->>'delivery_from', "row"->>'delivery_before']) AS day
        FROM destination_policy WHERE withdrawn_at IS NULL
    ) turning WHERE day::date > current_date GROUP BY day
"""


def upgrade() -> None:
    op.alter_column(
        "rescreening",
        "policies",
        existing_type=postgresql.JSONB(),
        existing_nullable=False,
        comment="the versions that begin or end; none where articles or sellers changed",
    )
    op.alter_column(
        "caught_line",
        "rescreening_id",
        existing_type=sa.BigInteger(),
        existing_nullable=True,
        comment="none where all lines were not screened",
    )
    for name, condition in (
        ("because", "because IN ('policy', 'goods', 'amendment', 'route', 'delivery', 'lane')"),
        ("rescreened", "(because IN ('policy', 'goods')) = (rescreening_id IS NOT NULL)"),
    ):
        constraint = op.f(f"caught_line_{name}_check")
        op.drop_constraint(constraint, "caught_line", type_="check")
        op.create_check_constraint(constraint, "caught_line", condition)
    op.execute(TURNING)
