"""Work orders closed short, why facilities decline, corrections of reports, samples, tools"""

import sqlalchemy as sa
from alembic import op

revision = "production_0016"
down_revision = "production_0015"
branch_labels = None
depends_on = None

SHORT_CLOSED = (
    "short_closed >= 0 AND (short_closed > 0) = (short_closed_reason IS NOT NULL)"
    " AND (short_closed = 0 OR quantity = good)"
)

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
POLICIES = {
    "inspection": "EXISTS (SELECT FROM work_order w WHERE w.id = work_order_id)",
    "defect": "EXISTS (SELECT FROM inspection i WHERE i.id = inspection_id)",
    "tool_kind": FACILITY,
    "shift": FACILITY,
    "tool_count": "EXISTS (SELECT FROM shift s WHERE s.id = shift_id)",
    "facility_lock": FACILITY,
}


def upgrade() -> None:
    op.add_column("work_order", sa.Column("declined_code", sa.Text()))
    op.add_column("work_order", sa.Column("short_closed", sa.Integer(), server_default="0", nullable=False))
    op.add_column("work_order", sa.Column("short_closed_reason", sa.Text()))
    op.drop_constraint(op.f("work_order_quantity_check"), "work_order")
    op.create_check_constraint(
        op.f("work_order_quantity_check"), "work_order", "quantity > 0 OR short_closed > 0"
    )
    op.create_check_constraint(op.f("work_order_short_closed_check"), "work_order", SHORT_CLOSED)
    op.add_column("report", sa.Column("corrects", sa.BigInteger()))
    op.add_column("report", sa.Column("reason", sa.Text(), comment="why it was corrected"))
    op.add_column(
        "report", sa.Column("client_id", sa.Uuid(), comment="by which a device's repetition is known")
    )
    op.add_column(
        "report",
        sa.Column("device_at", sa.DateTime(timezone=True), comment="the device's clock, which may be wrong"),
    )
    op.add_column(
        "report",
        sa.Column(
            "flagged",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="more than is plausible",
        ),
    )
    op.add_column("report", sa.Column("acknowledged_on", sa.Date()))
    op.create_foreign_key(op.f("report_corrects_fkey"), "report", "report", ["corrects"], ["id"])
    op.create_unique_constraint(
        op.f("report_work_order_id_client_id_key"), "report", ["work_order_id", "client_id"]
    )
    op.drop_constraint(op.f("report_pieces_check"), "report")
    op.create_check_constraint(
        op.f("report_pieces_check"), "report", "pieces > 0 OR (corrects IS NOT NULL AND pieces <> 0)"
    )
    op.create_check_constraint(op.f("report_reason_check"), "report", "(corrects IS NULL) = (reason IS NULL)")
    op.create_check_constraint(
        op.f("report_acknowledged_on_check"), "report", "acknowledged_on IS NULL OR flagged"
    )
    op.create_table(
        "inspection",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("letter", sa.Text()),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("rework", sa.Integer(), nullable=False),
        sa.Column("scrap", sa.Integer(), nullable=False),
        sa.Column("inspected_on", sa.Date(), nullable=False),
        sa.CheckConstraint("sample BETWEEN 1 AND lot", name=op.f("inspection_sample_check")),
        sa.CheckConstraint("verdict IN ('accepted', 'rejected')", name=op.f("inspection_verdict_check")),
        sa.CheckConstraint(
            "passed >= 0 AND rework >= 0 AND scrap >= 0", name=op.f("inspection_counts_check")
        ),
        sa.CheckConstraint(
            "passed + rework + scrap = lot OR (verdict = 'rejected' AND passed + rework + scrap = 0)",
            name=op.f("inspection_lot_check"),
        ),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("inspection_work_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("inspection_pkey")),
    )
    op.create_index(op.f("inspection_work_order_id_idx"), "inspection", ["work_order_id"])
    op.create_table(
        "defect",
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("rework", sa.Integer(), nullable=False),
        sa.Column("scrap", sa.Integer(), nullable=False),
        sa.CheckConstraint("severity IN ('critical', 'major', 'minor')", name=op.f("defect_severity_check")),
        sa.CheckConstraint(
            "rework >= 0 AND scrap >= 0 AND rework + scrap > 0", name=op.f("defect_counts_check")
        ),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("defect_inspection_id_fkey")),
        sa.PrimaryKeyConstraint("inspection_id", "code", name=op.f("defect_pkey")),
    )
    op.create_table(
        "tool_kind",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind_class", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind_class IN ('A', 'B', 'C', 'S')", name=op.f("tool_kind_kind_class_check")),
        sa.CheckConstraint("quantity >= 0", name=op.f("tool_kind_quantity_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("tool_kind_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "code", name=op.f("tool_kind_pkey")),
    )
    op.create_table(
        "shift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date()),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("shift_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("shift_pkey")),
    )
    op.create_index(
        "shift_open_idx", "shift", ["facility"], unique=True, postgresql_where=sa.text("closed_on IS NULL")
    )
    op.create_table(
        "tool_count",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "direction IN ('out', 'returned', 'used')", name=op.f("tool_count_direction_check")
        ),
        sa.CheckConstraint("count >= 0", name=op.f("tool_count_count_check")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("tool_count_shift_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("tool_count_pkey")),
        comment="append only: of one kind and direction the last count of a shift counts",
    )
    op.create_index(op.f("tool_count_shift_id_idx"), "tool_count", ["shift_id"])
    op.create_table(
        "facility_lock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("shift_id", sa.BigInteger(), nullable=False),
        sa.Column("locked_on", sa.Date(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("unlocked_on", sa.Date()),
        sa.Column("resolution", sa.Text()),
        sa.CheckConstraint("pieces > 0", name=op.f("facility_lock_pieces_check")),
        sa.CheckConstraint(
            "(unlocked_on IS NULL) = (resolution IS NULL)", name=op.f("facility_lock_resolution_check")
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("facility_lock_facility_fkey")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("facility_lock_shift_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("facility_lock_pkey")),
    )
    op.create_index(
        "facility_lock_open_idx",
        "facility_lock",
        ["facility"],
        unique=True,
        postgresql_where=sa.text("unlocked_on IS NULL"),
    )
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")
