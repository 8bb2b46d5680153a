"""Shipments know what they are loaded into and by which ports they go; they are cancelled, and notes are kept"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "logistics_0018"
down_revision = "logistics_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _equipment()
    op.create_table(
        "cut_off",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("met_by", sa.Text(), nullable=True),
        sa.CheckConstraint("days > 0", name=op.f("cut_off_days_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("cut_off_pkey")),
    )
    _shipments()
    _notes()


def _equipment() -> None:
    op.create_table(
        "equipment",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("usable_m3", sa.Integer(), nullable=True),
        sa.Column("payload_kg", sa.Integer(), nullable=True),
        sa.Column("worth_until_m3", sa.Integer(), nullable=True),
        sa.CheckConstraint("mode IN ('sea_fcl', 'sea_lcl', 'air')", name=op.f("equipment_mode_check")),
        sa.PrimaryKeyConstraint("code", name=op.f("equipment_pkey")),
    )


def _shipments() -> None:
    op.add_column("shipment", sa.Column("equipment", sa.Text(), nullable=True))
    op.add_column("shipment", sa.Column("via", JSONB(), server_default="[]", nullable=False))
    op.add_column("shipment", sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shipment", sa.Column("cancelled_because", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("shipment_equipment_fkey"), "shipment", "equipment", ["equipment"], ["code"]
    )
    op.create_check_constraint(
        op.f("shipment_loaded_into_check"), "shipment", "equipment IS NULL OR etd IS NOT NULL"
    )
    op.create_check_constraint(
        op.f("shipment_cancelled_check"), "shipment", "num_nulls(cancelled_at, cancelled_because) IN (0, 2)"
    )
    op.create_index("shipment_etd_idx", "shipment", ["etd", "id"])


def _notes() -> None:
    op.create_table(
        "shipment_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("shipment_note_shipment_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_note_pkey")),
        comment="what staff want to be remembered, a send-off among them; it moves nothing",
    )
    op.create_index("shipment_note_shipment_id_idx", "shipment_note", ["shipment_id", "id"])
    op.execute("ALTER TABLE shipment_note ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE shipment_note FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY theirs ON shipment_note USING ((SELECT kendi_sees('service', 'all')))")
