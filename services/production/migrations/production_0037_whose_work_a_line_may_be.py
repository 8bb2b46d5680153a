"""A line is cleared for somebody's work, and a work order keeps whose place it was offered to"""

import sqlalchemy as sa
from alembic import op

revision = "production_0037"
down_revision = "production_0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, comment in (("demand", "that it is cleared for"), ("work_order", "of its place when it was offered")):
        op.add_column(
            table, sa.Column("lane", sa.Text(), server_default="custodial", nullable=False, comment=comment)
        )
        op.create_check_constraint(
            op.f(f"{table}_lane_check"), table, "lane IN ('free', 'parole_community', 'custodial')"
        )
    op.execute(
        "UPDATE work_order w SET lane = f.lane FROM facility f WHERE f.code = w.facility AND f.lane <> 'custodial'"
    )
