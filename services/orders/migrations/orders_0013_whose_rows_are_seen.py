"""A buyer's rows are seen by that buyer, by staff and by the service"""

from alembic import op

revision = "orders_0013"
down_revision = "orders_0005"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
BUYER = "buyer = (SELECT kendi_sees_only('buyer'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"
"""A subquery of a policy sees what the policy of its own table lets it see."""

POLICIES = {
    "buyer": "code = (SELECT kendi_sees_only('buyer'))",
    "buyer_order": BUYER,
    "order_line": BUYER,
    "hold": OF_AN_ORDER,
    "cancellation": OF_AN_ORDER,
    "signature": "EXISTS (SELECT FROM hold h WHERE h.id = hold_id)",
    "timeline": OF_AN_ORDER,
    "feed": BUYER,
    "webhook_endpoint": BUYER,
    "webhook_delivery": "EXISTS (SELECT FROM webhook_endpoint e WHERE e.id = endpoint_id)",
    "webhook_attempt": "EXISTS (SELECT FROM webhook_delivery d WHERE d.id = delivery_id)",
    "quote": BUYER,
    "draft": BUYER,
    "order_import": BUYER,
    "order_import_row": "EXISTS (SELECT FROM order_import i WHERE i.id = import_id)",
}


def upgrade() -> None:
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")
    # Whoever takes a step writes that it waits; only who sees the steps of all may take it away.
    op.execute("ALTER TABLE feed_waiting ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE feed_waiting FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY told ON feed_waiting FOR INSERT WITH CHECK (true)")
    for command in ("SELECT", "DELETE"):
        op.execute(
            f"CREATE POLICY taken_{command.lower()} ON feed_waiting FOR {command}"
            " USING ((SELECT kendi_sees('service')))"
        )
