"""Goods and shipments are seen by staff and by the service; of a shipment its tracking address tells"""

from alembic import op

revision = "logistics_0013"
down_revision = "logistics_0002"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
NOBODY_ELSE = "false"
OF_A_SHIPMENT = "EXISTS (SELECT FROM shipment s WHERE s.id = shipment_id)"

POLICIES = {
    "exporter": NOBODY_ELSE,
    "buyer_order": NOBODY_ELSE,
    "order_line": NOBODY_ELSE,
    "clearance": NOBODY_ELSE,
    "lot": NOBODY_ELSE,
    "carton": NOBODY_ELSE,
    "shipment": "tracking_token = (SELECT kendi_sees_only('tracking'))",
    "shipment_document": OF_A_SHIPMENT,
    "shipment_milestone": OF_A_SHIPMENT,
}


def upgrade() -> None:
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")
