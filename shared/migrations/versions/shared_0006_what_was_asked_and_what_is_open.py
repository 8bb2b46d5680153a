"""What was asked in reconciling, and events that are open by their age"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0006"
down_revision = "shared_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reconciled", sa.Column("question", sa.Uuid(), comment="the one that was asked and has no answer yet")
    )
    op.create_index("inbox_open_idx", "inbox", ["event_id"], postgresql_where=sa.text("state < 2"))
    # Left by a defect: what the position says took effect, stored again as pending for ever.
    op.execute(
        "UPDATE inbox SET state = 2 FROM position p WHERE p.source = inbox.source AND p.subject = inbox.subject"
        " AND inbox.state = 0 AND inbox.sequence <= p.last_sequence"
    )
