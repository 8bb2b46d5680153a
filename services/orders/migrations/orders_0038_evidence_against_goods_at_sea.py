"""Evidence that speaks against goods which departed is listed among what changes caught"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0038"
down_revision = "orders_0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "what speaks against goods that had departed, or was taken back"
    op.add_column("caught_line", sa.Column("evidence_id", sa.Uuid(), nullable=True, comment=comment))
    op.create_unique_constraint(
        op.f("caught_line_evidence_id_order_id_line_number_key"),
        "caught_line",
        ["evidence_id", "order_id", "line_number"],
    )
    because = op.f("caught_line_because_check")
    op.drop_constraint(because, "caught_line", type_="check")
    causes = "'policy', 'goods', 'amendment', 'route', 'delivery', 'lane', 'evidence'"
    op.create_check_constraint(because, "caught_line", f"because IN ({causes})")
    op.create_check_constraint(
        op.f("caught_line_evidence_check"), "caught_line", "(because = 'evidence') = (evidence_id IS NOT NULL)"
    )
