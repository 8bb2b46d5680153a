"""A facility's rows are seen by that facility, by staff and by the service"""

from alembic import op

revision = "production_0013"
down_revision = "production_0002"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"

POLICIES = {
    "capability": FACILITY,
    "work_order": FACILITY,
    "report": "EXISTS (SELECT FROM work_order w WHERE w.id = work_order_id)",
    "demand": "EXISTS (SELECT FROM work_order w WHERE w.order_id = demand.order_id AND w.line = demand.line)",
}


def upgrade() -> None:
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")
    # Which facilities there are, all may know; what each is open, only that one may say.
    op.execute("ALTER TABLE facility ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE facility FORCE ROW LEVEL SECURITY")
    own = "code = (SELECT kendi_sees_only('facility_officer'))"
    known = f"{EVERY} OR (SELECT kendi_sees_only('facility_officer')) IS NOT NULL"
    op.execute(f"CREATE POLICY known ON facility FOR SELECT USING ({known})")
    op.execute(f"CREATE POLICY theirs ON facility FOR UPDATE USING ({EVERY} OR {own})")
    op.execute(f"CREATE POLICY kept ON facility FOR INSERT WITH CHECK ({EVERY})")
    op.execute(f"CREATE POLICY dropped ON facility FOR DELETE USING ({EVERY})")
