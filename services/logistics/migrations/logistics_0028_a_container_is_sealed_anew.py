"""A container that customs opened is sealed anew, and the seals before are kept"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "logistics_0028"
down_revision = "logistics_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shipment_reseal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False, comment="the seal that was broken"),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("ssccs", ARRAY(sa.Text()), nullable=False, comment="cartons that were taken out and read again"),
        sa.CheckConstraint("seal <> former", name=op.f("shipment_reseal_seal_check")),
        sa.CheckConstraint("cardinality(ssccs) > 0", name=op.f("shipment_reseal_ssccs_check")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("shipment_reseal_shipment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_reseal_pkey")),
        comment="append only: each seal in place of one that was broken",
    )
    op.create_index("shipment_reseal_shipment_id_idx", "shipment_reseal", ["shipment_id", "id"])
    op.execute("ALTER TABLE shipment_reseal ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE shipment_reseal FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY theirs ON shipment_reseal USING ((SELECT kendi_sees('service', 'all')))")
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON shipment_reseal"
        " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
    )
