"""The tables of the orders service, and how the domain's classes are mapped to them."""

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
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry, relationship

from services.orders.domain.cancellation import Cancellation
from services.orders.domain.claim import Claim
from services.orders.domain.decision import Decision
from services.orders.domain.hold import Hold, Signature
from services.orders.domain.lane import LaneWord, Lot
from services.orders.domain.order import Line, Order
from services.orders.domain.payment import Payment
from services.orders.domain.promise import Promise
from services.orders.domain.webhook import Endpoint
from shared.database import Instant, metadata
from shared.purging import purge_steps

tables = metadata()

item = Table(
    "item",
    tables,
    Column("sku", Text, primary_key=True),
    Column("unit_price", Numeric(12, 2), comment="unused: see item_price; goes with the next release"),
    Column("currency", Text, comment="unused: see item_price; goes with the next release"),
    Column("published", JSONB, nullable=False, comment="the data of the newest ItemPublished"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("loaded", JSONB, comment="the row of the file that was loaded last, if any was"),
)

item_price = Table(
    "item_price",
    tables,
    Column("sku", Text, ForeignKey("item.sku"), primary_key=True),
    Column("currency", Text, primary_key=True),
    Column("valid_from", Date, primary_key=True),
    Column("unit_price", Numeric(12, 2), nullable=False),
    CheckConstraint("unit_price > 0", name="unit_price"),
    comment="the newest one that is valid counts",
)

item_image = Table(
    "item_image",
    tables,
    Column("sku", Text, ForeignKey("item.sku"), primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type"),
)

buyer = Table(
    "buyer",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("particulars", JSONB, nullable=False),
)

destination_policy = Table(
    "destination_policy",
    tables,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("row", JSONB, nullable=False),
    Column("published_at", Instant, nullable=False, server_default=func.now()),
    Column("published_by", Text, nullable=False, server_default="system"),
    Column("withdrawn_at", Instant, comment="none while it counts"),
    Column("withdrawn_by", Text),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("num_nulls(withdrawn_at, withdrawn_by) IN (0, 2)", name="withdrawn"),
    comment="every version that was ever published",
)

rescreening = Table(
    "rescreening",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "policies",
        JSONB,
        nullable=False,
        comment="the versions that begin or end; none where articles or sellers changed",
    ),
    Column("due_on", Date, nullable=False, comment="business time"),
    Column("asked_at", Instant, nullable=False, server_default=func.now()),
    Column("last_order", Uuid, comment="orders up to this one are done"),
    Column("screened", Integer, nullable=False, server_default="0", comment="lines"),
    Column("ended_at", Instant),
    CheckConstraint("screened >= 0", name="screened"),
)
Index("rescreening_due_idx", rescreening.c.due_on, postgresql_where=text("ended_at IS NULL"))

order = Table(
    "buyer_order",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("buyer_name", Text, nullable=False),
    Column("po_number", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("incoterm", Text, nullable=False),
    Column("named_place", Text, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("placed_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.now()),
    Column("version", Integer, nullable=False, server_default="1", comment="behind the ETag"),
    Column("payment_terms", Text, nullable=False, server_default="open_account"),
    Column("drafted_by", Text, comment="who began the draft that it was placed from, if there was one"),
    UniqueConstraint("buyer", "po_number"),
    CheckConstraint("payment_terms IN ('open_account', 'before_documents')", name="payment_terms"),
)
Index("buyer_order_placed_on_id_idx", order.c.placed_on, order.c.id)
Index("buyer_order_buyer_placed_on_id_idx", order.c.buyer, order.c.placed_on, order.c.id)
Index("buyer_order_po_number_idx", order.c.po_number, postgresql_ops={"po_number": "text_pattern_ops"})

QUANTITIES = (
    "ordered", "cancelled", "withheld", "extra", "allocated", "started", "good", "packed", "departed",
    "delivered",
)  # fmt: skip

STAGE = """CASE
    WHEN delivered >= ordered + extra - cancelled THEN 'closed'
    WHEN action = 'block' THEN 'blocked'
    WHEN produce_until IS NULL AND good = withheld AND departed = 0 THEN 'on_hold'
    ELSE 'in_progress' END"""
"""How far a line is, as the state of its order asks: on hold is what waits for its first release."""

order_line = Table(
    "order_line",
    tables,
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("buyer", Text, nullable=False, comment="the order's, copied by a trigger; for lists"),
    Column("placed_on", Date, nullable=False, comment="the order's, copied by a trigger; for lists"),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("item_version", Integer, nullable=False, server_default="1"),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("requested_date", Date, nullable=False),
    Column("promised_date", Date),
    Column("expected_on", Date, comment="the latest of the day promised and its vessels' arrivals"),
    Column("produce_until", Date, comment="last day of the clearance; none while there is none"),
    Column("export_until", Date, comment="last day of the clearance; none while there is none"),
    Column("awaited_sample", Text, comment="what its buyer must approve before it is made"),
    Column("consignee_name", Text, nullable=False),
    Column("consignee_address", JSONB, nullable=False),
    Column("destination", Text, nullable=False),
    Column("transit", ARRAY(Text), comment="countries of the planned route; none while none is known"),
    Column("planned_at", JSONB, nullable=False, server_default="[]", comment="facilities of the newest plan"),
    Column("action", Text, nullable=False),
    Column("policies", JSONB, nullable=False),
    Column("needs", JSONB, nullable=False),
    Column("law", JSONB, nullable=False),
    Column("explanation_en", Text, nullable=False),
    Column("explanation_id", Text, nullable=False),
    Column(
        "if_free", Text, comment="of a blocked line: what is decided of free workers' goods; none: not known"
    ),
    *(Column(name, Integer, nullable=False, server_default="0") for name in (*QUANTITIES, "unpacked")),
    Column("stage", Text, Computed(STAGE, persisted=True), nullable=False, comment="for lists"),
    CheckConstraint("action IN ('allow', 'hold', 'block')", name="action"),
    CheckConstraint("if_free IN ('allow', 'hold', 'block')", name="if_free"),
    CheckConstraint("ordered > 0 AND cancelled BETWEEN 0 AND ordered + extra", name="ordered"),
    CheckConstraint("extra >= 0", name="extra"),
    CheckConstraint("withheld BETWEEN 0 AND cancelled", name="withheld"),
    CheckConstraint("allocated BETWEEN 0 AND ordered + extra - cancelled + withheld", name="allocated"),
    CheckConstraint("started BETWEEN 0 AND allocated", name="started"),
    CheckConstraint("good BETWEEN 0 AND allocated", name="good"),
    CheckConstraint("packed BETWEEN 0 AND good - withheld", name="packed"),
    CheckConstraint("unpacked >= 0", name="unpacked"),
    CheckConstraint("departed BETWEEN 0 AND packed + unpacked", name="departed"),
    CheckConstraint("delivered BETWEEN 0 AND departed", name="delivered"),
    CheckConstraint("awaited_sample IS NULL OR produce_until IS NULL", name="sample"),
)

WANTED = order_line.c.ordered + order_line.c.extra - order_line.c.cancelled
"""What is still to be delivered in the end: ``Line.wanted`` in SQL."""
TO_MAKE = WANTED + order_line.c.withheld
FOR_LISTS = ("buyer", "placed_on", "stage")
BY_DAY = (order_line.c.placed_on, order_line.c.order_id)
Index("order_line_sku_idx", order_line.c.sku, *BY_DAY)
Index("order_line_buyer_sku_idx", order_line.c.buyer, order_line.c.sku, *BY_DAY)
Index("order_line_stage_idx", order_line.c.stage, *BY_DAY)
Index("order_line_buyer_stage_idx", order_line.c.buyer, order_line.c.stage, *BY_DAY)
Index(
    "order_line_produce_until_idx",
    order_line.c.produce_until,
    postgresql_where=text("good < ordered + extra - cancelled + withheld"),
)
Index(
    "order_line_export_until_idx",
    order_line.c.export_until,
    postgresql_where=text("departed < ordered + extra - cancelled"),
)

Index(
    "order_line_awaited_sample_idx",
    order_line.c.sku,
    order_line.c.buyer,
    postgresql_where=text("awaited_sample IS NOT NULL"),
)

hold = Table(
    "hold",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("opened_on", Date, nullable=False, server_default=func.current_date(), comment="business time"),
    Column("lane", Text, nullable=False, server_default="custodial"),
    Column("transit", ARRAY(Text), comment="countries of the route; none while none was known"),
    Column("policies", JSONB, nullable=False, server_default="[]", comment="the versions that hold it"),
    Column(
        "lots", JSONB(none_as_null=True), comment="the finished lots, frozen; none where it is not about lots"
    ),
    Column("facilities", JSONB, nullable=False, server_default="[]", comment="that the line was planned at"),
    Column("released_on", Date),
    Column("withdrawn_on", Date, comment="the line changed before it was released"),
    Column("ended_on", Date, comment="a release that counts no more; none while it stands"),
    Column("looked_on", Date, comment="when it was last seen that what it rests on still holds"),
    CheckConstraint("ended_on IS NULL OR released_on IS NOT NULL", name="ended_on"),
    CheckConstraint("num_nulls(released_on, withdrawn_on) > 0", name="ended_once"),
    CheckConstraint("purpose IN ('produce', 'export')", name="purpose"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
)
Index("hold_open_idx", hold.c.id, postgresql_where=text("released_on IS NULL AND withdrawn_on IS NULL"))
Index("hold_line_idx", hold.c.order_id, hold.c.line_number)
Index(
    "hold_to_look_at_idx",
    hold.c.looked_on,
    postgresql_where=text("purpose = 'export' AND withdrawn_on IS NULL AND ended_on IS NULL"),
)
Index(
    "hold_open_key",
    hold.c.order_id,
    hold.c.line_number,
    hold.c.purpose,
    unique=True,
    postgresql_where=text("released_on IS NULL AND withdrawn_on IS NULL"),
)

signature = Table(
    "signature",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("hold_id", BigInteger, ForeignKey("hold.id"), nullable=False),
    Column("signer_id", Text, nullable=False),
    Column("signer_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signed_on", Date, nullable=False),
    Column(
        "expires_on", Date, comment="the last day for which it was signed; none of those before it was kept"
    ),
    Column("digest", Text, comment="of the facts that were seen; none of those before it was kept"),
    Column("dossiers", JSONB, nullable=False, server_default="[]", comment="version and hash of each lot's"),
    CheckConstraint("expires_on BETWEEN signed_on AND signed_on + 90", name="expires_on"),
    CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    UniqueConstraint("hold_id", "role"),
    UniqueConstraint("hold_id", "signer_id"),
)

release_attempt = Table(
    "release_attempt",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "order_id",
        Uuid,
        comment="as it was asked for, it may not exist; none where it was about a note of counsel",
    ),
    Column("line_number", Integer, comment="none where it was about a lot"),
    Column("who", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("message", Text, nullable=False, comment="why it was refused"),
    Column("values", JSONB, nullable=False, comment="of the names in the message"),
    Column("tried_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("asked", Text, nullable=False, server_default="release"),
    Column("lot", Text),
    CheckConstraint(
        "asked IN ('release', 'lane', 'free_lane', 'acknowledgement', 'counsel_note')", name="asked"
    ),
    CheckConstraint("(asked = 'counsel_note') = (order_id IS NULL)", name="order"),
    comment="attempts to release that were refused; append only",
)

acknowledgement = Table(
    "acknowledgement",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("text_version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column(
        "about", JSONB, nullable=False, comment="SHA-256 of the consignee, route and lane: it ends with them"
    ),
    Column("said_by", Text, nullable=False),
    Column("said_by_name", Text, nullable=False),
    Column("said_at", Instant, nullable=False, comment="business time"),
    Column("because", Text, comment="why it ended; none where the buyer acknowledged"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("text_version > 0", name="text_version"),
    CheckConstraint("language IN ('en', 'id')", name="language"),
    CheckConstraint("because IN ('consignee', 'route', 'lane')", name="because"),
    comment="append only: the newest of a line counts",
)
Index(
    "acknowledgement_line_idx",
    acknowledgement.c.order_id,
    acknowledgement.c.line_number,
    acknowledgement.c.id,
)

free_lane = Table(
    "free_lane",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("said", Text, nullable=False),
    Column("by_id", Text, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text),
    Column("said_at", Instant, nullable=False, comment="business time"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("said IN ('asked', 'chosen', 'declined', 'ended')", name="said"),
    CheckConstraint("(said IN ('chosen', 'declined')) = (reason IS NOT NULL)", name="reason"),
    comment="append only: the newest of a line counts",
)
Index("free_lane_line_idx", free_lane.c.order_id, free_lane.c.line_number, free_lane.c.id)

counsel_note = Table(
    "counsel_note",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("country", Text, nullable=False, comment="ISO 3166-1, or EU"),
    Column("adviser", Text, nullable=False, comment="a firm or an office"),
    Column("given_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("policies", JSONB, nullable=False, comment="the versions that it covers"),
    Column("sha256", Text, nullable=False, comment="of the file, which is not kept"),
    Column("summary", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_by_name", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False, comment="business time"),
    Column("withdrawn_at", Instant, comment="business time; none while it counts"),
    Column("withdrawn_by", Text),
    Column("withdrawn_by_name", Text),
    Column("withdrawn_reason", Text),
    CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
    CheckConstraint("valid_until BETWEEN given_on AND given_on + 365", name="valid_until"),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    CheckConstraint(
        "num_nulls(withdrawn_at, withdrawn_by, withdrawn_by_name, withdrawn_reason) IN (0, 4)",
        name="withdrawn",
    ),
    comment="never changed but by its withdrawal",
)

lot = Table(
    "lot",
    tables,
    Column("code", Text, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("work_order_id", Uuid, nullable=False),
    Column("facility", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("lane", Text, nullable=False),
    Column("released_at", Instant, nullable=False),
    Column("departed", Integer, nullable=False, server_default="0"),
    Column(
        "withheld", Integer, nullable=False, server_default="0", comment="taken to stock; nobody is sent them"
    ),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("departed BETWEEN 0 AND quantity", name="departed"),
    CheckConstraint("withheld BETWEEN 0 AND quantity - departed", name="withheld"),
    CheckConstraint("lane IN ('free', 'parole_community', 'custodial')", name="lane"),
    comment="our copy of what production released, with who made it",
)
Index("lot_line_idx", lot.c.order_id, lot.c.line_number)
Index("lot_work_order_idx", lot.c.work_order_id)
Index("lot_released_at_idx", lot.c.released_at, lot.c.code)

cancellation = Table(
    "cancellation",
    tables,
    Column("id", Uuid, primary_key=True, comment="of the request; its lines share it"),
    Column("line_number", Integer, primary_key=True, autoincrement=False),
    Column("order_id", Uuid, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("unpack", Boolean, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("stopped", Integer, comment="by production; none until it answered"),
    Column("withheld", Integer, nullable=False, server_default="0", comment="by logistics"),
    Column("lots", JSONB, nullable=False, comment="of which logistics withheld"),
    Column("going_on", JSONB, nullable=False, comment="the work orders that production did not stop"),
    Column("kept", JSONB, nullable=False, comment="where the goods are that logistics did not withhold"),
    Column("answered_on", Date),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("asked > 0", name="asked"),
    CheckConstraint("stopped >= 0 AND withheld >= 0", name="answers"),
    CheckConstraint("coalesce(stopped, 0) + withheld <= asked", name="counted"),
    CheckConstraint("stopped IS NOT NULL OR withheld = 0 AND answered_on IS NULL", name="production_first"),
)
Index("cancellation_line_idx", cancellation.c.order_id, cancellation.c.line_number, cancellation.c.id)

payment = Table(
    "payment",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), nullable=False),
    Column("amount", Numeric(18, 4), nullable=False, comment="in the order's currency"),
    Column("paid_on", Date, nullable=False),
    Column("reference", Text, nullable=False),
    Column("corrects", Uuid, ForeignKey("payment.id"), unique=True, comment="which it takes back"),
    Column("reason", Text, comment="why it was told wrongly"),
    CheckConstraint("(amount > 0) = (corrects IS NULL) AND amount <> 0", name="amount"),
    CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name="reason"),
    comment="append only: a correction is an entry of its own",
)
Index("payment_order_idx", payment.c.order_id, payment.c.reference)

carton = Table(
    "carton",
    tables,
    Column("sscc", Text, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("delivered", Boolean, nullable=False, server_default="false"),
    CheckConstraint("pieces > 0", name="pieces"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    comment="our copy of what logistics packed, for claims",
)
Index("carton_line_idx", carton.c.order_id, carton.c.line_number)

claim = Table(
    "claim",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), nullable=False, index=True),
    Column("line_number", Integer, nullable=False),
    Column("sscc", Text, ForeignKey("carton.sscc"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_on", Date, nullable=False),
    Column("decision", Text),
    Column("accepted", Integer),
    Column("decision_reason", Text),
    Column("decided_on", Date),
    Column("settlement", Text),
    Column("credit", Numeric(18, 4), comment="in the order's currency"),
    Column("replacement_order_id", Uuid, ForeignKey("buyer_order.id")),
    Column("settled_on", Date),
    CheckConstraint("quantity > 0 AND accepted BETWEEN 0 AND quantity", name="quantity"),
    CheckConstraint("decision IN ('accepted', 'part', 'refused')", name="decision"),
    CheckConstraint("num_nulls(decision, accepted, decision_reason, decided_on) IN (0, 4)", name="decided"),
    CheckConstraint("settlement IN ('credit', 'replacement', 'return')", name="settlement"),
    CheckConstraint("num_nulls(settlement, settled_on) IN (0, 2)", name="settled"),
    CheckConstraint("settlement IS NULL OR accepted > 0", name="accepted_first"),
    CheckConstraint("(credit IS NULL) = (settlement IS DISTINCT FROM 'credit')", name="credit"),
    CheckConstraint(
        "(replacement_order_id IS NULL) = (settlement IS DISTINCT FROM 'replacement')", name="replacement"
    ),
    CheckConstraint("credit > 0", name="credited"),
)

claim_photo = Table(
    "claim_photo",
    tables,
    Column("claim_id", Uuid, ForeignKey("claim.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type"),
)

promise = Table(
    "promise",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("promised_date", Date, comment="none while pieces have no facility"),
    Column("short", Integer, nullable=False, comment="pieces without a facility"),
    Column("made_at", Instant, nullable=False, comment="business time"),
    Column("source", Text, nullable=False),
    Column("made_by", Text, nullable=False, comment="the role of whoever caused it"),
    Column("because", Text, comment="none of plans of the first version"),
    CheckConstraint("short >= 0", name="short"),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    comment="append only: a newer one replaces none",
)
Index("promise_line_idx", promise.c.order_id, promise.c.line_number, promise.c.id)

decision = Table(
    "decision",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("requested_date", Date, nullable=False),
    Column("promised_date", Date),
    Column("in_time", Integer),
    Column("missing", Integer),
    Column("offered", JSONB, nullable=False, comment="the answers; the first is the default"),
    Column("asked_at", Instant, nullable=False, comment="business time"),
    Column("deadline", Instant, nullable=False, comment="business time"),
    Column("outcome", Text, comment="an answer, or that it was withdrawn; none while it is open"),
    Column("ended_by", Text),
    Column("ended_at", Instant, comment="business time"),
    Column("overtaken_by", Text),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("kind IN ('late', 'short')", name="kind"),
    CheckConstraint("deadline > asked_at", name="deadline"),
    CheckConstraint("num_nulls(outcome, ended_by, ended_at) IN (0, 3)", name="ended"),
    CheckConstraint("outcome = 'withdrawn' OR offered ? outcome", name="outcome"),
    CheckConstraint("ended_by IN ('buyer', 'deadline', 'system')", name="ended_by"),
    CheckConstraint(
        "coalesce((outcome = 'withdrawn') = (overtaken_by IS NOT NULL), overtaken_by IS NULL)",
        name="overtaken_by",
    ),
)
Index(
    "decision_open_key",
    decision.c.order_id,
    decision.c.line_number,
    unique=True,
    postgresql_where=text("outcome IS NULL"),
)
Index("decision_line_idx", decision.c.order_id, decision.c.line_number, decision.c.id)
Index("decision_deadline_idx", decision.c.deadline, postgresql_where=text("outcome IS NULL"))

sample_verdict = Table(
    "sample_verdict",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("sample", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("reason", Text),
    Column("said_by", Text, nullable=False),
    Column("said_by_name", Text, nullable=False),
    Column("said_at", Instant, nullable=False, comment="business time"),
    CheckConstraint("verdict IN ('approved', 'refused')", name="verdict"),
    CheckConstraint("(verdict = 'refused') = (reason IS NOT NULL)", name="reason"),
    comment="append only: the newest counts",
)
Index("sample_verdict_of_idx", sample_verdict.c.buyer, sample_verdict.c.sku, sample_verdict.c.id)
Index(
    "sample_verdict_approved_key",
    sample_verdict.c.buyer,
    sample_verdict.c.sku,
    sample_verdict.c.sample,
    unique=True,
    postgresql_where=text("verdict = 'approved'"),
)

facility = Table(
    "facility",
    tables,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    comment="our copy of what production tells",
)

shipment_lot = Table(
    "shipment_lot",
    tables,
    Column("event_id", Uuid, primary_key=True),
    Column("lot", Text, ForeignKey("lot.code"), primary_key=True, index=True),
    Column("shipment_id", Uuid, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity <> 0", name="quantity"),
    comment="append only: pieces of a lot that were put into a shipment, or, below 0, taken out of it",
)
Index("shipment_lot_shipment_idx", shipment_lot.c.shipment_id, shipment_lot.c.told_at)

evidence = Table(
    "evidence",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("facility", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date),
    Column("sha256", Text),
    Column("agreement_id", Uuid, comment="in which it stands, and with which it ends"),
    Column("recorded_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    Column("withdrawn_reason", Text),
    CheckConstraint("num_nulls(withdrawn_at, withdrawn_reason) IN (0, 2)", name="withdrawn"),
    comment="our copy of what production tells of facilities",
)
Index("evidence_facility_idx", evidence.c.facility, evidence.c.id)

agreement_end = Table(
    "agreement_end",
    tables,
    Column("agreement_id", Uuid, primary_key=True),
    Column("told_at", Instant, primary_key=True),
    Column("last_day", Date, nullable=False),
    comment="append only: our copy of the last days that production tells of agreements whose end moved",
)

month_of_work = Table(
    "month_of_work",
    tables,
    Column("facility", Text, primary_key=True),
    Column("month", Date, primary_key=True, comment="its first day"),
    Column("told_at", Instant, nullable=False),
    Column("eligible", Integer),
    Column("consenting", Integer),
    Column("workers", Integer),
    Column("minutes", Integer),
    Column("premi_idr", BigInteger),
    Column("hourly_idr", BigInteger),
    Column("minimum_hourly_idr", BigInteger),
    Column("refusals", Integer),
    Column("open_grievances", Integer),
    Column("visits", Integer, nullable=False),
    comment="our copy of what production tells of people at work: no figure is about fewer than five",
)

timeline = Table(
    "timeline",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("order_id", Uuid, ForeignKey("buyer_order.id"), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("line", Integer),
    Column("source", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("actor_role", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    UniqueConstraint("order_id", "event_id"),
)

feed_waiting = Table(
    "feed_waiting",
    tables,
    Column("timeline_id", BigInteger, primary_key=True, autoincrement=False),
    comment="new entries of the timeline, put here by its trigger, until they have their place in the feed",
)

feed = Table(
    "feed",
    tables,
    Column("buyer", Text, ForeignKey("buyer.code"), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("timeline_id", BigInteger, ForeignKey("timeline.id"), nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),
    Column("sequence", Integer, nullable=False, comment="the number of the step in its order"),
    Column("recorded_at", Instant, nullable=False),
    UniqueConstraint("order_id", "sequence"),
)
Index("feed_buyer_recorded_at_idx", feed.c.buyer, feed.c.recorded_at)

webhook_endpoint = Table(
    "webhook_endpoint",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("event_types", ARRAY(Text), nullable=False, server_default="{}", comment="none means all"),
    Column("secret", Text, nullable=False),
    Column("previous_secret", Text),
    Column("previous_secret_until", Instant),
    Column("failures", Integer, nullable=False, server_default="0", comment="one after the other"),
    Column("failing_since", Instant),
    Column("probe_at", Instant, comment="when a failing endpoint is tried next"),
    Column("off_since", Instant),
    Column("off_because", Text),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("removed_at", Instant),
    Column("version", Integer, nullable=False, server_default="1", comment="of what buyers change"),
    CheckConstraint("(previous_secret IS NULL) = (previous_secret_until IS NULL)", name="previous_secret"),
    CheckConstraint("failures >= 0 AND (failures = 0) = (failing_since IS NULL)", name="failing"),
    CheckConstraint("probe_at IS NULL OR failures > 0", name="probe"),
    CheckConstraint(
        "(off_since IS NULL) = (off_because IS NULL) AND off_because IN ('asked', 'gone', 'silent')",
        name="off",
    ),
)
Index("webhook_endpoint_buyer_idx", webhook_endpoint.c.buyer)

webhook_delivery = Table(
    "webhook_delivery",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("endpoint_id", Uuid, ForeignKey("webhook_endpoint.id"), nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("timeline_id", BigInteger, ForeignKey("timeline.id"), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("tried_before", Integer, nullable=False, server_default="0", comment="attempts before its replay"),
    Column("replays", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False, server_default=func.now()),
    Column("delivered_at", Instant),
    Column("given_up_at", Instant),
    Column("response_status", Integer),
    Column("last_error", Text),
    UniqueConstraint("timeline_id", "endpoint_id"),
    CheckConstraint("delivered_at IS NULL OR given_up_at IS NULL", name="ended_once"),
    CheckConstraint("tried_before BETWEEN 0 AND attempts", name="tried_before"),
)
NOT_ENDED = text("delivered_at IS NULL AND given_up_at IS NULL")
Index(
    "webhook_delivery_order_idx",
    webhook_delivery.c.endpoint_id,
    webhook_delivery.c.order_id,
    webhook_delivery.c.timeline_id,
    postgresql_where=NOT_ENDED,
)
Index(
    "webhook_delivery_next_idx",
    webhook_delivery.c.endpoint_id,
    webhook_delivery.c.next_at,
    webhook_delivery.c.timeline_id,
    postgresql_where=NOT_ENDED,
)
Index("webhook_delivery_log_idx", webhook_delivery.c.endpoint_id, webhook_delivery.c.id)
Index("webhook_delivery_delivered_at_idx", webhook_delivery.c.delivered_at)
Index(
    "webhook_delivery_given_up_at_idx",
    webhook_delivery.c.given_up_at,
    postgresql_where=text("given_up_at IS NOT NULL"),
)

webhook_attempt = Table(
    "webhook_attempt",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("webhook_delivery.id", ondelete="CASCADE"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("replay", Boolean, nullable=False),
    Column("status", Integer),
    Column("response", Text, nullable=False, comment="its first characters, without secrets"),
    Column("error", Text),
)
Index("webhook_attempt_delivery_id_idx", webhook_attempt.c.delivery_id)

quote = Table(
    "quote",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("request", JSONB, nullable=False, comment="the order as it was sent, to be placed from here"),
    Column("lines", JSONB, nullable=False, comment="each line as it was screened on that day"),
    Column("promises", JSONB, comment="dates by line number; none until production answered"),
)
Index("quote_expires_on_idx", quote.c.expires_on)

draft = Table(
    "draft",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("content", JSONB, nullable=False, comment="what is known of the order so far, as it was sent"),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
)
Index("draft_buyer_id_idx", draft.c.buyer, draft.c.id)

order_import = Table(
    "order_import",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("buyer", Text, ForeignKey("buyer.code"), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False, server_default=func.now()),
    Column("begun_at", Instant, comment="none while somebody looks at what it would do"),
    Column("ended_at", Instant),
    CheckConstraint("ended_at IS NULL OR begun_at IS NOT NULL", name="ended"),
)
Index(
    "order_import_due_idx",
    order_import.c.begun_at,
    postgresql_where=text("begun_at IS NOT NULL AND ended_at IS NULL"),
)
Index("order_import_preview_idx", order_import.c.made_at, postgresql_where=text("begun_at IS NULL"))
Index("order_import_buyer_id_idx", order_import.c.buyer, order_import.c.id)

order_import_row = Table(
    "order_import_row",
    tables,
    Column("import_id", Uuid, ForeignKey("order_import.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="its line in the file"),
    Column("po_number", Text, nullable=False),
    Column("content", Text, nullable=False, comment="a JSON object, as it was sent"),
    Column("outcome", Text),
    Column("order_id", Uuid),
    Column("field", Text),
    Column("reason", Text),
    CheckConstraint("outcome IN ('accepted', 'refused', 'repeated')", name="outcome"),
    CheckConstraint("(outcome IN ('accepted', 'repeated')) = (order_id IS NOT NULL)", name="order"),
    CheckConstraint("(outcome = 'refused') = (reason IS NOT NULL)", name="reason"),
)
Index(
    "order_import_row_waiting_idx",
    order_import_row.c.import_id,
    order_import_row.c.number,
    postgresql_where=text("outcome IS NULL"),
)
Index("order_import_row_po_number_idx", order_import_row.c.import_id, order_import_row.c.po_number)
Index(
    "order_import_row_outcome_idx",
    order_import_row.c.import_id,
    order_import_row.c.outcome,
    order_import_row.c.number,
)

caught_line = Table(
    "caught_line",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "rescreening_id",
        BigInteger,
        ForeignKey("rescreening.id"),
        comment="none where all lines were not screened",
    ),
    Column("order_id", Uuid, nullable=False),
    Column("line_number", Integer, nullable=False),
    Column("because", Text, nullable=False, server_default="policy"),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("policies", JSONB, nullable=False, comment="that caught it"),
    Column("law", JSONB, nullable=False),
    Column("at_sea", Integer, nullable=False, comment="pieces that had departed then, not delivered"),
    Column("evidence_id", Uuid, comment="what speaks against goods that had departed, or was taken back"),
    Column(
        "departed",
        Integer,
        comment="with evidence: pieces that had departed by then, it speaks until they arrived",
    ),
    Column("caught_at", Instant, nullable=False, server_default=func.now()),
    ForeignKeyConstraint(["order_id", "line_number"], ["order_line.order_id", "order_line.number"]),
    CheckConstraint("before IN ('allow', 'hold') AND after IN ('hold', 'block')", name="stricter"),
    CheckConstraint("at_sea >= 0", name="at_sea"),
    CheckConstraint(
        "because IN ('policy', 'goods', 'amendment', 'route', 'delivery', 'lane', 'evidence')", name="because"
    ),
    CheckConstraint("(because = 'evidence') = (evidence_id IS NOT NULL)", name="evidence"),
    CheckConstraint("(evidence_id IS NULL) = (departed IS NULL)", name="departed"),
    CheckConstraint("(because IN ('policy', 'goods')) = (rescreening_id IS NOT NULL)", name="rescreened"),
    UniqueConstraint("rescreening_id", "order_id", "line_number"),
    UniqueConstraint("evidence_id", "order_id", "line_number", "departed"),
    comment="append only",
)
Index("caught_line_order_idx", caught_line.c.order_id, caught_line.c.line_number)

purge_step = purge_steps(tables)

mapping = registry(metadata=tables)
mapping.map_imperatively(Signature, signature)
mapping.map_imperatively(
    Hold, hold, properties={"signatures": relationship(Signature, order_by=signature.c.id, lazy="selectin")}
)
mapping.map_imperatively(Lot, lot)
mapping.map_imperatively(LaneWord, free_lane)
mapping.map_imperatively(Cancellation, cancellation)
mapping.map_imperatively(Promise, promise)
mapping.map_imperatively(Decision, decision)
mapping.map_imperatively(
    Line,
    order_line,
    exclude_properties=FOR_LISTS,
    properties={
        "holds": relationship(Hold, order_by=hold.c.id, lazy="selectin"),
        "cancellations": relationship(Cancellation, order_by=cancellation.c.id, lazy="select"),
        "promises": relationship(Promise, order_by=promise.c.id, lazy="select"),
        "decisions": relationship(Decision, order_by=decision.c.id, lazy="select"),
        "lots": relationship(Lot, order_by=lot.c.code, lazy="select"),
        "lane_words": relationship(LaneWord, order_by=free_lane.c.id, lazy="select"),
    },
)
mapping.map_imperatively(Payment, payment)
mapping.map_imperatively(Claim, claim)
mapping.map_imperatively(
    Order,
    order,
    properties={
        "lines": relationship(Line, order_by=order_line.c.number, lazy="selectin"),
        "payments": relationship(Payment, order_by=payment.c.id, lazy="select"),
        "claims": relationship(Claim, order_by=claim.c.id, lazy="select", foreign_keys=claim.c.order_id),
    },
)
mapping.map_imperatively(Endpoint, webhook_endpoint)
