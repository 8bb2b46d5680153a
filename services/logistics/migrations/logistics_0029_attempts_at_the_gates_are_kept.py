"""Attempts to let goods pass a gate that are not cleared are kept"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "logistics_0029"
down_revision = "logistics_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False, comment="the last part of the address that was called"),
        sa.Column("shipment_id", sa.Uuid(), comment="none before there was one"),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="why it was refused"),
        sa.Column("values", JSONB(), nullable=False, comment="of the names in the message"),
        sa.Column(
            "tried_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("gate_attempt_shipment_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("gate_attempt_pkey")),
        comment="append only: who would have let goods pass that are not cleared",
    )
    op.execute("ALTER TABLE gate_attempt ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE gate_attempt FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY theirs ON gate_attempt USING ((SELECT kendi_sees('service', 'all')))")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON gate_attempt"
        " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
    )
