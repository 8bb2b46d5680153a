"""The tables of the production service, and how the domain's classes are mapped to them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry, relationship

from services.production.domain.agreement import Agreement, Tariff
from services.production.domain.evidence import Evidence
from services.production.domain.material import MaterialLot
from services.production.domain.report import Report
from services.production.domain.warning import WorkWarning
from services.production.domain.work_order import WorkOrder
from shared.database import Instant, metadata
from shared.purging import purge_steps

tables = metadata()

item = Table(
    "item",
    tables,
    Column("sku", Text, primary_key=True),
    Column("name_id", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("labour_minutes", Integer, nullable=False),
    comment="our copy of what orders tells",
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
    Column("kind", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("producing", Boolean, nullable=False),
    Column("open_minutes", Integer, nullable=False),
    Column("work_orders", Integer, nullable=False, server_default="0", comment="numbers given out"),
    Column("lots", Integer, nullable=False, server_default="0", comment="numbers given out"),
    Column("kelas", Text, comment="its official class, as far as it is known"),
    Column("cluster", Text, nullable=False, server_default=""),
    Column("time_zone", Text, nullable=False, server_default="Asia/Jakarta"),
    Column(
        "by_office",
        Boolean,
        nullable=False,
        server_default="false",
        comment="the regional office set it; the reference file does not any more",
    ),
    Column("week", ARRAY(Integer), comment="minutes from Monday; none: the ordinary week of open_minutes"),
    Column("material_lots", Integer, nullable=False, server_default="0", comment="numbers given out"),
    Column("reliability_pct", Integer, comment="as of rated_on; none: too little is known"),
    Column("rated_on", Date),
    CheckConstraint("reliability_pct BETWEEN 0 AND 100", name="reliability_pct"),
    Column("lane", Text, nullable=False, server_default="custodial", comment="whose work its lots are"),
    CheckConstraint(
        "lane = 'custodial' OR lane IN ('parole_community', 'free') AND kind NOT IN ('lapas', 'rutan', 'lpka')",
        name="lane",
    ),
    CheckConstraint("open_minutes BETWEEN 0 AND 420", name="open_minutes"),
    CheckConstraint(
        "time_zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')",
        name="time_zone",
    ),
    CheckConstraint(
        "cardinality(week) = 7 AND 0 = ANY (week) AND 0 <= ALL (week) AND open_minutes >= ALL (week)"
        " AND open_minutes = ANY (week)",
        name="week",
    ),
)

capability = Table(
    "capability",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("family", Text, nullable=False),
    Column("workers", Integer, nullable=False),
    Column("efficiency_pct", Integer, nullable=False),
    PrimaryKeyConstraint("facility", "family"),
    CheckConstraint("workers >= 0", name="workers"),
    Column("yield_pct", Integer, nullable=False, server_default="100", comment="how many turn out good"),
    Column("skill_level", Integer, nullable=False, server_default="1"),
    Column("zone", Text, nullable=False, server_default="workshop"),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("efficiency_pct BETWEEN 1 AND 100", name="efficiency_pct"),
    CheckConstraint("yield_pct BETWEEN 1 AND 100", name="yield_pct"),
    CheckConstraint("skill_level BETWEEN 1 AND 3", name="skill_level"),
    CheckConstraint("zone IN ('block', 'workshop')", name="zone"),
    CheckConstraint("valid_from <= valid_to", name="valid"),
)

capability_change = Table(
    "capability_change",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("family", Text, nullable=False),
    Column("changed_on", Date, comment="none: it was so before the first change, since when is not known"),
    *(
        Column(name, Integer, nullable=False)
        for name in ("workers", "efficiency_pct", "yield_pct", "skill_level")
    ),
    Column("zone", Text, nullable=False, server_default="workshop"),
    Column("valid_from", Date),
    Column("valid_to", Date),
    comment="append only: what a facility was said to make from each change on",
)
Index(
    "capability_change_facility_idx",
    capability_change.c.facility,
    capability_change.c.family,
    capability_change.c.id,
)

item_skill = Table(
    "item_skill",
    tables,
    Column("sku", Text, primary_key=True),
    Column("level", Integer, nullable=False),
    Column("zone", Text, nullable=False, server_default="block"),
    CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    CheckConstraint("zone IN ('block', 'workshop')", name="zone"),
    comment="the skill and the zone that an article needs; one that is not here needs the first level, anywhere",
)

calendar_day = Table(
    "calendar_day",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("day", Date, nullable=False),
    Column("open_minutes", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("facility", "day"),
    CheckConstraint("open_minutes BETWEEN 0 AND 420", name="open_minutes"),
    comment="days that differ from the ordinary week and the public holidays",
)

worker_pool = Table(
    "worker_pool",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("week", Date, nullable=False),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in ("eligible", "consenting", "expected_releases", "expected_transfers", "trainees")
    ),
    PrimaryKeyConstraint("facility", "week"),
    CheckConstraint("extract(isodow FROM week) = 1", name="week"),
    CheckConstraint("consenting BETWEEN 0 AND eligible", name="consenting"),
    CheckConstraint(
        "expected_releases >= 0 AND expected_transfers >= 0 AND trainees >= 0"
        " AND expected_releases + expected_transfers + trainees <= consenting",
        name="present",
    ),
    comment="counts of convicted adults by week, never names; a week without a row takes the newest before it",
)

demand = Table(
    "demand",
    tables,
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("destination", Text, nullable=False),
    Column("requested_date", Date, nullable=False),
    Column("cleared", Integer, nullable=False, server_default="0"),
    Column("cleared_until", Date),
    Column("stopped", Integer, nullable=False, server_default="0", comment="cancelled before work began"),
    Column("partner", Text, comment="the buyer; none of orders that were heard of before agreements were"),
    Column("tried_on", Date, comment="when it was shared out last; none: still to be tried"),
    Column("lane", Text, nullable=False, server_default="custodial", comment="that it is cleared for"),
    PrimaryKeyConstraint("order_id", "line"),
    CheckConstraint("cleared BETWEEN 0 AND quantity", name="cleared"),
    CheckConstraint("stopped BETWEEN 0 AND quantity", name="stopped"),
    CheckConstraint("lane IN ('free', 'parole_community', 'custodial')", name="lane"),
    comment="our copy of the order lines that orders tells of",
)

work_order = Table(
    "work_order",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text, ForeignKey("item.sku"), nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("due", Date, nullable=False),
    Column("why", Text, nullable=False),
    Column("offered_on", Date, nullable=False),
    Column("accepted_on", Date),
    Column("declined_reason", Text),
    Column("declined_code", Text),
    Column("withdrawn_on", Date),
    Column("taken_back", Integer, nullable=False, server_default="0"),
    Column("started_on", Date),
    Column("paused_reason", Text),
    Column("paused_at", Instant, comment="by the business clock"),
    *(
        Column(name, Integer, nullable=False, server_default="0")
        for name in ("made", "good", "rework", "scrap", "short_closed", "extra")
    ),
    Column("short_closed_reason", Text),
    CheckConstraint("quantity > 0 OR short_closed > 0", name="quantity"),
    CheckConstraint(
        "short_closed >= 0 AND (short_closed > 0) = (short_closed_reason IS NOT NULL)"
        " AND (short_closed = 0 OR quantity = good)",
        name="short_closed",
    ),
    CheckConstraint("good >= 0 AND rework >= 0 AND scrap >= 0", name="counts"),
    CheckConstraint("good + rework + scrap <= made", name="made"),
    CheckConstraint("made - scrap <= quantity", name="remaining"),
    CheckConstraint("extra >= 0 AND 100 * extra <= 3 * (quantity - extra)", name="extra"),
    CheckConstraint("taken_back >= 0", name="taken_back"),
    CheckConstraint("num_nulls(withdrawn_on, started_on) > 0", name="withdrawn"),
)
Index("work_order_facility_due_idx", work_order.c.facility, work_order.c.due, work_order.c.id)
Index("work_order_order_id_line_idx", work_order.c.order_id, work_order.c.line)
LIVE = work_order.c.declined_reason.is_(None) & work_order.c.withdrawn_on.is_(None)
"""Whether a work order's quantity counts as allocated: ``WorkOrder.live`` in SQL."""

