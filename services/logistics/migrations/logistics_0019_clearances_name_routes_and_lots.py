"""A clearance names its route and its lots"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "logistics_0019"
down_revision = "logistics_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name, comment in (
        ("clearance", "transit", "countries that the route may enter; none where none was told"),
        ("clearance", "lots", "that may be exported; none where the decision names no lots"),
    ):
        op.add_column(table, sa.Column(name, ARRAY(sa.Text()), nullable=True, comment=comment))
