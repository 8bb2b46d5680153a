"""Promises are kept, buyers decide about late and short lines, payments are told, and cartons claimed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0014"
down_revision = "orders_0013"
branch_labels = None
depends_on = None

OPEN = sa.text("outcome IS NULL")
BUSINESS_TIME = "business time"
EVERY = "(SELECT kendi_sees('service', 'all'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"
POLICIES = {
    "promise": OF_AN_ORDER,
    "decision": OF_AN_ORDER,
    "payment": OF_AN_ORDER,
    "carton": OF_AN_ORDER,
    "claim": OF_AN_ORDER,
    "claim_photo": "EXISTS (SELECT FROM claim c WHERE c.id = claim_id)",
}


def upgrade() -> None:
    _promises()
    _decisions()
    _payments()
    _claims()
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({EVERY} OR {theirs})")


def _claims() -> None:
    op.create_table(
        "carton",
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        _of_line("carton"),
        sa.PrimaryKeyConstraint("sscc", name=op.f("carton_pkey")),
        comment="our copy of what logistics packed, for claims",
    )
    op.create_index("carton_line_idx", "carton", ["order_id", "line_number"])
    op.execute("""
        INSERT INTO carton (sscc, order_id, line_number)
        SELECT DISTINCT jsonb_array_elements_text(data -> 'ssccs'), order_id, line
        FROM timeline WHERE type = 'kendi.logistics.cartons_packed.v1'""")
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("sscc", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("settlement", sa.Text(), nullable=True),
        sa.Column(
            "credit",
            sa.Numeric(precision=18, scale=4),
            nullable=True,
            comment="in the order's currency",
        ),
        sa.Column("replacement_order_id", sa.Uuid(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        *(
            sa.CheckConstraint(rule, name=op.f(f"claim_{name}_check"))
            for name, rule in (
                ("quantity", "quantity > 0 AND accepted BETWEEN 0 AND quantity"),
                ("decision", "decision IN ('accepted', 'part', 'refused')"),
                ("decided", "num_nulls(decision, accepted, decision_reason, decided_on) IN (0, 4)"),
                ("settlement", "settlement IN ('credit', 'replacement', 'return')"),
                ("settled", "num_nulls(settlement, settled_on) IN (0, 2)"),
                ("accepted_first", "settlement IS NULL OR accepted > 0"),
                ("credit", "(credit IS NULL) = (settlement IS DISTINCT FROM 'credit')"),
                (
                    "replacement",
                    "(replacement_order_id IS NULL) = (settlement IS DISTINCT FROM 'replacement')",
                ),
                ("credited", "credit > 0"),
            )
        ),
        sa.ForeignKeyConstraint(["order_id"], ["buyer_order.id"], name=op.f("claim_order_id_fkey")),
        sa.ForeignKeyConstraint(["sscc"], ["carton.sscc"], name=op.f("claim_sscc_fkey")),
        sa.ForeignKeyConstraint(
            ["replacement_order_id"],
            ["buyer_order.id"],
            name=op.f("claim_replacement_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("claim_pkey")),
    )
    op.create_index(op.f("claim_order_id_idx"), "claim", ["order_id"])
    op.create_table(
        "claim_photo",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png')", name=op.f("claim_photo_media_type_check")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("claim_photo_claim_id_fkey")),
        sa.PrimaryKeyConstraint("claim_id", "number", name=op.f("claim_photo_pkey")),
    )


def _payments() -> None:
    op.add_column(
        "buyer_order",
        sa.Column("payment_terms", sa.Text(), server_default="open_account", nullable=False),
    )
    op.create_check_constraint(
        op.f("buyer_order_payment_terms_check"),
        "buyer_order",
        "payment_terms IN ('open_account', 'before_documents')",
    )
    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "amount",
            sa.Numeric(precision=18, scale=4),
            nullable=False,
            comment="in the order's currency",
        ),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("payment_amount_check")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["buyer_order.id"], name=op.f("payment_order_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("payment_pkey")),
        sa.UniqueConstraint("order_id", "reference", name=op.f("payment_order_id_reference_key")),
    )


def _promises() -> None:
    op.create_table(
        "promise",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("promised_date", sa.Date(), nullable=True, comment="none while pieces have no facility"),
        sa.Column("short", sa.Integer(), nullable=False, comment="pieces without a facility"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment=BUSINESS_TIME),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False, comment="the role of whoever caused it"),
        sa.Column("because", sa.Text(), nullable=True, comment="none of plans of the first version"),
        sa.CheckConstraint("short >= 0", name=op.f("promise_short_check")),
        _of_line("promise"),
        sa.PrimaryKeyConstraint("id", name=op.f("promise_pkey")),
        comment="append only: a newer one replaces none",
    )
    op.create_index("promise_line_idx", "promise", ["order_id", "line_number", "id"])
    op.execute("""
        INSERT INTO promise (order_id, line_number, promised_date, short, made_at, source, made_by)
        SELECT order_id, line, (data ->> 'promised_date')::date, (data ->> 'unallocated')::int, occurred_at,
            source, actor_role
        FROM (
            SELECT *, lag(data) OVER (PARTITION BY order_id, line ORDER BY occurred_at, event_id) AS before
            FROM timeline WHERE type = 'kendi.production.production_planned.v1') AS plan
        WHERE before IS NULL OR before -> 'promised_date' <> data -> 'promised_date'
            OR before -> 'unallocated' <> data -> 'unallocated'
        ORDER BY occurred_at, event_id""")


def _decisions() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("requested_date", sa.Date(), nullable=False),
        sa.Column("promised_date", sa.Date(), nullable=True),
        sa.Column("in_time", sa.Integer(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=True),
        sa.Column("offered", JSONB(), nullable=False, comment="the answers; the first is the default"),
        sa.Column("asked_at", instant, nullable=False, comment=BUSINESS_TIME),
        sa.Column("deadline", instant, nullable=False, comment=BUSINESS_TIME),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="an answer, or that it was withdrawn; none while it is open",
        ),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", instant, nullable=True, comment=BUSINESS_TIME),
        sa.Column("overtaken_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('late', 'short')", name=op.f("decision_kind_check")),
        sa.CheckConstraint("deadline > asked_at", name=op.f("decision_deadline_check")),
        sa.CheckConstraint(
            "num_nulls(outcome, ended_by, ended_at) IN (0, 3)", name=op.f("decision_ended_check")
        ),
        sa.CheckConstraint(
            "outcome = 'withdrawn' OR offered ? outcome", name=op.f("decision_outcome_check")
        ),
        sa.CheckConstraint(
            "ended_by IN ('buyer', 'deadline', 'system')", name=op.f("decision_ended_by_check")
        ),
        sa.CheckConstraint(
            "coalesce((outcome = 'withdrawn') = (overtaken_by IS NOT NULL), overtaken_by IS NULL)",
            name=op.f("decision_overtaken_by_check"),
        ),
        _of_line("decision"),
        sa.PrimaryKeyConstraint("id", name=op.f("decision_pkey")),
    )
    op.create_index(
        "decision_open_key", "decision", ["order_id", "line_number"], unique=True, postgresql_where=OPEN
    )
    op.create_index("decision_line_idx", "decision", ["order_id", "line_number", "id"])
    op.create_index("decision_deadline_idx", "decision", ["deadline"], postgresql_where=OPEN)


def _of_line(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["order_id", "line_number"],
        ["order_line.order_id", "order_line.number"],
        name=op.f(f"{table}_order_id_line_number_fkey"),
    )