ASKED = work_order.c.quantity - work_order.c.extra
"""What was asked for: ``WorkOrder.asked`` in SQL."""

OPEN = LIVE & (work_order.c.good < work_order.c.quantity)
"""Whether somebody is still to make some of it: what capacity is committed to."""
Index(
    "work_order_open_idx",
    work_order.c.facility,
    work_order.c.sku,
    postgresql_include=["quantity", "good"],
    postgresql_where=OPEN,
)
Index(
    "work_order_withdrawn_idx",
    work_order.c.withdrawn_on,
    work_order.c.id,
    postgresql_where=work_order.c.withdrawn_on.is_not(None),
)
Index(
    "work_order_declined_idx",
    work_order.c.offered_on,
    postgresql_where=work_order.c.declined_reason.is_not(None),
)
Index(
    "work_order_started_idx", work_order.c.started_on, postgresql_where=work_order.c.started_on.is_not(None)
)
Index("work_order_need_idx", work_order.c.due, work_order.c.id, postgresql_where=OPEN)

report = Table(
    "report",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("worked_on", Date, nullable=False),
    Column("reported_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("corrects", BigInteger, ForeignKey("report.id")),
    Column("reason", Text, comment="why it was corrected"),
    Column("client_id", Uuid, comment="by which a device's repetition is known"),
    Column("device_at", Instant, comment="the device's clock, which may be wrong"),
    Column("flagged", Boolean, nullable=False, server_default="false", comment="more than is plausible"),
    Column("acknowledged_on", Date),
    Column("device", Uuid, comment="tells devices apart"),
    Column("worked_at", Instant, comment="the device's clock if it can be right, else ours"),
    Column("clock_wrong", Boolean, nullable=False, server_default="false"),
    Column("same_hour", Boolean, nullable=False, server_default="false", comment="another device told too"),
    CheckConstraint("kind IN ('made', 'reworked')", name="kind"),
    CheckConstraint("pieces > 0 OR (corrects IS NOT NULL AND pieces <> 0)", name="pieces"),
    CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name="reason"),
    CheckConstraint("acknowledged_on IS NULL OR flagged OR same_hour", name="acknowledged_on"),
    UniqueConstraint("work_order_id", "client_id"),
    comment="a correction is an entry of its own; when one was acknowledged is added",
)

