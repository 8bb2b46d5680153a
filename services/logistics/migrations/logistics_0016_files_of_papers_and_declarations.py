"""Papers have a last day and their files, and the export declaration is kept with what can't be corrected in it"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0016"
down_revision = "logistics_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shipment_document", sa.Column("needed_by", sa.Text(), nullable=True))
    op.add_column(
        "shipment_document",
        sa.Column("serves_many", sa.Boolean(), server_default="false", nullable=False),
    )
    _files()
    _declarations()
    for table in ("document_file", "export_declaration"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ((SELECT kendi_sees('service', 'all')))")


def _files() -> None:
    op.create_table(
        "document_file",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False, comment="business time"),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("document_file_version_check")),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'image/jpeg', 'image/png')",
            name=op.f("document_file_media_type_check"),
        ),
        sa.CheckConstraint(
            "bytes = octet_length(content) AND bytes <= 10485760", name=op.f("document_file_bytes_check")
        ),
        sa.CheckConstraint("sha256 = sha256(content)", name=op.f("document_file_sha256_check")),
        sa.ForeignKeyConstraint(
            ["shipment_id", "code"],
            ["shipment_document.shipment_id", "shipment_document.code"],
            name=op.f("document_file_shipment_id_code_fkey"),
        ),
        sa.PrimaryKeyConstraint("shipment_id", "code", "version", name=op.f("document_file_pkey")),
        comment="papers as they were sent; a newer version replaces none",
    )
    op.create_index("document_file_sha256_idx", "document_file", ["sha256"])


def _declarations() -> None:
    op.create_table(
        "export_declaration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("exporter_name", sa.Text(), nullable=False),
        sa.Column("exporter_identity", sa.Text(), nullable=False),
        sa.Column("export_type", sa.Text(), nullable=False),
        sa.Column("facility_type", sa.Text(), nullable=False),
        sa.Column("vessel", sa.Text(), nullable=False),
        sa.Column("voyage", sa.Text(), nullable=False),
        sa.Column("export_on", sa.Date(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("registration", sa.Text(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancelled_because", sa.Text(), nullable=True),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(registration, registered_on) IN (0, 2)",
            name=op.f("export_declaration_registered_check"),
        ),
        sa.CheckConstraint(
            "num_nulls(cancelled_on, cancelled_because) IN (0, 2)",
            name=op.f("export_declaration_cancelled_check"),
        ),
        sa.CheckConstraint(
            "reported_on >= cancelled_on OR reported_on IS NULL",
            name=op.f("export_declaration_reported_check"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("export_declaration_shipment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("export_declaration_pkey")),
        sa.UniqueConstraint("number", name=op.f("export_declaration_number_key")),
    )
    op.create_index(
        "export_declaration_in_force_idx",
        "export_declaration",
        ["shipment_id"],
        unique=True,
        postgresql_where=sa.text("cancelled_on IS NULL"),
    )
