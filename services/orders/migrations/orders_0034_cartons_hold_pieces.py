"""A carton is claimed by what it holds, once it was delivered"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0034"
down_revision = "orders_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("carton", sa.Column("pieces", sa.Integer()))
    op.add_column("carton", sa.Column("delivered", sa.Boolean(), server_default="false", nullable=False))
    op.execute("""
        WITH told AS (
            SELECT sscc, place, (data ->> 'quantity')::int AS quantity, jsonb_array_length(data -> 'ssccs') AS cartons,
                   (item.published ->> 'pieces_per_carton')::int AS full_one
            FROM timeline
            LEFT JOIN item ON item.sku = data ->> 'sku',
            jsonb_array_elements_text(data -> 'ssccs') WITH ORDINALITY AS each (sscc, place)
            WHERE type = 'kendi.logistics.cartons_packed.v1'
        ), shared AS (
            SELECT *, quantity - full_one * (cartons - 1) AS rest FROM told
        )
        UPDATE carton SET pieces = CASE
            WHEN full_one IS NULL OR rest NOT BETWEEN 1 AND full_one THEN (quantity + cartons - 1) / cartons
            WHEN place = cartons THEN rest ELSE full_one END
        FROM shared WHERE shared.sscc = carton.sscc""")
    op.execute("""
        UPDATE carton SET delivered = true FROM order_line AS line
        WHERE line.order_id = carton.order_id AND line.number = carton.line_number AND line.delivered > 0
        AND NOT EXISTS (
            SELECT FROM timeline
            WHERE timeline.order_id = carton.order_id AND data -> 'ssccs' ? carton.sscc AND type IN (
                'kendi.logistics.cartons_unpacked.v1', 'kendi.logistics.goods_withheld.v1'))""")
    op.alter_column("carton", "pieces", nullable=False)
    op.create_check_constraint(op.f("carton_pieces_check"), "carton", "pieces > 0")
