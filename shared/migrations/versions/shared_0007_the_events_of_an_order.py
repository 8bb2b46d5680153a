"""The events of an order are found by an index, also those that only name it"""

from alembic import op
from sqlalchemy import text

revision = "shared_0007"
down_revision = "shared_0006"
branch_labels = None
depends_on = None

NAMED = "(data ->> 'order_id')"
IN_LINES = "jsonb_path_query_array(data, '$.\"lines\"[*].\"order_id\"')"


def upgrade() -> None:
    for table in ("outbox_event", "inbox"):
        op.create_index(f"{table}_order_idx", table, [text(NAMED)])
        op.create_index(f"{table}_orders_idx", table, [text(IN_LINES)], postgresql_using="gin")
