"""Cartons that arrived before their history was kept have their arrival in it, which EPCIS is told from"""

from alembic import op

revision = "logistics_0033"
down_revision = "logistics_0032"
branch_labels = None
depends_on = None

ARRIVED = """
    INSERT INTO carton_history (sscc, what, at, role, place)
    SELECT sscc, 'gathered', gathered_at, 'system', hub FROM carton
    WHERE gathered_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM carton_history told WHERE told.sscc = carton.sscc AND told.what = 'gathered'
    )"""


def upgrade() -> None:
    op.execute("SELECT set_config('kendi.sees', 'service', true)")
    op.execute(ARRIVED)
