"""The tables of the logistics service, and how the domain's classes are mapped to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry, relationship

from services.logistics.domain.carton import TOLERATED_PERCENT, Carton, Lot
from services.logistics.domain.declaration import Declaration
from services.logistics.domain.documents import Document
from services.logistics.domain.milestones import Correction, Reached
from services.logistics.domain.modes import MODES
from services.logistics.domain.order import Clearance, Line, Order
from services.logistics.domain.pallet import Pallet
from services.logistics.domain.schedule import Estimate
from services.logistics.domain.shipment import Shipment
from shared.database import Instant, metadata
from shared.purging import purge_steps

tables = metadata()

MODES_IN = tuple(MODES)

# What the reference files say ------------------------------------------------------------------

document_rule = Table(
    "document_rule",
    tables,
    Column("code", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("row", JSONB, nullable=False),
)

milestone = Table(
    "milestone",
    tables,
    Column("code", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("row", JSONB, nullable=False),
)

port = Table(
    "port",
    tables,
    Column("code", Text, primary_key=True, comment="UN/LOCODE"),
    Column("name", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("modes", ARRAY(Text), nullable=False, server_default="{sea}", comment="sea, air"),
    Column("gln", Text),
)

equipment = Table(
    "equipment",
    tables,
    Column("code", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("name_id", Text, nullable=False),
    Column("usable_m3", Integer),
    Column("payload_kg", Integer),
    Column("worth_until_m3", Integer),
    CheckConstraint(f"mode IN {MODES_IN}", name="mode"),
)

cut_off = Table(
    "cut_off",
    tables,
    Column("code", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("name_id", Text, nullable=False),
    Column("met_by", Text),
    Column("hours", Integer, comment="before the departure, on its day"),
    Column("modes", ARRAY(Text), nullable=False, server_default="{sea_fcl,sea_lcl,air}"),
    CheckConstraint("days >= 0", name="days"),
)

exporter = Table(
    "exporter",
    tables,
    Column("buyer", Text, primary_key=True, comment="the account that orders is the exporter on our papers"),
    Column("name", Text, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("country", Text, nullable=False),
    Column("gln", Text),
)

# Our copies of what the other services tell ----------------------------------------------------

item = Table(
    "item",
    tables,
    Column("sku", Text, primary_key=True),
    Column("name_en", Text, nullable=False),
    Column("name_id", Text, nullable=False),
    Column("gtin", Text, nullable=False),
    Column("hs6", Text, nullable=False),
    Column("materials", JSONB, nullable=False),
    Column("pieces_per_carton", Integer, nullable=False),
    Column("carton_length_mm", Integer, nullable=False),
    Column("carton_width_mm", Integer, nullable=False),
    Column("carton_height_mm", Integer, nullable=False),
    Column("carton_gross_g", Integer, nullable=False),
    CheckConstraint("pieces_per_carton > 0", name="pieces_per_carton"),
)

facility = Table(
    "facility",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("address", JSONB, nullable=False),
    Column("gln", Text, nullable=False),
    Column("hub", Boolean, nullable=False),
    Column("time_zone", Text, nullable=False, server_default="Asia/Jakarta"),
)

order = Table(
    "buyer_order",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, nullable=False),
    Column("buyer_name", Text, nullable=False),
    Column("po_number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("incoterm", Text, nullable=False),
    Column("named_place", Text, nullable=False),
    Column("payment_terms", Text, nullable=False, server_default="open_account"),
    Column("payment_status", Text, comment="as orders told last; none until it told"),
)

order_line = Table(
    "order_line",
    tables,
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("ordered", Integer, nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("consignee_name", Text, nullable=False),
    Column("consignee_address", JSONB, nullable=False),
    Column("destination", Text, nullable=False),
    CheckConstraint("ordered > 0", name="ordered"),
)

clearance = Table(
    "clearance",
    tables,
    Column("order_id", Uuid, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("purpose", Text, primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("destination", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("policies", JSONB, nullable=False),
    Column("granted_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("transit", ARRAY(Text), comment="countries that the route may enter; none where none was told"),
    Column("lots", ARRAY(Text), comment="that may be exported; none where the decision names no lots"),
    Column(
        "lots_since", ARRAY(Date), comment="the day since which each of the lots is cleared, in their order"
    ),
    CheckConstraint("purpose IN ('produce', 'export')", name="purpose"),
    CheckConstraint("quantity > 0", name="quantity"),
    ForeignKeyConstraint(["order_id", "line"], ["order_line.order_id", "order_line.number"]),
    comment="the newest decision of the orders service; without one nothing leaves",
)

lot = Table(
    "lot",
    tables,
    Column("code", Text, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("lane", Text, nullable=False),
    Column("good", Integer, nullable=False),
    Column("packed", Integer, nullable=False, server_default="0"),
    Column("withheld", Integer, nullable=False, server_default="0", comment="taken to stock: cancelled"),
    CheckConstraint("lane IN ('free', 'parole_community', 'custodial')", name="lane"),
    CheckConstraint("packed BETWEEN 0 AND good", name="packed"),
    CheckConstraint("withheld BETWEEN 0 AND good - packed", name="withheld"),
    ForeignKeyConstraint(["order_id", "line"], ["order_line.order_id", "order_line.number"]),
)
Index("lot_order_id_line_idx", lot.c.order_id, lot.c.line)
Index("lot_withheld_idx", lot.c.code, postgresql_where=text("withheld > 0"))
Index("lot_free_idx", lot.c.code, postgresql_where=text("packed + withheld < good"))

# What is ours ----------------------------------------------------------------------------------

shipment_number = Table(
    "shipment_number",
    tables,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
    comment="papers are numbered without gaps within a year",
)

shipment = Table(
    "shipment",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("hub", Text, ForeignKey("facility.code"), nullable=False),
    Column("destination", Text, nullable=False),
    Column("planned_on", Date, nullable=False),
    Column("tracking_token", Text, unique=True, comment="none: it was revoked"),
    Column("tracking_renewed_at", Instant, comment="from when it lasts anew, once delivered; business time"),
    Column("carrier", Text),
    Column("vessel", Text),
    Column("voyage", Text),
    Column("port_of_loading", Text, ForeignKey("port.code")),
    Column("port_of_discharge", Text, ForeignKey("port.code")),
    Column("etd", Date),
    Column("eta", Date),
    Column("container", Text),
    Column("seal", Text),
    Column("equipment", Text, ForeignKey("equipment.code")),
    Column(
        "mode", Text, nullable=False, server_default="sea_fcl", comment="of transport; expected until booked"
    ),
    Column("via", JSONB, nullable=False, server_default="[]"),
    Column("cancelled_at", Instant),
    Column("cancelled_because", Text),
    Column(
        "departed",
        Boolean,
        nullable=False,
        server_default="false",
        comment="kept by a trigger: reported as departed, which is never taken back",
    ),
    Column(
        "ended",
        Boolean,
        nullable=False,
        server_default="false",
        comment="kept by a trigger: reported as delivered, or received back",
    ),
    CheckConstraint(
        "num_nulls(carrier, etd, eta) IN (0, 3)"
        " AND (mode = 'road' OR num_nulls(carrier, vessel, voyage, port_of_loading, port_of_discharge) IN (0, 5))",
        name="booking",
    ),
    CheckConstraint("eta > etd OR (eta = etd AND mode IN ('air', 'road'))", name="eta"),
    CheckConstraint(f"mode IN {MODES_IN}", name="mode"),
    CheckConstraint("num_nulls(container, seal) IN (0, 2) OR (mode = 'air' AND seal IS NULL)", name="sealed"),
    CheckConstraint("container IS NULL OR etd IS NOT NULL", name="booked_first"),
    CheckConstraint("equipment IS NULL OR etd IS NOT NULL", name="loaded_into"),
    CheckConstraint("num_nulls(cancelled_at, cancelled_because) IN (0, 2)", name="cancelled"),
)
Index("shipment_carrier_idx", shipment.c.carrier, shipment.c.id)
Index("shipment_etd_idx", shipment.c.etd, shipment.c.id)
Index(
    "shipment_waiting_idx",
    shipment.c.etd,
    shipment.c.id,
    postgresql_where=text("NOT departed AND cancelled_at IS NULL"),
)
Index("shipment_abroad_idx", shipment.c.eta, shipment.c.id, postgresql_where=text("departed AND NOT ended"))
Index("shipment_ended_idx", shipment.c.id, postgresql_where=text("ended"))
Index("shipment_container_idx", shipment.c.container)

MISWEIGHED = (
    "measured_g IS NOT NULL AND explained_by IS NULL"
    f" AND 100 * abs(measured_g - gross_g) > {TOLERATED_PERCENT} * gross_g"
)
"""As ``Carton.must_be_reopened`` has it."""

carton = Table(
    "carton",
    tables,
    Column("sscc", Text, primary_key=True),
    Column("serial", BigInteger, Identity(), nullable=False, unique=True),
    Column("lot", Text, ForeignKey("lot.code"), nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("gross_g", Integer, nullable=False),
    Column("length_mm", Integer, nullable=False),
    Column("width_mm", Integer, nullable=False),
    Column("height_mm", Integer, nullable=False),
    Column("packed_at", Instant, nullable=False),
    Column("hub", Text, ForeignKey("facility.code")),
    Column("gathered_at", Instant),
    Column("shipment_id", Uuid, ForeignKey("shipment.id")),
    Column("unpacked_at", Instant, comment="opened for good; the number is never used again"),
    Column("left_at", Instant),
    Column("bound_for", Text, ForeignKey("facility.code")),
    Column("seal", Text),
    Column("measured_g", Integer),
    Column("weighed_at", Instant),
    Column("explained_by", Text, comment="the role that answers for a weight that does not fit"),
    Column("quarantined_at", Instant),
    Column("quarantine_reason", Text),
    Column("damaged_at", Instant),
    Column("lost_at", Instant),
    Column("pallet", Text, ForeignKey("pallet.sscc")),
    Column("palletised_at", Instant),
    Column("loaded_at", Instant),
    Column("returned_at", Instant, comment="counted in again after it came back"),
    Column("returned_to", Text, ForeignKey("facility.code")),
    Column(
        "must_be_reopened",
        Boolean,
        Computed(
            MISWEIGHED,
            persisted=True,
        ),
        nullable=False,
    ),
    Column(
        "may_leave",
        Boolean,
        Computed(
            "unpacked_at IS NULL AND lost_at IS NULL AND damaged_at IS NULL AND quarantined_at IS NULL"
            f" AND NOT ({MISWEIGHED})",
            persisted=True,
        ),
        nullable=False,
    ),
    CheckConstraint("sscc ~ '^[0-9]{18}$'", name="sscc"),
    CheckConstraint("pieces > 0", name="pieces"),
    CheckConstraint("gross_g BETWEEN 1 AND 25000", name="gross_g"),
    CheckConstraint("num_nulls(hub, gathered_at) IN (0, 2)", name="gathered"),
    CheckConstraint("shipment_id IS NULL OR hub IS NOT NULL", name="gathered_first"),
    CheckConstraint("num_nulls(shipment_id, unpacked_at) > 0", name="unpacked"),
    CheckConstraint("num_nulls(left_at, bound_for) IN (0, 2)", name="left"),
    CheckConstraint("num_nulls(measured_g, weighed_at) IN (0, 2)", name="weighed"),
    CheckConstraint("measured_g BETWEEN 1 AND 25000", name="measured_g"),
    CheckConstraint("num_nulls(quarantined_at, quarantine_reason) IN (0, 2)", name="quarantined"),
    CheckConstraint("num_nulls(lost_at, unpacked_at) > 0", name="lost"),
    CheckConstraint(
        "shipment_id IS NULL OR num_nulls(lost_at, damaged_at, quarantined_at) = 3", name="sound"
    ),
    CheckConstraint("num_nulls(pallet, palletised_at) IN (0, 2)", name="palletised"),
    CheckConstraint(
        "pallet IS NULL OR (hub IS NOT NULL AND num_nulls(lost_at, unpacked_at) = 2)", name="on_pallet"
    ),
    CheckConstraint("loaded_at IS NULL OR shipment_id IS NOT NULL", name="loaded"),
    CheckConstraint(
        "num_nulls(returned_at, returned_to) IN (0, 2) AND (returned_at IS NULL OR shipment_id IS NOT NULL)",
        name="returned",
    ),
)
Index("carton_lot_idx", carton.c.lot)
Index("carton_shipment_id_idx", carton.c.shipment_id)
Index(
    "carton_not_shipped_idx",
    carton.c.hub,
    carton.c.lot,
    postgresql_where=text("shipment_id IS NULL AND unpacked_at IS NULL"),
)
Index("carton_to_explain_idx", carton.c.sscc, postgresql_where=text("NOT may_leave AND unpacked_at IS NULL"))
Index("carton_opened_idx", carton.c.lot, postgresql_where=text("unpacked_at IS NOT NULL"))
Index("carton_pallet_idx", carton.c.pallet, postgresql_where=text("pallet IS NOT NULL"))

pallet = Table(
    "pallet",
    tables,
    Column("sscc", Text, primary_key=True),
    Column("serial", BigInteger, Identity(), nullable=False, unique=True),
    Column("hub", Text, ForeignKey("facility.code"), nullable=False),
    Column("built_at", Instant, nullable=False),
    CheckConstraint("sscc ~ '^1[0-9]{17}$'", name="sscc"),
)

carton_history = Table(
    "carton_history",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("sscc", Text, ForeignKey("carton.sscc"), nullable=False),
    Column("what", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    Column("place", Text),
    Column("pallet", Text),
    Column("shipment_id", Uuid),
    Column("grams", Integer),
    Column("seal", Text),
    Column("reason", Text),
    Column("searched_from", Instant, comment="the search of the truck at the gate"),
    Column("searched_until", Instant),
    CheckConstraint("num_nulls(searched_from, searched_until) IN (0, 2)", name="searched"),
    CheckConstraint("searched_until > searched_from", name="search_ends"),
    comment="what was done with a carton, by whom and why; never changed",
)
Index("carton_history_sscc_idx", carton_history.c.sscc, carton_history.c.id)
Index("carton_history_pallet_idx", carton_history.c.pallet, postgresql_where=text("pallet IS NOT NULL"))
Index(
    "carton_history_put_in_idx",
    carton_history.c.shipment_id,
    postgresql_where=text("what = 'put_in'"),
)

shipment_document = Table(
    "shipment_document",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("name_id", Text, nullable=False),
    Column("owed_by", Text, nullable=False),
    Column("blocks", JSONB, nullable=False),
    Column("needed", Boolean, nullable=False),
    Column("made_by_system", Boolean, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("needed_by", Text),
    Column("serves_many", Boolean, nullable=False, server_default="false"),
    Column("names_consignee", Boolean, nullable=False, server_default="false"),
    Column(
        "outdated",
        Boolean,
        nullable=False,
        server_default="false",
        comment="was there, made out to a former consignee; asked for again",
    ),
    Column("number", Text),
    Column("issued_on", Date),
    Column("valid_days", JSONB, nullable=False, server_default="{}"),
    Column("treatment", Text),
    UniqueConstraint("shipment_id", "code"),
    CheckConstraint("num_nulls(number, issued_on) IN (0, 2)", name="recorded"),
    CheckConstraint("treatment IN ('gas', 'heat')", name="treatment"),
    CheckConstraint("treatment IS NULL OR number IS NOT NULL", name="treated"),
    CheckConstraint("NOT outdated OR number IS NULL", name="outdated"),
)

document_file = Table(
    "document_file",
    tables,
    Column("shipment_id", Uuid, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("number", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_at", Instant, nullable=False, comment="business time"),
    Column("uploaded_by", Text, nullable=False),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("media_type IN ('application/pdf', 'image/jpeg', 'image/png')", name="media_type"),
    CheckConstraint("bytes = octet_length(content) AND bytes <= 10485760", name="bytes"),
    CheckConstraint("sha256 = sha256(content)", name="sha256"),
    ForeignKeyConstraint(
        ["shipment_id", "code"], ["shipment_document.shipment_id", "shipment_document.code"]
    ),
    comment="papers as they were sent; a newer version replaces none",
)
Index("document_file_sha256_idx", document_file.c.sha256)

export_declaration = Table(
    "export_declaration",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("number", Text, nullable=False, unique=True),
    Column("office", Text, nullable=False),
    Column("exporter_name", Text, nullable=False),
    Column("exporter_identity", Text, nullable=False),
    Column("export_type", Text, nullable=False),
    Column("facility_type", Text, nullable=False),
    Column("vessel", Text, nullable=False),
    Column("voyage", Text, nullable=False),
    Column("export_on", Date, nullable=False),
    Column("filed_on", Date, nullable=False),
    Column("consignee", Text, comment="whom it names; none: it was filed before that was kept"),
    Column("registration", Text),
    Column("registered_on", Date),
    Column("cancelled_on", Date),
    Column("cancelled_because", Text),
    Column("reported_on", Date),
    CheckConstraint("num_nulls(registration, registered_on) IN (0, 2)", name="registered"),
    CheckConstraint("num_nulls(cancelled_on, cancelled_because) IN (0, 2)", name="cancelled"),
    CheckConstraint("reported_on >= cancelled_on OR reported_on IS NULL", name="reported"),
)
Index(
    "export_declaration_in_force_idx",
    export_declaration.c.shipment_id,
    unique=True,
    postgresql_where=text("cancelled_on IS NULL"),
)

shipment_milestone = Table(
    "shipment_milestone",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column(
        "ssccs",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="the cartons that it is about, where it is not about all",
    ),
    UniqueConstraint("shipment_id", "code", "place", "occurred_at"),
    CheckConstraint("cardinality(ssccs) = 0 OR code = 'SHORT_LANDED'", name="ssccs"),
)
Index("shipment_milestone_code_idx", shipment_milestone.c.code, shipment_milestone.c.shipment_id)

milestone_correction = Table(
    "milestone_correction",
    tables,
    Column(
        "milestone_id",
        BigInteger,
        ForeignKey("shipment_milestone.id"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("reason", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("declared_at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    Column("corrective_id", BigInteger, ForeignKey("shipment_milestone.id"), unique=True),
    CheckConstraint("reason IN ('did_not_occur', 'incorrect_data')", name="reason"),
    CheckConstraint("(reason = 'incorrect_data') = (corrective_id IS NOT NULL)", name="corrective"),
    CheckConstraint("corrective_id > milestone_id", name="later"),
    comment="what was reported wrongly; the report itself stays as it was",
)

shipment_schedule = Table(
    "shipment_schedule",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("etd", Date, nullable=False),
    Column("eta", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("because", Text),
    Column("told_at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    CheckConstraint("eta >= etd", name="eta"),
    comment="each estimate of departure and arrival, who told it and why; never changed",
)
Index("shipment_schedule_shipment_id_idx", shipment_schedule.c.shipment_id, shipment_schedule.c.id)

shipment_note = Table(
    "shipment_note",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    comment="what staff want to be remembered, a send-off among them; it moves nothing",
)
Index("shipment_note_shipment_id_idx", shipment_note.c.shipment_id, shipment_note.c.id)

shipment_reseal = Table(
    "shipment_reseal",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), nullable=False),
    Column("former", Text, nullable=False, comment="the seal that was broken"),
    Column("seal", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("role", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("ssccs", ARRAY(Text), nullable=False, comment="cartons that were taken out and read again"),
    CheckConstraint("seal <> former", name="seal"),
    CheckConstraint("cardinality(ssccs) > 0", name="ssccs"),
    comment="append only: each seal in place of one that was broken",
)
Index("shipment_reseal_shipment_id_idx", shipment_reseal.c.shipment_id, shipment_reseal.c.id)

gate_attempt = Table(
    "gate_attempt",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("asked", Text, nullable=False, comment="the last part of the address that was called"),
    Column("shipment_id", Uuid, ForeignKey("shipment.id"), comment="none before there was one"),
    Column("who", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("message", Text, nullable=False, comment="why it was refused"),
    Column("values", JSONB, nullable=False, comment="of the names in the message"),
    Column("tried_at", Instant, nullable=False, server_default=text("clock_timestamp()")),
    comment="append only: who would have let goods pass that are not cleared",
)

goods_return = Table(
    "goods_return",
    tables,
    Column("claim_id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sscc", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    ForeignKeyConstraint(["order_id", "line"], ["order_line.order_id", "order_line.number"]),
    comment="what comes back after a claim",
)

purge_step = purge_steps(tables)

mapping = registry(metadata=tables)
mapping.map_imperatively(Order, order)
mapping.map_imperatively(Clearance, clearance)
mapping.map_imperatively(
    Line,
    order_line,
    properties={
        "order": relationship(Order, lazy="joined", innerjoin=True),
        "clearances": relationship(Clearance, lazy="selectin"),
    },
)
mapping.map_imperatively(Lot, lot)
mapping.map_imperatively(
    Carton,
    carton,
    properties={
        "lot_code": carton.c.lot,
        "lot": relationship(Lot, lazy="joined", innerjoin=True),
    },
    exclude_properties={"must_be_reopened", "may_leave"},
)
mapping.map_imperatively(Pallet, pallet)
mapping.map_imperatively(Document, shipment_document)
mapping.map_imperatively(
    Reached,
    shipment_milestone,
    properties={
        "correction": relationship(
            Correction, foreign_keys=[milestone_correction.c.milestone_id], uselist=False, lazy="joined"
        )
    },
)
mapping.map_imperatively(
    Correction,
    milestone_correction,
    properties={
        "corrective": relationship(
            Reached, foreign_keys=[milestone_correction.c.corrective_id], lazy="select", post_update=False
        )
    },
)
mapping.map_imperatively(Estimate, shipment_schedule)
mapping.map_imperatively(Declaration, export_declaration)
mapping.map_imperatively(
    Shipment,
    shipment,
    properties={
        "cartons": relationship(Carton, order_by=carton.c.sscc),
        "documents": relationship(
            Document, order_by=shipment_document.c.id, lazy="selectin", cascade="all, delete-orphan"
        ),
        "declarations": relationship(Declaration, order_by=export_declaration.c.id, lazy="selectin"),
        "reports": relationship(Reached, order_by=shipment_milestone.c.id, lazy="selectin"),
        "estimates": relationship(Estimate, order_by=shipment_schedule.c.id, lazy="selectin"),
    },
    exclude_properties={"departed", "ended"},
)
