"""Zones: where articles may be made, and where each facility makes them"""

import sqlalchemy as sa
from alembic import op

revision = "production_0032"
down_revision = "production_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, zone in (("capability", "workshop"), ("capability_change", "workshop"), ("item_skill", "block")):
        op.add_column(table, sa.Column("zone", sa.Text(), server_default=zone, nullable=False))
    for table in ("capability", "item_skill"):
        op.create_check_constraint(op.f(f"{table}_zone_check"), table, "zone IN ('block', 'workshop')")
    op.create_table_comment(
        "item_skill",
        "the skill and the zone that an article needs; one that is not here needs the first level, anywhere",
    )
