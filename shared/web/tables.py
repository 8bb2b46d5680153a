"""Who may call a service, and which answers it gave; every service's database has these tables."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.database import Instant, shared_metadata

KEY_KEPT, SESSION_AGE, TRIES_KEPT = "48 hours", "12 hours", "15 minutes"
"""How long an idempotency key, a session and a try to sign in count; then they are purged."""

api_key = Table(
    "api_key",
    shared_metadata,
    Column("id", Text, primary_key=True),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("account", Text, comment="the buyer's or facility's code that the key is limited to"),
    Column("scopes", ARRAY(Text), nullable=False, server_default="{read,write}"),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant, comment="from when it opens nothing; none means never"),
    Column("last_used_at", Instant, comment="to the minute"),
    Column("revoked_at", Instant),
    CheckConstraint("scopes <@ '{read,write}' AND cardinality(scopes) > 0", name="scopes"),
)
Index("api_key_account_idx", api_key.c.account, api_key.c.role)

person = Table(
    "person",
    shared_metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("account", Text),
    Column("password_hash", Text, nullable=False),
    Column("disabled_at", Instant),
)

web_session = Table(
    "web_session",
    shared_metadata,
    Column("id_sha256", LargeBinary, primary_key=True),
    Column("person_id", Uuid, ForeignKey("person.id"), nullable=False),
    Column("csrf_token", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("seen_at", Instant, nullable=False, server_default=func.now()),
)

Index("web_session_created_at_idx", web_session.c.created_at)
Index("web_session_person_id_idx", web_session.c.person_id)

sign_in_attempt = Table(
    "sign_in_attempt",
    shared_metadata,
    Column("email", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
)
Index("sign_in_attempt_at_idx", sign_in_attempt.c.at)
Index("sign_in_attempt_address_email_idx", sign_in_attempt.c.address, sign_in_attempt.c.email)

idempotency_key = Table(
    "idempotency_key",
    shared_metadata,
    Column("principal", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request_sha256", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("principal", "key"),
)
Index("idempotency_key_created_at_idx", idempotency_key.c.created_at)
