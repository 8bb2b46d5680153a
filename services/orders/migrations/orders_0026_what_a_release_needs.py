"""What a release needs is seen to be there: acknowledgements, notes of counsel, and dossiers that were signed for"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0026"
down_revision = "orders_0025"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"
Instant = sa.DateTime(timezone=True)

ONLY_WITHDRAWN = """
    CREATE FUNCTION kendi_only_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        withdrawal text[] := ARRAY['withdrawn_at', 'withdrawn_by', 'withdrawn_by_name', 'withdrawn_reason'];
    BEGIN
        IF OLD.withdrawn_at IS NOT NULL OR to_jsonb(OLD) - withdrawal IS DISTINCT FROM to_jsonb(NEW) - withdrawal THEN
            RAISE EXCEPTION '% is never changed but by its withdrawal', TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$"""


def upgrade() -> None:
    op.add_column(
        "signature",
        sa.Column(
            "dossiers", JSONB(), server_default="[]", nullable=False, comment="version and hash of each lot's"
        ),
    )
    _acknowledgements()
    _notes()
    _what_is_kept()


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("about", JSONB(), nullable=False, comment="SHA-256 of the consignee, route and lane: it ends with them"),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_by_name", sa.Text(), nullable=False),
        sa.Column("said_at", Instant, nullable=False, comment="business time"),
        sa.Column("because", sa.Text(), comment="why it ended; none where the buyer acknowledged"),
        sa.CheckConstraint("text_version > 0", name=op.f("acknowledgement_text_version_check")),
        sa.CheckConstraint("language IN ('en', 'id')", name=op.f("acknowledgement_language_check")),
        sa.CheckConstraint(
            "because IN ('consignee', 'route', 'lane')", name=op.f("acknowledgement_because_check")
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("acknowledgement_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("acknowledgement_pkey")),
        comment="append only: the newest of a line counts",
    )
    op.create_index("acknowledgement_line_idx", "acknowledgement", ["order_id", "line_number", "id"])
    _seen_by("acknowledgement", f"({EVERY} OR {OF_AN_ORDER})")
    _never("UPDATE OR DELETE", "acknowledgement", "kendi_append_only")


def _notes() -> None:
    op.create_table(
        "counsel_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False, comment="ISO 3166-1, or EU"),
        sa.Column("adviser", sa.Text(), nullable=False, comment="a firm or an office"),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("policies", JSONB(), nullable=False, comment="the versions that it covers"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the file, which is not kept"),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_by_name", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant, nullable=False, comment="business time"),
        sa.Column("withdrawn_at", Instant, comment="business time; none while it counts"),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawn_by_name", sa.Text()),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.CheckConstraint("country ~ '^[A-Z]{2}$'", name=op.f("counsel_note_country_check")),
        sa.CheckConstraint(
            "valid_until BETWEEN given_on AND given_on + 365", name=op.f("counsel_note_valid_until_check")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("counsel_note_sha256_check")),
        sa.CheckConstraint(
            "num_nulls(withdrawn_at, withdrawn_by, withdrawn_by_name, withdrawn_reason) IN (0, 4)",
            name=op.f("counsel_note_withdrawn_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("counsel_note_pkey")),
        comment="never changed but by its withdrawal",
    )
    _seen_by("counsel_note", EVERY)
    op.execute(ONLY_WITHDRAWN)
    _never("UPDATE", "counsel_note", "kendi_only_withdrawn")
    _never("DELETE", "counsel_note", "kendi_append_only")


def _what_is_kept() -> None:
    for table in ("release_attempt", "shipment_lot"):
        _never("UPDATE OR DELETE", table, "kendi_append_only")


def _seen_by(table: str, rows: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON {table} USING ({rows})")


def _never(what: str, table: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {function.removeprefix('kendi_')}_on_{what.split()[0].lower()} BEFORE {what} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