inspection = Table(
    "inspection",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("lot", Integer, nullable=False),
    Column("letter", Text),
    Column("sample", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("rework", Integer, nullable=False),
    Column("scrap", Integer, nullable=False),
    Column("inspected_on", Date, nullable=False),
    Column("photos", Integer, nullable=False, server_default="0", comment="numbers given out"),
    CheckConstraint("sample BETWEEN 1 AND lot", name="sample"),
    CheckConstraint("verdict IN ('accepted', 'rejected')", name="verdict"),
    CheckConstraint("passed >= 0 AND rework >= 0 AND scrap >= 0", name="counts"),
    CheckConstraint(
        "passed + rework + scrap = lot OR (verdict = 'rejected' AND passed + rework + scrap = 0)", name="lot"
    ),
)

defect = Table(
    "defect",
    tables,
    Column("inspection_id", BigInteger, ForeignKey("inspection.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("rework", Integer, nullable=False),
    Column("scrap", Integer, nullable=False),
    PrimaryKeyConstraint("inspection_id", "code"),
    CheckConstraint("severity IN ('critical', 'major', 'minor')", name="severity"),
    CheckConstraint("rework >= 0 AND scrap >= 0 AND rework + scrap > 0", name="counts"),
)

inspection_correction = Table(
    "inspection_correction",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("rework", Integer, nullable=False),
    Column("scrap", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("corrected_on", Date, nullable=False),
    CheckConstraint("(rework <> 0 OR scrap <> 0) AND rework + scrap <= 0", name="counts"),
    comment="append only: by how much what was set aside was entered wrongly",
)

inspection_photo = Table(
    "inspection_photo",
    tables,
    Column("inspection_id", BigInteger, ForeignKey("inspection.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    CheckConstraint("media_type IN ('image/jpeg', 'image/png')", name="media_type"),
    CheckConstraint("number > 0", name="number"),
)

tool_kind = Table(
    "tool_kind",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind_class", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    PrimaryKeyConstraint("facility", "code"),
    CheckConstraint("kind_class IN ('A', 'B', 'C', 'S')", name="kind_class"),
    CheckConstraint("quantity >= 0", name="quantity"),
)

shift = Table(
    "shift",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("closed_on", Date),
)
Index("shift_open_idx", shift.c.facility, unique=True, postgresql_where=shift.c.closed_on.is_(None))

tool_count = Table(
    "tool_count",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("shift_id", BigInteger, ForeignKey("shift.id"), nullable=False, index=True),
    Column("code", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("counted_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("direction IN ('out', 'returned', 'used')", name="direction"),
    CheckConstraint("count >= 0", name="count"),
    comment="append only: of one kind and direction the last count of a shift counts",
)

facility_lock = Table(
    "facility_lock",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("shift_id", BigInteger, ForeignKey("shift.id"), nullable=False),
    Column("locked_on", Date, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("unlocked_on", Date),
    Column("resolution", Text),
    CheckConstraint("pieces > 0", name="pieces"),
    CheckConstraint("(unlocked_on IS NULL) = (resolution IS NULL)", name="resolution"),
)
Index(
    "facility_lock_open_idx",
    facility_lock.c.facility,
    unique=True,
    postgresql_where=facility_lock.c.unlocked_on.is_(None),
)

agreement = Table(
    "agreement",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("partner", Text, nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("lanes", ARRAY(Text), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("ended_on", Date),
    Column("ended_reason", Text),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("tolerance_pct", Integer, nullable=False, server_default="0"),
    CheckConstraint("tolerance_pct BETWEEN 0 AND 3", name="tolerance_pct"),
    CheckConstraint("valid_from <= valid_to", name="days"),
    CheckConstraint("ended_on <= valid_to", name="ended_on"),
    CheckConstraint("num_nulls(ended_on, ended_reason) <> 1", name="ended"),
    CheckConstraint(
        "cardinality(lanes) > 0 AND lanes <@ ARRAY['custodial', 'parole_community', 'free']", name="lanes"
    ),
)
Index("agreement_facility_partner_idx", agreement.c.facility, agreement.c.partner)

agreement_tariff = Table(
    "agreement_tariff",
    tables,
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("idr", Numeric(14, 2), nullable=False),
    PrimaryKeyConstraint("agreement_id", "sku"),
    CheckConstraint("idr > 0", name="idr"),
)

material = Table(
    "material",
    tables,
    Column("code", Text, primary_key=True),
    Column("name_id", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("plot_needed", Boolean, nullable=False),
    CheckConstraint("unit IN ('kg', 'm', 'm2', 'piece')", name="unit"),
)

recipe = Table(
    "recipe",
    tables,
    Column("sku", Text, nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column("per_piece", Numeric(14, 3), nullable=False),
    PrimaryKeyConstraint("sku", "material"),
    CheckConstraint("per_piece > 0", name="per_piece"),
)

material_lot = Table(
    "material_lot",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column("supplier", Text, nullable=False),
    Column("quantity", Numeric(14, 3), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("plot", Text),
    Column("geolocation", Text),
    Column("used", Numeric(14, 3), nullable=False, server_default="0"),
    Column("written_off", Numeric(14, 3), nullable=False, server_default="0"),
    Column("quarantined_reason", Text),
    CheckConstraint("quantity > 0 AND used >= 0 AND written_off >= 0", name="counts"),
    CheckConstraint("used + written_off <= quantity", name="stock"),
)
Index(
    "material_lot_facility_idx", material_lot.c.facility, material_lot.c.material, material_lot.c.received_on
)

material_entry = Table(
    "material_entry",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("material", Text, ForeignKey("material.code"), nullable=False),
    Column(
        "lot_id", Uuid, ForeignKey("material_lot.id"), index=True, comment="none while no receipt covers it"
    ),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), index=True),
    Column("kind", Text, nullable=False),
    Column("quantity", Numeric(14, 3), nullable=False),
    Column("reason", Text),
    Column("recorded_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("kind IN ('used', 'given_back', 'written_off')", name="kind"),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("(work_order_id IS NULL) = (kind = 'written_off')", name="work_order"),
    CheckConstraint("lot_id IS NOT NULL OR kind <> 'written_off'", name="lot"),
    comment="append only: a correction is an entry of its own",
)
Index(
    "material_entry_unreceived_idx",
    material_entry.c.facility,
    postgresql_where=material_entry.c.lot_id.is_(None),
)

passed_over = Table(
    "passed_over",
    tables,
    Column("order_id", Uuid, nullable=False),
    Column("line", Integer, nullable=False),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("order_id", "line", "facility"),
    comment="why a facility that is able to make a line got no share of it, as of its newest plan",
)

proposal = Table(
    "proposal",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("made_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("made_on", Date, nullable=False),
    Column("open_work", Text, nullable=False, comment="a fingerprint: of another one it says nothing"),
    Column("lines", Integer, nullable=False),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("bound", BigInteger, nullable=False, comment="no plan of the same work costs less"),
    Column("changes", JSONB, nullable=False),
    Column("accepted_on", Date),
    Column("discarded_on", Date),
    CheckConstraint("num_nulls(accepted_on, discarded_on) > 0", name="decided"),
    comment="plans of all open work that the regional office accepts or discards",
)

warning = Table(
    "warning",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), comment="none: about the whole facility"),
    Column("order_id", Uuid),
    Column("line", Integer),
    Column("kind", Text, nullable=False),
    Column("grade", Text, nullable=False),
    Column("grade_since", Instant, nullable=False),
    Column("owner", Text, nullable=False),
    Column("first_seen", Instant, nullable=False),
    Column("projected", Date, comment="none: it is never finished at its present rate"),
    Column("latest", Date),
    Column("told_at", Instant),
    Column("told_grade", Text),
    Column("told_owner", Text),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Text, comment="by role"),
    Column("cleared_at", Instant),
    Column("promise_moved_to", Date, comment="the day that was promised instead, once"),
    CheckConstraint(
        "kind IN ('late', 'silent', 'low_yield', 'agreement_ends', 'material_lacking', 'consent_lacking',"
        " 'tools_locked')",
        name="kind",
    ),
    CheckConstraint("grade IN ('amber', 'red', 'black')", name="grade"),
    CheckConstraint("owner IN ('facility', 'kanwil', 'exporter')", name="owner"),
    CheckConstraint("(work_order_id IS NULL) = (kind = 'tools_locked')", name="work_order"),
    CheckConstraint("num_nulls(work_order_id, order_id, line, latest) IN (0, 4)", name="about"),
    CheckConstraint("num_nulls(told_at, told_grade, told_owner) IN (0, 3)", name="told"),
    CheckConstraint("num_nulls(acknowledged_at, acknowledged_by) IN (0, 2)", name="acknowledged"),
)
STANDING = warning.c.cleared_at.is_(None)
"""Whether its cause is still there."""
Index(
    "warning_standing_idx",
    warning.c.facility,
    warning.c.kind,
    warning.c.work_order_id,
    unique=True,
    postgresql_nulls_not_distinct=True,
    postgresql_where=STANDING,
)
Index("warning_cleared_idx", warning.c.cleared_at, postgresql_where=~STANDING)

warning_check = Table(
    "warning_check",
    tables,
    Column("single", Integer, primary_key=True),
    Column("checked_at", Instant, nullable=False, comment="by the business clock"),
    Column("event", BigInteger, nullable=False, comment="the newest of our events that was looked at"),
    CheckConstraint("single = 1", name="one_row"),
    comment="when all work was last looked through for what to warn of",
)

evidence = Table(
    "evidence",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("item", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("valid_until", Date, comment="none of what contradicts: it stands until it is withdrawn"),
    Column("sha256", Text, comment="of the file, which is not kept: it may name people"),
    Column("recorded_on", Date, nullable=False),
    Column("recorded_by", Text, nullable=False, comment="by role"),
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), index=True, comment="in which it stands"),
    Column("withdrawn_on", Date),
    Column("withdrawn_reason", Text),
    CheckConstraint("finding IN ('supports', 'contradicts')", name="finding"),
    CheckConstraint("(valid_until IS NULL) = (finding = 'contradicts')", name="lasts"),
    CheckConstraint("valid_until >= issued_on", name="valid_until"),
    CheckConstraint(
        "agreement_id IS NULL OR item = 'not_at_private_disposal' AND finding = 'supports'", name="agreement"
    ),
    CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
    CheckConstraint("num_nulls(withdrawn_on, withdrawn_reason) IN (0, 2)", name="withdrawn"),
    comment="never changed but for its withdrawal",
)
Index("evidence_facility_idx", evidence.c.facility, evidence.c.id)

worker = Table(
    "worker",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("eligible", Boolean, nullable=False),
    Column("registered_on", Date, nullable=False),
    Column("left_on", Date),
    CheckConstraint("left_on >= registered_on", name="left_on"),
    comment="random codes; whose they are stands in the facility's own key table, outside",
)
Index("worker_facility_idx", worker.c.facility, worker.c.left_on)

consent_text = Table(
    "consent_text",
    tables,
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("words", Text, nullable=False),
    PrimaryKeyConstraint("agreement_id", "purpose", "version"),
    CheckConstraint("purpose IN ('work', 'data')", name="purpose"),
    CheckConstraint("version > 0", name="version"),
    comment="what is read aloud before somebody consents; a new version asks anew",
)

consent = Table(
    "consent",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("worker_id", Uuid, ForeignKey("worker.id"), nullable=False, index=True),
    Column("agreement_id", Uuid, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("text_version", Integer, nullable=False),
    Column("language", Text, nullable=False),
    Column("read_aloud", Boolean, nullable=False),
    Column("witness_role", Text, nullable=False),
    Column("given_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("withdrawn_at", Instant),
    ForeignKeyConstraint(
        ["agreement_id", "purpose", "text_version"],
        ["consent_text.agreement_id", "consent_text.purpose", "consent_text.version"],
        name="consent_text_fkey",
    ),
    CheckConstraint(
        "witness_role IN ('binadik_officer', 'health_officer', 'religious_counsellor', 'legal_aid', 'visitor')",
        name="witness_role",
    ),
    CheckConstraint("withdrawn_at >= recorded_at", name="withdrawn_at"),
)

refusal = Table(
    "refusal",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), nullable=False, index=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("day", Date, nullable=False),
    Column("people", Integer, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint("people > 0", name="people"),
    comment="how many said no, and nothing of who; it has no effect on anything",
)

hours_entry = Table(
    "hours_entry",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("worker_id", Uuid, ForeignKey("worker.id"), nullable=False),
    Column(
        "work_order_id",
        Uuid,
        ForeignKey("work_order.id"),
        index=True,
        comment="none: the facility's own work",
    ),
    Column("worked_on", Date, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("pieces", Integer, nullable=False, server_default="0"),
    Column("ended_at", Instant, comment="when the shift ended, where a consent was withdrawn that day"),
    Column("corrects", BigInteger, ForeignKey("hours_entry.id")),
    Column("reason", Text),
    Column("recorded_at", Instant, nullable=False),
    CheckConstraint(
        "minutes BETWEEN -420 AND 420 AND (corrects IS NOT NULL OR (minutes > 0 AND pieces >= 0))",
        name="minutes",
    ),
    CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name="reason"),
    CheckConstraint("pieces = 0 OR work_order_id IS NOT NULL", name="pieces"),
    comment="append only: a correction is an entry of its own; no more than 420 minutes of a worker and day",
)
Index("hours_entry_worker_idx", hours_entry.c.worker_id, hours_entry.c.worked_on)
Index("hours_entry_facility_idx", hours_entry.c.facility, hours_entry.c.worked_on)

grievance = Table(
    "grievance",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False, index=True),
    Column("received_on", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("closed_on", Date),
    Column("outcome", Text),
    CheckConstraint("kind IN ('pay', 'hours', 'safety', 'treatment', 'consent', 'other')", name="kind"),
    CheckConstraint("outcome IN ('upheld', 'partly_upheld', 'not_upheld', 'taken_back')", name="outcome"),
    CheckConstraint("(closed_on IS NULL) = (outcome IS NULL) AND closed_on >= received_on", name="closed_on"),
    comment="dates, kinds and outcomes; nothing of who",
)

independent_visit = Table(
    "independent_visit",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False, index=True),
    Column("visited_on", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    CheckConstraint(
        "kind IN ('supervising_judge', 'ombudsman', 'komnas_ham', 'labour_inspector', 'auditor')", name="kind"
    ),
    CheckConstraint("outcome IN ('no_findings', 'findings', 'findings_mended')", name="outcome"),
)

worker_read = Table(
    "worker_read",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("read_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False, index=True),
    Column("principal", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("codes", Integer, nullable=False),
    comment="append only: who read of workers, when, on which page, of how many codes",
)

premi_scheme = Table(
    "premi_scheme",
    tables,
    Column("id", Uuid, primary_key=True),
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), nullable=False, index=True),
    Column("basis", Text, nullable=False),
    Column("worker_pct", Numeric(5, 2), nullable=False),
    Column("capital_pct", Numeric(5, 2), nullable=False),
    Column("state_pct", Numeric(5, 2), nullable=False),
    Column("hourly_idr", BigInteger),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("legal_ref", Text, nullable=False),
    Column("approved_by_role", Text, nullable=False),
    CheckConstraint("basis IN ('piece', 'hour', 'profit_share')", name="basis"),
    CheckConstraint(
        "worker_pct > 0 AND capital_pct >= 0 AND state_pct >= 0 AND worker_pct + capital_pct + state_pct = 100",
        name="percent",
    ),
    CheckConstraint("(basis = 'hour') = (hourly_idr IS NOT NULL) AND hourly_idr > 0", name="hourly_idr"),
    CheckConstraint("valid_from <= valid_to", name="days"),
)

premi_rate = Table(
    "premi_rate",
    tables,
    Column("scheme_id", Uuid, ForeignKey("premi_scheme.id"), nullable=False),
    Column("sku", Text, nullable=False),
    Column("idr", BigInteger, nullable=False),
    PrimaryKeyConstraint("scheme_id", "sku"),
    CheckConstraint("idr > 0", name="idr"),
)

premi_lot = Table(
    "premi_lot",
    tables,
    Column("lot", Text, primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("work_order_id", Uuid, ForeignKey("work_order.id"), nullable=False, index=True),
    Column("agreement_id", Uuid, ForeignKey("agreement.id"), comment="none: no agreement covers it"),
    Column("sku", Text, nullable=False),
    Column("pieces", Integer, nullable=False),
    Column("accepted_on", Date, nullable=False),
    CheckConstraint("pieces > 0", name="pieces"),
    comment="pieces accepted at the facility's inspection, on which premi is due",
)
Index("premi_lot_facility_idx", premi_lot.c.facility, premi_lot.c.accepted_on)

premi_entry = Table(
    "premi_entry",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("scheme_id", Uuid, ForeignKey("premi_scheme.id")),
    Column("lot", Text, ForeignKey("premi_lot.lot"), index=True),
    Column("reverses", BigInteger, ForeignKey("premi_entry.id"), unique=True),
    Column("reason", Text),
    CheckConstraint("kind IN ('accrued', 'shared', 'paid', 'settled', 'reversed')", name="kind"),
    CheckConstraint("(kind IN ('accrued', 'shared')) = (lot IS NOT NULL)", name="lot"),
    CheckConstraint(
        "(kind = 'reversed') = (reverses IS NOT NULL) AND (reverses IS NULL) = (reason IS NULL)",
        name="reverses",
    ),
    comment="append only; a correction is a reversal",
)
Index("premi_entry_facility_idx", premi_entry.c.facility, premi_entry.c.id)

premi_line = Table(
    "premi_line",
    tables,
    Column("entry_id", BigInteger, ForeignKey("premi_entry.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("worker_id", Uuid, ForeignKey("worker.id"), index=True),
    Column("idr", BigInteger, nullable=False, comment="whole rupiah: a debit above 0, a credit below"),
    PrimaryKeyConstraint("entry_id", "number"),
    CheckConstraint(
        "account IN ('partner', 'workers', 'worker', 'former', 'capital', 'state', 'paid')", name="account"
    ),
    CheckConstraint("(account = 'worker') = (worker_id IS NOT NULL)", name="worker"),
    CheckConstraint("idr <> 0", name="idr"),
    comment="append only; the lines of an entry add up to 0",
)

closed_month = Table(
    "closed_month",
    tables,
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("month", Date, nullable=False, comment="its first day"),
    *(
        Column(name, BigInteger, comment="none: it is not told")
        for name in (
            "eligible",
            "consenting",
            "workers",
            "minutes",
            "premi_idr",
            "hourly_idr",
            "minimum_hourly_idr",
            "refusals",
            "open_grievances",
        )
    ),
    Column("minimum_source", Text),
    Column("visits", BigInteger, nullable=False),
    PrimaryKeyConstraint("facility", "month"),
    CheckConstraint("extract(day FROM month) = 1", name="month"),
    comment="append only: the figures of closed months as they were told, once and for all",
)

minimum_wage = Table(
    "minimum_wage",
    tables,
    Column("place", Text, nullable=False, comment="a facility's place, or * for the whole province"),
    Column("valid_from", Date, nullable=False),
    Column("monthly_idr", Numeric(14, 2), nullable=False),
    Column("source", Text, nullable=False),
    PrimaryKeyConstraint("place", "valid_from"),
    CheckConstraint("monthly_idr > 0", name="monthly_idr"),
)

premi_of_former = Table(
    "premi_of_former",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("step_id", BigInteger, ForeignKey("purge_step.id"), nullable=False, index=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False, index=True),
    Column("month", Date, nullable=False),
    Column("scheme_id", Uuid, ForeignKey("premi_scheme.id"), comment="none of payments"),
    Column("kind", Text, nullable=False, comment="of the entries, or of those that were reversed"),
    Column("account", Text, nullable=False),
    Column("idr", BigInteger, nullable=False),
    Column("people", Integer, nullable=False),
    CheckConstraint("kind IN ('shared', 'paid', 'settled')", name="kind"),
    CheckConstraint("account IN ('worker', 'paid')", name="account"),
    CheckConstraint("people > 0", name="people"),
    comment="append only: what lines of workers amounted to that were erased",
)

legal_hold = Table(
    "legal_hold",
    tables,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("facility", Text, ForeignKey("facility.code"), nullable=False),
    Column("worker_id", Uuid, ForeignKey("worker.id"), comment="none: everybody there"),
    Column("reason", Text, nullable=False),
    Column("placed_at", Instant, nullable=False, server_default=func.clock_timestamp()),
    Column("placed_by", Text, nullable=False),
    Column("lifted_at", Instant),
    Column("lifted_by", Text),
    CheckConstraint("num_nulls(lifted_at, lifted_by) IN (0, 2)", name="lifted"),
    comment="nothing of these people is erased until it is lifted",
)

purge_step = purge_steps(tables)

mapping = registry(metadata=tables)
mapping.map_imperatively(Evidence, evidence)
mapping.map_imperatively(WorkWarning, warning)
mapping.map_imperatively(Report, report)
mapping.map_imperatively(
    WorkOrder, work_order, properties={"reports": relationship(Report, order_by=report.c.id, lazy="select")}
)
mapping.map_imperatively(Tariff, agreement_tariff)
mapping.map_imperatively(
    Agreement,
    agreement,
    properties={
        "tariffs": relationship(
            Tariff, order_by=agreement_tariff.c.sku, cascade="all, delete-orphan", lazy="selectin"
        )
    },
)
mapping.map_imperatively(MaterialLot, material_lot)
