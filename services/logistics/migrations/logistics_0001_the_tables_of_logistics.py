"""The tables of logistics"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "logistics_0001"
down_revision = None
branch_labels = ("logistics",)
depends_on = "shared_0001"


def upgrade() -> None:
    op.create_table(
        "buyer_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("po_number", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("incoterm", sa.Text(), nullable=False),
        sa.Column("named_place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("buyer_order_pkey")),
    )
    op.create_table(
        "document_rule",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("document_rule_pkey")),
    )
    op.create_table(
        "exporter",
        sa.Column(
            "buyer",
            sa.Text(),
            nullable=False,
            comment="the account that orders is the exporter on our papers",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("gln", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("buyer", name=op.f("exporter_pkey")),
    )
    op.create_table(
        "facility",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gln", sa.Text(), nullable=False),
        sa.Column("hub", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("facility_pkey")),
    )
    op.create_table(
        "item",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), nullable=False),
        sa.Column("hs6", sa.Text(), nullable=False),
        sa.Column("materials", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pieces_per_carton", sa.Integer(), nullable=False),
        sa.Column("carton_length_mm", sa.Integer(), nullable=False),
        sa.Column("carton_width_mm", sa.Integer(), nullable=False),
        sa.Column("carton_height_mm", sa.Integer(), nullable=False),
        sa.Column("carton_gross_g", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces_per_carton > 0", name=op.f("item_pieces_per_carton_check")),
        sa.PrimaryKeyConstraint("sku", name=op.f("item_pkey")),
    )
    op.create_table(
        "milestone",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("row", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("milestone_pkey")),
    )
    op.create_table(
        "port",
        sa.Column("code", sa.Text(), nullable=False, comment="UN/LOCODE"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("gln", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("port_pkey")),
    )
    op.create_table(
        "shipment_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("shipment_number_pkey")),
        comment="papers are numbered without gaps within a year",
    )
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("consignee_name", sa.Text(), nullable=False),
        sa.Column("consignee_address", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.CheckConstraint("ordered > 0", name=op.f("order_line_ordered_check")),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("order_line_order_id_fkey")),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("order_line_sku_fkey")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("order_line_pkey")),
    )
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("tracking_token", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("vessel", sa.Text(), nullable=True),
        sa.Column("voyage", sa.Text(), nullable=True),
        sa.Column("port_of_loading", sa.Text(), nullable=True),
        sa.Column("port_of_discharge", sa.Text(), nullable=True),
        sa.Column("etd", sa.Date(), nullable=True),
        sa.Column("eta", sa.Date(), nullable=True),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("seal", sa.Text(), nullable=True),
        sa.CheckConstraint("container IS NULL OR etd IS NOT NULL", name=op.f("shipment_booked_first_check")),
        sa.CheckConstraint("eta > etd", name=op.f("shipment_eta_check")),
        sa.CheckConstraint(
            "num_nulls(carrier, vessel, voyage, port_of_loading, port_of_discharge, etd, eta) IN (0, 7)",
            name=op.f("shipment_booking_check"),
        ),
        sa.CheckConstraint("num_nulls(container, seal) IN (0, 2)", name=op.f("shipment_sealed_check")),
        sa.ForeignKeyConstraint(["hub"], ["facility.code"], name=op.f("shipment_hub_fkey")),
        sa.ForeignKeyConstraint(
            ["port_of_discharge"], ["port.code"], name=op.f("shipment_port_of_discharge_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["port_of_loading"], ["port.code"], name=op.f("shipment_port_of_loading_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_pkey")),
        sa.UniqueConstraint("number", name=op.f("shipment_number_key")),
        sa.UniqueConstraint("tracking_token", name=op.f("shipment_tracking_token_key")),
    )
    op.create_table(
        "clearance",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("policies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.CheckConstraint("purpose IN ('produce', 'export')", name=op.f("clearance_purpose_check")),
        sa.CheckConstraint("quantity > 0", name=op.f("clearance_quantity_check")),
        sa.ForeignKeyConstraint(
            ["order_id", "line"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("clearance_order_id_line_fkey"),
        ),
        sa.PrimaryKeyConstraint("order_id", "line", "purpose", name=op.f("clearance_pkey")),
        comment="the newest decision of the orders service; without one nothing leaves",
    )
    op.create_table(
        "lot",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("packed", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("lane IN ('free', 'parole_community', 'custodial')", name=op.f("lot_lane_check")),
        sa.CheckConstraint("packed BETWEEN 0 AND good", name=op.f("lot_packed_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("lot_facility_fkey")),
        sa.ForeignKeyConstraint(
            ["order_id", "line"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("lot_order_id_line_fkey"),
        ),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("lot_sku_fkey")),
        sa.PrimaryKeyConstraint("code", name=op.f("lot_pkey")),
    )
    op.create_index("lot_free_idx", "lot", ["code"], unique=False, postgresql_where=sa.text("packed < good"))
    op.create_index("lot_order_id_line_idx", "lot", ["order_id", "line"], unique=False)
    op.create_table(
        "shipment_document",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Text(), nullable=False),
        sa.Column("owed_by", sa.Text(), nullable=False),
        sa.Column("blocks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.Column("made_by_system", sa.Boolean(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nulls(number, issued_on) IN (0, 2)", name=op.f("shipment_document_recorded_check")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("shipment_document_shipment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_document_pkey")),
        sa.UniqueConstraint("shipment_id", "code", name=op.f("shipment_document_shipment_id_code_key")),
    )
    op.create_table(
        "shipment_milestone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("shipment_milestone_shipment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("shipment_milestone_pkey")),
        sa.UniqueConstraint(
            "shipment_id",
            "code",
            "place",
            "occurred_at",
            name=op.f("shipment_milestone_shipment_id_code_place_occurred_at_key"),
        ),
    )
    op.create_table(
        "carton",
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("serial", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("gross_g", sa.Integer(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hub", sa.Text(), nullable=True),
        sa.Column("gathered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("sscc ~ '^[0-9]{18}$'", name=op.f("carton_sscc_check")),
        sa.CheckConstraint("gross_g BETWEEN 1 AND 25000", name=op.f("carton_gross_g_check")),
        sa.CheckConstraint("num_nulls(hub, gathered_at) IN (0, 2)", name=op.f("carton_gathered_check")),
        sa.CheckConstraint("pieces > 0", name=op.f("carton_pieces_check")),
        sa.CheckConstraint(
            "shipment_id IS NULL OR hub IS NOT NULL", name=op.f("carton_gathered_first_check")
        ),
        sa.ForeignKeyConstraint(["hub"], ["facility.code"], name=op.f("carton_hub_fkey")),
        sa.ForeignKeyConstraint(["lot"], ["lot.code"], name=op.f("carton_lot_fkey")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("carton_shipment_id_fkey")),
        sa.PrimaryKeyConstraint("sscc", name=op.f("carton_pkey")),
        sa.UniqueConstraint("serial", name=op.f("carton_serial_key")),
    )
    op.create_index("carton_lot_idx", "carton", ["lot"], unique=False)
    op.create_index(
        "carton_not_shipped_idx",
        "carton",
        ["hub", "lot"],
        unique=False,
        postgresql_where=sa.text("shipment_id IS NULL"),
    )
    op.create_index("carton_shipment_id_idx", "carton", ["shipment_id"], unique=False)
