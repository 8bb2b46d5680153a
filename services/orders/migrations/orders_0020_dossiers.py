"""What shipments carry of lots, and what is told of how people work in facilities"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0020"
down_revision = "orders_0019"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
POLICIES = {
    "shipment_lot": "EXISTS (SELECT FROM lot l WHERE l.code = shipment_lot.lot)",
}
Instant = sa.DateTime(timezone=True)

HEARD_SHIPMENTS = """
    INSERT INTO shipment_lot
    SELECT event_id, part ->> 'lot', CAST(data ->> 'shipment_id' AS uuid), min(occurred_at),
        sum(CAST(part ->> 'quantity' AS int) * CASE
            WHEN type IN ('kendi.logistics.shipment_planned.v1', 'kendi.logistics.cartons_put_in.v1') THEN 1
            ELSE -1 END)
    FROM timeline, jsonb_array_elements(data -> 'lines') AS part
    WHERE type IN ('kendi.logistics.shipment_planned.v1', 'kendi.logistics.cartons_put_in.v1',
            'kendi.logistics.cartons_taken_out.v1', 'kendi.logistics.shipment_cancelled.v1')
        AND EXISTS (SELECT FROM lot WHERE code = part ->> 'lot')
    GROUP BY event_id, part ->> 'lot', data ->> 'shipment_id'"""


def upgrade() -> None:
    op.create_table(
        "shipment_lot",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("shipment_lot_quantity_check")),
        sa.ForeignKeyConstraint(["lot"], ["lot.code"], name=op.f("shipment_lot_lot_fkey")),
        sa.PrimaryKeyConstraint("event_id", "lot", name=op.f("shipment_lot_pkey")),
        comment="append only: pieces of a lot that were put into a shipment, or, below 0, taken out of it",
    )
    op.create_index("shipment_lot_shipment_idx", "shipment_lot", ["shipment_id", "told_at"])
    op.create_index(op.f("shipment_lot_lot_idx"), "shipment_lot", ["lot"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("sha256", sa.Text()),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("withdrawn_at", Instant),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.CheckConstraint(
            "num_nulls(withdrawn_at, withdrawn_reason) IN (0, 2)",
            name=op.f("evidence_withdrawn_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("evidence_pkey")),
        comment="our copy of what production tells of facilities",
    )
    op.create_index("evidence_facility_idx", "evidence", ["facility", "id"])
    op.create_table(
        "month_of_work",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False, comment="its first day"),
        sa.Column("told_at", Instant, nullable=False),
        sa.Column("eligible", sa.Integer()),
        sa.Column("consenting", sa.Integer()),
        sa.Column("workers", sa.Integer()),
        sa.Column("minutes", sa.Integer()),
        sa.Column("premi_idr", sa.BigInteger()),
        sa.Column("hourly_idr", sa.BigInteger()),
        sa.Column("minimum_hourly_idr", sa.BigInteger()),
        sa.Column("refusals", sa.Integer()),
        sa.Column("open_grievances", sa.Integer()),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("facility", "month", name=op.f("month_of_work_pkey")),
        comment="our copy of what production tells of people at work: no figure is about fewer than five",
    )
    op.execute(HEARD_SHIPMENTS)
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")
