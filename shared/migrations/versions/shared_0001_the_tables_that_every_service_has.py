"""The tables that every service has"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "shared_0001"
down_revision = None
branch_labels = ("shared",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "account",
            sa.Text(),
            nullable=True,
            comment="the buyer's or facility's code that the key is limited to",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("api_key_pkey")),
    )
    op.create_table(
        "business_clock",
        sa.Column("single", sa.SmallInteger(), nullable=False),
        sa.Column("ahead", sa.Interval(), nullable=False),
        sa.CheckConstraint("single = 1", name=op.f("business_clock_one_row_check")),
        sa.PrimaryKeyConstraint("single", name=op.f("business_clock_pkey")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key", name=op.f("idempotency_key_pkey")),
    )
    op.create_index("idempotency_key_created_at_idx", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waits", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "waits_for", sa.Text(), nullable=True, comment="source and subject that it can't do without yet"
        ),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease", sa.Uuid(), nullable=True),
        sa.Column("error_fingerprint", sa.Text(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state BETWEEN 0 AND 4", name=op.f("inbox_state_check")),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("inbox_pkey")),
        sa.UniqueConstraint("source", "subject", "sequence", name=op.f("inbox_source_subject_sequence_key")),
    )
    op.create_index(
        "inbox_due_idx", "inbox", ["next_at"], unique=False, postgresql_where=sa.text("state < 2")
    )
    op.create_index(
        "inbox_parked_idx",
        "inbox",
        ["error_fingerprint"],
        unique=False,
        postgresql_where=sa.text("state = 3"),
    )
    op.create_index(
        "inbox_waits_for_idx",
        "inbox",
        ["waits_for"],
        unique=False,
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )
    op.create_table(
        "messaging_state",
        sa.Column("single", sa.SmallInteger(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False, comment="renewed when the database is restored"),
        sa.Column(
            "broker_epoch",
            sa.Text(),
            nullable=True,
            comment="last seen in the broker; another one means that it forgot everything",
        ),
        sa.CheckConstraint("single = 1", name=op.f("messaging_state_one_row_check")),
        sa.PrimaryKeyConstraint("single", name=op.f("messaging_state_pkey")),
    )
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("actor_role", sa.Text(), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_event_pkey")),
        sa.UniqueConstraint("event_id", name=op.f("outbox_event_event_id_key")),
        sa.UniqueConstraint("subject", "sequence", name=op.f("outbox_event_subject_sequence_key")),
    )
    op.create_table(
        "parked_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "parked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("parked_message_pkey")),
        comment="what could not be trusted: a bad signature, or another event under a sequence already taken",
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        sa.UniqueConstraint("email", name=op.f("person_email_key")),
    )
    op.create_table(
        "position",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "subject", name=op.f("position_pkey")),
        comment="the last event of each subject that took effect; never deleted, so that old copies stay duplicates",
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("sign_in_attempt_at_idx", "sign_in_attempt", ["at"], unique=False)
    op.create_table(
        "subject_counter",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("subject_counter_pkey")),
    )
    op.create_table(
        "subscription",
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subscriber", "subject_kind", name=op.f("subscription_pkey")),
    )
    op.create_table(
        "outbox_delivery",
        sa.Column("subscriber", sa.Text(), nullable=False),
        sa.Column("event_pk", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.CheckConstraint("state BETWEEN 0 AND 3", name=op.f("outbox_delivery_state_check")),
        sa.ForeignKeyConstraint(
            ["event_pk"], ["outbox_event.id"], name=op.f("outbox_delivery_event_pk_fkey")
        ),
        sa.PrimaryKeyConstraint("subscriber", "event_pk", name=op.f("outbox_delivery_pkey")),
        postgresql_with={"fillfactor": "70", "autovacuum_vacuum_scale_factor": "0.01"},
    )
    op.create_index(
        "outbox_delivery_due_idx",
        "outbox_delivery",
        ["subscriber", "next_at", "event_pk"],
        unique=False,
        postgresql_where=sa.text("state < 2"),
    )
    op.create_table(
        "web_session",
        sa.Column("id_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("web_session_person_id_fkey")),
        sa.PrimaryKeyConstraint("id_sha256", name=op.f("web_session_pkey")),
    )
    op.execute("INSERT INTO business_clock VALUES (1, interval '0')")
    op.execute("INSERT INTO messaging_state (single, incarnation) VALUES (1, gen_random_uuid())")
