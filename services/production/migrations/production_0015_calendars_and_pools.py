"""Facilities have a calendar, a pool of workers by week, and a yield"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "production_0015"
down_revision = "production_0013"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"


def upgrade() -> None:
    of_facility = (
        sa.Column("kelas", sa.Text(), comment="its official class, as far as it is known"),
        sa.Column("cluster", sa.Text(), server_default="", nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Jakarta", nullable=False),
        sa.Column(
            "by_office",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="the regional office set it; the reference file does not any more",
        ),
        sa.Column(
            "week",
            postgresql.ARRAY(sa.Integer()),
            comment="minutes from Monday; none: the ordinary week of open_minutes",
        ),
    )
    for column in of_facility:
        op.add_column("facility", column)
    op.create_check_constraint(
        op.f("facility_time_zone_check"),
        "facility",
        "time_zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')",
    )
    op.create_check_constraint(
        op.f("facility_week_check"),
        "facility",
        "cardinality(week) = 7 AND 0 = ANY (week) AND 0 <= ALL (week) AND open_minutes >= ALL (week)"
        " AND open_minutes = ANY (week)",
    )
    of_capability = (
        sa.Column(
            "yield_pct", sa.Integer(), server_default="100", nullable=False, comment="how many turn out good"
        ),
        sa.Column("skill_level", sa.Integer(), server_default="1", nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
    )
    for column in of_capability:
        op.add_column("capability", column)
    checks = {
        "yield_pct": "yield_pct BETWEEN 1 AND 100",
        "skill_level": "skill_level BETWEEN 1 AND 3",
        "valid": "valid_from <= valid_to",
    }
    for name, rule in checks.items():
        op.create_check_constraint(op.f(f"capability_{name}_check"), "capability", rule)
    op.create_table(
        "calendar_day",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open_minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("open_minutes BETWEEN 0 AND 420", name=op.f("calendar_day_open_minutes_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("calendar_day_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "day", name=op.f("calendar_day_pkey")),
        comment="days that differ from the ordinary week and the public holidays",
    )
    counts = ("eligible", "consenting", "expected_releases", "expected_transfers", "trainees")
    op.create_table(
        "worker_pool",
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), server_default="0", nullable=False) for name in counts),
        sa.CheckConstraint("extract(isodow FROM week) = 1", name=op.f("worker_pool_week_check")),
        sa.CheckConstraint("consenting BETWEEN 0 AND eligible", name=op.f("worker_pool_consenting_check")),
        sa.CheckConstraint(
            "expected_releases >= 0 AND expected_transfers >= 0 AND trainees >= 0"
            " AND expected_releases + expected_transfers + trainees <= consenting",
            name=op.f("worker_pool_present_check"),
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("worker_pool_facility_fkey")),
        sa.PrimaryKeyConstraint("facility", "week", name=op.f("worker_pool_pkey")),
        comment="counts of convicted adults by week, never names; a week without a row takes the newest before it",
    )
    for table in ("calendar_day", "worker_pool"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {FACILITY})")
    op.create_index(
        "work_order_open_idx",
        "work_order",
        ["facility", "sku"],
        postgresql_include=["quantity", "good"],
        postgresql_where=sa.text("declined_reason IS NULL AND withdrawn_on IS NULL AND good < quantity"),
    )
