"""Goods travel by sea, by air, or at home by road"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "logistics_0037"
down_revision = "logistics_0036"
branch_labels = None
depends_on = None

MODES = "('sea_fcl', 'sea_lcl', 'air', 'road')"
KNOWN = """
    UPDATE shipment SET mode = equipment.mode FROM equipment WHERE equipment.code = shipment.equipment;
    UPDATE shipment SET mode = 'road' WHERE destination = 'ID' AND etd IS NULL"""
NOT_LOADED_BY_AIR = """
    UPDATE shipment_document paper SET blocks = (
        SELECT jsonb_agg(DISTINCT CASE milestone WHEN 'LOADED' THEN 'VESSEL_DEPARTED' ELSE milestone END)
        FROM jsonb_array_elements_text(paper.blocks) milestone)
    FROM shipment WHERE shipment.id = paper.shipment_id AND mode = 'air' AND paper.blocks @> '["LOADED"]'"""


def upgrade() -> None:
    served = sa.Column("modes", ARRAY(sa.Text()), server_default="{sea}", nullable=False, comment="sea, air")
    op.add_column("port", served)
    _replaced("equipment", "mode", f"mode IN {MODES}")
    _cut_offs()
    _shipments()


def _cut_offs() -> None:
    before = "before the departure, on its day"
    op.add_column("cut_off", sa.Column("hours", sa.Integer(), nullable=True, comment=before))
    all_abroad = "{sea_fcl,sea_lcl,air}"
    op.add_column("cut_off", sa.Column("modes", ARRAY(sa.Text()), server_default=all_abroad, nullable=False))
    _replaced("cut_off", "days", "days >= 0")


def _shipments() -> None:
    told = "of transport; expected until booked"
    op.add_column("shipment", sa.Column("mode", sa.Text(), server_default="sea_fcl", nullable=False, comment=told))
    op.execute("SELECT set_config('kendi.sees', 'service', true)")
    op.execute(KNOWN)
    op.execute(NOT_LOADED_BY_AIR)
    op.create_check_constraint(op.f("shipment_mode_check"), "shipment", f"mode IN {MODES}")
    _replaced(
        "shipment",
        "booking",
        "num_nulls(carrier, etd, eta) IN (0, 3)"
        " AND (mode = 'road' OR num_nulls(carrier, vessel, voyage, port_of_loading, port_of_discharge) IN (0, 5))",
    )
    _replaced("shipment", "eta", "eta > etd OR (eta = etd AND mode IN ('air', 'road'))")
    _replaced("shipment", "sealed", "num_nulls(container, seal) IN (0, 2) OR (mode = 'air' AND seal IS NULL)")
    _replaced("shipment_schedule", "eta", "eta >= etd")


def _replaced(table: str, name: str, condition: str) -> None:
    op.drop_constraint(op.f(f"{table}_{name}_check"), table, type_="check")
    op.create_check_constraint(op.f(f"{table}_{name}_check"), table, condition)
