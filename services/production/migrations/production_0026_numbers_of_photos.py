"""Numbers of photos that are not given again, and changes of what was so before the first known one"""

import sqlalchemy as sa
from alembic import op

revision = "production_0026"
down_revision = "production_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "inspection",
        sa.Column(
            "photos", sa.Integer(), server_default="0", nullable=False, comment="numbers given out"
        ),
    )
    op.execute("""
        UPDATE inspection SET photos = last
        FROM (SELECT inspection_id, max(number) AS last FROM inspection_photo GROUP BY 1) AS given
        WHERE inspection_id = id""")
    op.alter_column(
        "capability_change",
        "changed_on",
        existing_type=sa.Date(),
        nullable=True,
        comment="none: it was so before the first change, since when is not known",
    )
