"""Evidence that speaks against goods which departed is listed among what changes caught"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0038"
down_revision = "orders_0037"
branch_labels = None
depends_on = None


AT_SEA_NOW = """
    INSERT INTO caught_line
        (because, evidence_id, order_id, line_number, "before", "after", policies, law, at_sea, departed)
    SELECT 'evidence', e.id, l.order_id, l.number, l.action, 'hold', '[]', '[]', l.departed - l.delivered, l.departed
    FROM evidence e JOIN order_line l ON l.action = 'hold' AND l.departed > l.delivered
    WHERE e.finding = 'contradicts' AND e.withdrawn_at IS NULL AND EXISTS (
        SELECT FROM lot
        WHERE lot.order_id = l.order_id AND lot.line_number = l.number
            AND lot.facility = e.facility AND lot.departed > 0)
"""
"""What speaks against goods that are at sea as this begins to be kept; its events won't come again."""


def upgrade() -> None:
    comment = "what speaks against goods that had departed, or was taken back"
    op.add_column("caught_line", sa.Column("evidence_id", sa.Uuid(), nullable=True, comment=comment))
    comment = "with evidence: pieces that had departed by then, it speaks until they arrived"
    op.add_column("caught_line", sa.Column("departed", sa.Integer(), nullable=True, comment=comment))
    op.create_check_constraint(
        op.f("caught_line_departed_check"), "caught_line", "(evidence_id IS NULL) = (departed IS NULL)"
    )
    op.create_unique_constraint(
        op.f("caught_line_evidence_id_order_id_line_number_departed_key"),
        "caught_line",
        ["evidence_id", "order_id", "line_number", "departed"],
    )
    because = op.f("caught_line_because_check")
    op.drop_constraint(because, "caught_line", type_="check")
    causes = "'policy', 'goods', 'amendment', 'route', 'delivery', 'lane', 'evidence'"
    op.create_check_constraint(because, "caught_line", f"because IN ({causes})")
    op.create_check_constraint(
        op.f("caught_line_evidence_check"), "caught_line", "(because = 'evidence') = (evidence_id IS NOT NULL)"
    )
    op.execute(AT_SEA_NOW)
