"""A message that is parked again is counted, and kept once"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0010"
down_revision = "shared_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "parked_message",
        sa.Column(
            "times",
            sa.BigInteger(),
            server_default="1",
            nullable=False,
            comment="how often it came until an operator had seen to it",
        ),
    )
    op.execute("""
        WITH alike AS (
            SELECT id, count(*) OVER same AS times, row_number() OVER (same ORDER BY id) AS place
            FROM parked_message WHERE dismissed_at IS NULL
            WINDOW same AS (PARTITION BY reason, message)),
        counted AS (
            UPDATE parked_message p SET times = alike.times FROM alike
            WHERE alike.id = p.id AND alike.place = 1)
        DELETE FROM parked_message p USING alike WHERE alike.id = p.id AND alike.place > 1""")
    op.create_index(
        "parked_message_alike_idx",
        "parked_message",
        [sa.text("md5(reason)"), sa.text("md5(message::text)")],
        unique=True,
        postgresql_where=sa.text("dismissed_at IS NULL"),
    )
