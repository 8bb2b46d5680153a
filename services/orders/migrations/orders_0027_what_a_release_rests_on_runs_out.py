"""Releases stand or have ended, each for some lots or for all, and end when what they rest on runs out"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0027"
down_revision = "orders_0026"
branch_labels = None
depends_on = None

ENDED = """
    UPDATE hold SET ended_on = released_on FROM order_line l
    WHERE l.order_id = hold.order_id AND l.number = hold.line_number AND hold.released_on IS NOT NULL
        AND (CASE hold.purpose WHEN 'export' THEN l.export_until ELSE l.produce_until END IS NULL
            OR EXISTS (SELECT FROM hold newer WHERE newer.order_id = hold.order_id
                AND newer.line_number = hold.line_number AND newer.purpose = hold.purpose AND newer.id > hold.id))"""
"""Of a line's releases for one purpose the newest one stood alone, if any did."""

DEPARTED = """
    UPDATE lot SET departed = least(lot.quantity, gone.pieces) FROM (
        SELECT order_id, part ->> 'lot' AS lot, sum(CAST(part ->> 'quantity' AS int)) AS pieces
        FROM timeline, jsonb_array_elements(data -> 'lines') AS part
        WHERE type = 'kendi.logistics.shipment_departed.v1' GROUP BY 1, 2) gone
    WHERE gone.order_id = lot.order_id AND gone.lot = lot.code"""


def upgrade() -> None:
    op.add_column(
        "hold", sa.Column("ended_on", sa.Date(), comment="a release that counts no more; none while it stands")
    )
    op.add_column(
        "hold", sa.Column("looked_on", sa.Date(), comment="when it was last seen that what it rests on still holds")
    )
    op.create_check_constraint(
        op.f("hold_ended_on_check"), "hold", "ended_on IS NULL OR released_on IS NOT NULL"
    )
    op.execute(ENDED)
    op.add_column("lot", sa.Column("departed", sa.Integer(), server_default="0", nullable=False))
    op.execute(DEPARTED)
    op.create_check_constraint(op.f("lot_departed_check"), "lot", "departed BETWEEN 0 AND quantity")
    _attempts()


def _attempts() -> None:
    op.alter_column("release_attempt", "line_number", nullable=True, comment="none where it was about a lot")
    op.add_column("release_attempt", sa.Column("asked", sa.Text(), server_default="release", nullable=False))
    op.add_column("release_attempt", sa.Column("lot", sa.Text()))
    op.create_check_constraint(
        op.f("release_attempt_asked_check"),
        "release_attempt",
        "asked IN ('release', 'lane', 'acknowledgement')",
    )
