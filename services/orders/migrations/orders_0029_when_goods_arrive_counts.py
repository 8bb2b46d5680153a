"""The law counts for the day on which goods arrive, and whatever change caught a line is kept"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0029"
down_revision = "orders_0028"
branch_labels = None
depends_on = None

EXPECTED = """
    UPDATE order_line l SET expected_on = greatest(
        (SELECT p.promised_date FROM promise p
            WHERE p.order_id = l.order_id AND p.line_number = l.number AND p.promised_date IS NOT NULL
            ORDER BY p.id DESC LIMIT 1),
        (SELECT max(newest.eta) FROM (
            SELECT DISTINCT ON (t.data ->> 'shipment_id') CAST(t.data ->> 'eta' AS date) AS eta FROM timeline t
            WHERE t.order_id = l.order_id AND t.data ? 'eta'
                AND t.data -> 'lines' @> jsonb_build_array(jsonb_build_object('line', l.number))
                AND NOT EXISTS (SELECT FROM timeline ended WHERE ended.order_id = t.order_id
                    AND ended.type = 'kendi.logistics.shipment_cancelled.v1'
                    AND ended.data ->> 'shipment_id' = t.data ->> 'shipment_id')
            ORDER BY t.data ->> 'shipment_id', t.id DESC) newest))"""

SCREEN_AGAIN = """
    INSERT INTO rescreening (policies, due_on)
    SELECT coalesce((SELECT jsonb_agg(id || '.v' || version ORDER BY id) FROM destination_policy
        WHERE withdrawn_at IS NULL), '[]'), CURRENT_DATE
    WHERE EXISTS (SELECT FROM order_line WHERE expected_on > requested_date)"""
"""Lines that come later than they were asked for stood under the law of an earlier day."""


def upgrade() -> None:
    op.add_column(
        "order_line",
        sa.Column("expected_on", sa.Date(), comment="the latest of the day promised and its vessels' arrivals"),
    )
    op.execute(EXPECTED)
    op.execute(SCREEN_AGAIN)
    _caught_by_any_change()
    op.create_index(
        "hold_to_look_at_idx",
        "hold",
        ["looked_on"],
        postgresql_where=sa.text("purpose = 'export' AND withdrawn_on IS NULL AND ended_on IS NULL"),
    )


def _caught_by_any_change() -> None:
    op.drop_constraint(op.f("caught_line_pkey"), "caught_line", type_="primary")
    op.alter_column("caught_line", "rescreening_id", nullable=True, comment="none where no rule changed")
    op.execute("ALTER TABLE caught_line ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY")
    op.create_primary_key(op.f("caught_line_pkey"), "caught_line", ["id"])
    op.create_unique_constraint(
        op.f("caught_line_rescreening_id_order_id_line_number_key"),
        "caught_line",
        ["rescreening_id", "order_id", "line_number"],
    )
    op.add_column("caught_line", sa.Column("because", sa.Text(), server_default="policy", nullable=False))
    op.create_check_constraint(
        op.f("caught_line_because_check"),
        "caught_line",
        "because IN ('policy', 'amendment', 'route', 'delivery', 'lane')",
    )
    op.create_check_constraint(
        op.f("caught_line_rescreened_check"),
        "caught_line",
        "(because = 'policy') = (rescreening_id IS NOT NULL)",
    )
