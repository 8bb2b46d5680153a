"""Skill levels with their history, and the day on which what waits was tried last"""

import sqlalchemy as sa
from alembic import op

revision = "production_0022"
down_revision = "production_0021"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"


def upgrade() -> None:
    op.add_column(
        "demand",
        sa.Column("tried_on", sa.Date(), comment="when it was shared out last; none: still to be tried"),
    )
    op.add_column("capability", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    # Until now no level had an effect: who was asked for an article goes on being asked.
    op.execute("UPDATE capability SET skill_level = 3 WHERE skill_level = 1")
    op.create_table(
        "item_skill",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 3", name=op.f("item_skill_level_check")),
        sa.PrimaryKeyConstraint("sku", name=op.f("item_skill_pkey")),
        comment="the skill that an article needs; one that is not here needs the first level",
    )
    op.create_table(
        "capability_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("efficiency_pct", sa.Integer(), nullable=False),
        sa.Column("yield_pct", sa.Integer(), nullable=False),
        sa.Column("skill_level", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.code"], name=op.f("capability_change_facility_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("capability_change_pkey")),
        comment="append only: what a facility was said to make from each change on",
    )
    op.create_index(
        "capability_change_facility_idx", "capability_change", ["facility", "family", "id"]
    )
    op.create_index(
        "work_order_need_idx",
        "work_order",
        ["due", "id"],
        postgresql_where=sa.text("declined_reason IS NULL AND withdrawn_on IS NULL AND good < quantity"),
    )
    for name, columns, which in (
        ("withdrawn", ["withdrawn_on", "id"], "withdrawn_on"),
        ("declined", ["offered_on"], "declined_reason"),
        ("started", ["started_on"], "started_on"),
    ):
        op.create_index(
            f"work_order_{name}_idx",
            "work_order",
            columns,
            postgresql_where=sa.text(f"{which} IS NOT NULL"),
        )
    op.execute("ALTER TABLE capability_change ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE capability_change FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON capability_change USING ({EVERY} OR {FACILITY})")
