"""Premi: schemes, a ledger that only grows, and the minimum wage beside it"""

import sqlalchemy as sa
from alembic import op

revision = "production_0024"
down_revision = "production_0023"
branch_labels = None
depends_on = None

SERVICE = "(SELECT kendi_sees('service'))"
EVERY = "(SELECT kendi_sees('service', 'all'))"
FACILITY = "facility = (SELECT kendi_sees_only('facility_officer'))"
POLICIES = {
    "premi_scheme": f"{EVERY} OR EXISTS (SELECT FROM agreement a WHERE a.id = agreement_id)",
    "premi_rate": f"{EVERY} OR EXISTS (SELECT FROM premi_scheme s WHERE s.id = scheme_id)",
    "premi_lot": f"{EVERY} OR {FACILITY}",
    "premi_entry": f"{SERVICE} OR {FACILITY}",
    "premi_line": f"{SERVICE} OR EXISTS (SELECT FROM premi_entry e WHERE e.id = entry_id)",
}

APPEND_ONLY = ("premi_lot", "premi_entry", "premi_line")
BALANCES = """
    CREATE FUNCTION kendi_premi_balances() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE seen text := current_setting('kendi.sees', true);
            entry bigint := CASE TG_TABLE_NAME WHEN 'premi_entry' THEN (to_jsonb(NEW) ->> 'id')::bigint
                            ELSE (to_jsonb(NEW) ->> 'entry_id')::bigint END;
    BEGIN
        PERFORM set_config('kendi.sees', 'service', true);  -- whoever writes, all is counted
        IF (SELECT coalesce(sum(idr), 0) <> 0 OR count(*) < 2 FROM premi_line WHERE entry_id = entry) THEN
            RAISE EXCEPTION 'the lines of premi entry % do not add up to 0', entry USING ERRCODE = 'check_violation';
        END IF;
        PERFORM set_config('kendi.sees', coalesce(seen, ''), true);
        RETURN NULL;
    END $$"""


def upgrade() -> None:
    op.create_table(
        "premi_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("worker_pct", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("capital_pct", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("state_pct", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("hourly_idr", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("legal_ref", sa.Text(), nullable=False),
        sa.Column("approved_by_role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(basis = 'hour') = (hourly_idr IS NOT NULL) AND hourly_idr > 0",
            name=op.f("premi_scheme_hourly_idr_check"),
        ),
        sa.CheckConstraint(
            "basis IN ('piece', 'hour', 'profit_share')", name=op.f("premi_scheme_basis_check")
        ),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("premi_scheme_days_check")),
        sa.CheckConstraint(
            "worker_pct > 0 AND capital_pct >= 0 AND state_pct >= 0 AND worker_pct + capital_pct + state_pct = 100",
            name=op.f("premi_scheme_percent_check"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("premi_scheme_agreement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("premi_scheme_pkey")),
    )
    op.create_index(op.f("premi_scheme_agreement_id_idx"), "premi_scheme", ["agreement_id"], unique=False)
    op.create_table(
        "premi_rate",
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("idr", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("idr > 0", name=op.f("premi_rate_idr_check")),
        sa.ForeignKeyConstraint(["scheme_id"], ["premi_scheme.id"], name=op.f("premi_rate_scheme_id_fkey")),
        sa.PrimaryKeyConstraint("scheme_id", "sku", name=op.f("premi_rate_pkey")),
    )
    op.create_table(
        "premi_lot",
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=True, comment="none: no agreement covers it"),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=False),
        sa.CheckConstraint("pieces > 0", name=op.f("premi_lot_pieces_check")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("premi_lot_agreement_id_fkey")),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("premi_lot_facility_fkey")),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("premi_lot_work_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("lot", name=op.f("premi_lot_pkey")),
        comment="pieces accepted at the facility's inspection, on which premi is due",
    )
    op.create_index("premi_lot_facility_idx", "premi_lot", ["facility", "accepted_on"], unique=False)
    op.create_index(op.f("premi_lot_work_order_id_idx"), "premi_lot", ["work_order_id"], unique=False)
    op.create_table(
        "premi_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=True),
        sa.Column("lot", sa.Text(), nullable=True),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(kind = 'reversed') = (reverses IS NOT NULL) AND (reverses IS NULL) = (reason IS NULL)",
            name=op.f("premi_entry_reverses_check"),
        ),
        sa.CheckConstraint(
            "(kind IN ('accrued', 'shared')) = (lot IS NOT NULL)", name=op.f("premi_entry_lot_check")
        ),
        sa.CheckConstraint(
            "kind IN ('accrued', 'shared', 'paid', 'settled', 'reversed')",
            name=op.f("premi_entry_kind_check"),
        ),
        sa.ForeignKeyConstraint(["facility"], ["facility.code"], name=op.f("premi_entry_facility_fkey")),
        sa.ForeignKeyConstraint(["lot"], ["premi_lot.lot"], name=op.f("premi_entry_lot_fkey")),
        sa.ForeignKeyConstraint(["reverses"], ["premi_entry.id"], name=op.f("premi_entry_reverses_fkey")),
        sa.ForeignKeyConstraint(["scheme_id"], ["premi_scheme.id"], name=op.f("premi_entry_scheme_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("premi_entry_pkey")),
        sa.UniqueConstraint("reverses", name=op.f("premi_entry_reverses_key")),
        comment="append only; a correction is a reversal",
    )
    op.create_index("premi_entry_facility_idx", "premi_entry", ["facility", "id"], unique=False)
    op.create_index(op.f("premi_entry_lot_idx"), "premi_entry", ["lot"], unique=False)
    op.create_table(
        "premi_line",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column(
            "idr", sa.BigInteger(), nullable=False, comment="whole rupiah: a debit above 0, a credit below"
        ),
        sa.CheckConstraint(
            "(account = 'worker') = (worker_id IS NOT NULL)", name=op.f("premi_line_worker_check")
        ),
        sa.CheckConstraint(
            "account IN ('partner', 'workers', 'worker', 'capital', 'state', 'paid')",
            name=op.f("premi_line_account_check"),
        ),
        sa.CheckConstraint("idr <> 0", name=op.f("premi_line_idr_check")),
        sa.ForeignKeyConstraint(["entry_id"], ["premi_entry.id"], name=op.f("premi_line_entry_id_fkey")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("premi_line_worker_id_fkey")),
        sa.PrimaryKeyConstraint("entry_id", "number", name=op.f("premi_line_pkey")),
        comment="append only; the lines of an entry add up to 0",
    )
    op.create_index(op.f("premi_line_worker_id_idx"), "premi_line", ["worker_id"], unique=False)
    op.create_table(
        "minimum_wage",
        sa.Column(
            "place", sa.Text(), nullable=False, comment="a facility's place, or * for the whole province"
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("monthly_idr", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("monthly_idr > 0", name=op.f("minimum_wage_monthly_idr_check")),
        sa.PrimaryKeyConstraint("place", "valid_from", name=op.f("minimum_wage_pkey")),
    )
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({theirs})")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
        )
    op.execute(BALANCES)
    for table in ("premi_entry", "premi_line"):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            " FOR EACH ROW EXECUTE FUNCTION kendi_premi_balances()"
        )
