"""People's work without names: worker codes, consents, hours, refusals, grievances, visits"""

import sqlalchemy as sa
from alembic import op

revision = "production_0023"
down_revision = "production_0022"
branch_labels = None
depends_on = None

SERVICE = "(SELECT kendi_sees('service'))"
EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
POLICIES = {
    "worker": f"{SERVICE} OR {FACILITY}",
    "consent": f"{SERVICE} OR EXISTS (SELECT FROM worker w WHERE w.id = worker_id)",
    "hours_entry": f"{SERVICE} OR {FACILITY}",
    "grievance": f"{SERVICE} OR {FACILITY}",
    "consent_text": f"{EVERY} OR EXISTS (SELECT FROM agreement a WHERE a.id = agreement_id)",
    "refusal": f"{SERVICE} OR {FACILITY}",
    "independent_visit": f"{EVERY} OR {FACILITY}",
    "worker_read": f"{SERVICE} OR {FACILITY}",
}
"""Staff see no worker: what is about persons is for their facility and the service alone."""

APPEND_ONLY = ("hours_entry", "refusal", "worker_read")
NEVER_CHANGED = """
    CREATE FUNCTION kendi_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$"""
HOURS_OF_A_DAY = """
    CREATE FUNCTION kendi_hours_of_a_day() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE seen text := current_setting('kendi.sees', true);
    BEGIN
        PERFORM set_config('kendi.sees', 'service', true);  -- whoever writes, all is counted
        IF (SELECT sum(minutes) NOT BETWEEN 0 AND 420 OR sum(pieces) < 0 FROM hours_entry
            WHERE worker_id = NEW.worker_id AND worked_on = NEW.worked_on) THEN
            RAISE EXCEPTION 'a worker has 0 to 420 minutes a day' USING ERRCODE = 'check_violation';
        END IF;
        PERFORM set_config('kendi.sees', coalesce(seen, ''), true);
        RETURN NULL;
    END $$"""


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.CheckConstraint("left_on >= registered_on", name=op.f("worker_left_on_check")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("worker_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_pkey")),
        sa.UniqueConstraint("code", name=op.f("worker_code_key")),
        comment="random codes; whose they are stands in the facility's own key table, outside",
    )
    op.create_index("worker_facility_idx", "worker", ["facility", "left_on"], unique=False)
    op.create_table(
        "consent_text",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.CheckConstraint("purpose IN ('work', 'data')", name=op.f("consent_text_purpose_check")),
        sa.CheckConstraint("version > 0", name=op.f("consent_text_version_check")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("consent_text_agreement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "purpose", "version", name=op.f("consent_text_pkey")),
        comment="what is read aloud before somebody consents; a new version asks anew",
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("read_aloud", sa.Boolean(), nullable=False),
        sa.Column("witness_role", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "witness_role IN ('binadik_officer', 'health_officer', 'religious_counsellor', 'legal_aid', 'visitor')",
            name=op.f("consent_witness_role_check"),
        ),
        sa.CheckConstraint("withdrawn_at >= recorded_at", name=op.f("consent_withdrawn_at_check")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "purpose", "text_version"],
            ["consent_text.agreement_id", "consent_text.purpose", "consent_text.version"],
            name="consent_text_fkey",
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("consent_worker_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("consent_pkey")),
    )
    op.create_index(op.f("consent_worker_id_idx"), "consent", ["worker_id"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("refusal_people_check")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("refusal_agreement_id_fkey")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("refusal_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("refusal_pkey")),
        comment="how many said no, and nothing of who; it has no effect on anything",
    )
    op.create_index(op.f("refusal_agreement_id_idx"), "refusal", ["agreement_id"], unique=False)
    op.create_table(
        "hours_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=True, comment="none: the facility's own work"),
        sa.Column("worked_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "ended_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the shift ended, where a consent was withdrawn that day",
        ),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(corrects IS NULL) = (reason IS NULL)", name=op.f("hours_entry_reason_check")),
        sa.CheckConstraint(
            "minutes BETWEEN -420 AND 420 AND (corrects IS NOT NULL OR (minutes > 0 AND pieces >= 0))",
            name=op.f("hours_entry_minutes_check"),
        ),
        sa.CheckConstraint("pieces = 0 OR work_order_id IS NOT NULL", name=op.f("hours_entry_pieces_check")),
        sa.ForeignKeyConstraint(["corrects"], ["hours_entry.id"], name=op.f("hours_entry_corrects_fkey")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("hours_entry_facility_fkey")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("hours_entry_work_order_id_fkey")
        ),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("hours_entry_worker_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("hours_entry_pkey")),
        comment="append only: a correction is an entry of its own; no more than 420 minutes of a worker and day",
    )
    op.create_index("hours_entry_facility_idx", "hours_entry", ["facility", "worked_on"], unique=False)
    op.create_index(op.f("hours_entry_work_order_id_idx"), "hours_entry", ["work_order_id"], unique=False)
    op.create_index("hours_entry_worker_idx", "hours_entry", ["worker_id", "worked_on"], unique=False)
    op.create_table(
        "grievance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('pay', 'hours', 'safety', 'treatment', 'consent', 'other')",
            name=op.f("grievance_kind_check"),
        ),
        sa.CheckConstraint(
            "outcome IN ('upheld', 'partly_upheld', 'not_upheld', 'taken_back')",
            name=op.f("grievance_outcome_check"),
        ),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (outcome IS NULL) AND closed_on >= received_on",
            name=op.f("grievance_closed_on_check"),
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("grievance_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("grievance_pkey")),
        comment="dates, kinds and outcomes; nothing of who",
    )
    op.create_index(op.f("grievance_facility_idx"), "grievance", ["facility"], unique=False)
    op.create_table(
        "independent_visit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('supervising_judge', 'ombudsman', 'komnas_ham', 'labour_inspector', 'auditor')",
            name=op.f("independent_visit_kind_check"),
        ),
        sa.CheckConstraint(
            "outcome IN ('no_findings', 'findings', 'findings_mended')",
            name=op.f("independent_visit_outcome_check"),
        ),
        sa.ForeignKeyConstraint(
            ["facility"], ["facility.code"], name=op.f("independent_visit_facility_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("independent_visit_pkey")),
    )
    op.create_index(op.f("independent_visit_facility_idx"), "independent_visit", ["facility"], unique=False)
    op.create_table(
        "worker_read",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "read_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("worker_read_facility_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("worker_read_pkey")),
        comment="append only: who read of workers, when, on which page, of how many codes",
    )
    op.create_index(op.f("worker_read_facility_idx"), "worker_read", ["facility"], unique=False)
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({theirs})")
    op.execute(NEVER_CHANGED)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
        )
    op.execute(HOURS_OF_A_DAY)
    op.execute(
        "CREATE CONSTRAINT TRIGGER hours_of_a_day AFTER INSERT ON hours_entry DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION kendi_hours_of_a_day()"
    )
