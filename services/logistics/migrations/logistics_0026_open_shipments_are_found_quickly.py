"""Shipments that have not left, or are on their way, are found quickly among all that were delivered"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0026"
down_revision = "logistics_0025"
branch_labels = None
depends_on = None

REPORTED = """
    CREATE FUNCTION kendi_shipment_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE shipment
        SET departed = departed OR NEW.code = 'VESSEL_DEPARTED', ended = ended OR NEW.code <> 'VESSEL_DEPARTED'
        WHERE id = NEW.shipment_id;
        RETURN NULL;
    END $$"""
ON_REPORT = """
    CREATE TRIGGER moved AFTER INSERT ON shipment_milestone FOR EACH ROW
    WHEN (NEW.code IN ('VESSEL_DEPARTED', 'DELIVERED', 'RETURN_RECEIVED'))
    EXECUTE FUNCTION kendi_shipment_moved()"""
BEFORE = """
    UPDATE shipment SET
        departed = EXISTS (SELECT FROM shipment_milestone m WHERE m.shipment_id = shipment.id AND code = 'VESSEL_DEPARTED'),
        ended = EXISTS (SELECT FROM shipment_milestone m WHERE m.shipment_id = shipment.id AND code = 'DELIVERED')"""


def upgrade() -> None:
    for name, comment in (
        ("departed", "kept by a trigger: reported as departed, which is never taken back"),
        ("ended", "kept by a trigger: reported as delivered, or received back"),
    ):
        column = sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment)
        op.add_column("shipment", column)
    op.execute("SELECT set_config('kendi.sees', 'service', true)")
    op.execute(BEFORE)
    op.execute(REPORTED)
    op.execute(ON_REPORT)
    op.create_index(
        "shipment_waiting_idx", "shipment", ["etd", "id"], postgresql_where=sa.text("NOT departed AND cancelled_at IS NULL")
    )
    op.create_index("shipment_abroad_idx", "shipment", ["eta", "id"], postgresql_where=sa.text("departed AND NOT ended"))
    op.create_index("shipment_ended_idx", "shipment", ["id"], postgresql_where=sa.text("ended"))
    op.create_index("shipment_container_idx", "shipment", ["container"])
    op.create_index("lot_withheld_idx", "lot", ["code"], postgresql_where=sa.text("withheld > 0"))
    op.create_index(
        "carton_to_explain_idx", "carton", ["sscc"], postgresql_where=sa.text("NOT may_leave AND unpacked_at IS NULL")
    )
