"""Reports that devices kept: which device, for when they count, and what is doubtful about them"""

import sqlalchemy as sa
from alembic import op

revision = "production_0018"
down_revision = "production_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("report", sa.Column("device", sa.Uuid(), comment="tells devices apart"))
    op.add_column(
        "report",
        sa.Column(
            "worked_at",
            sa.DateTime(timezone=True),
            comment="the device's clock if it can be right, else ours",
        ),
    )
    op.add_column(
        "report", sa.Column("clock_wrong", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "report",
        sa.Column(
            "same_hour",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="another device told too",
        ),
    )
    op.drop_constraint(op.f("report_acknowledged_on_check"), "report")
    op.create_check_constraint(
        op.f("report_acknowledged_on_check"), "report", "acknowledged_on IS NULL OR flagged OR same_hour"
    )
