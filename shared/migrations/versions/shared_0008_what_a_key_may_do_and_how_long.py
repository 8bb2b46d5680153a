"""What a key may do and how long, tries to sign in by their address, and who sees which rows"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0008"
down_revision = "shared_0007"
branch_labels = None
depends_on = None

SEES = """
    CREATE FUNCTION kendi_sees(VARIADIC kinds text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT coalesce(nullif(current_setting('kendi.sees', true), '') = ANY(kinds), false)
    $$"""
ACCOUNT = """
    CREATE FUNCTION kendi_sees_only(kind text) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT nullif(split_part(current_setting('kendi.sees', true), kind || ':', 2), '')
        WHERE starts_with(current_setting('kendi.sees', true), kind || ':')
    $$"""
POLICIES = {
    "api_key": """(SELECT kendi_sees('service', 'door'))
        OR account = (SELECT coalesce(kendi_sees_only('buyer'), kendi_sees_only('facility_officer')))""",
    "person": "(SELECT kendi_sees('service', 'door'))",
    "web_session": "(SELECT kendi_sees('service', 'door'))",
    "sign_in_attempt": "(SELECT kendi_sees('service', 'door'))",
    "idempotency_key": """(SELECT kendi_sees('service'))
        OR principal = (SELECT nullif(current_setting('kendi.principal', true), ''))""",
}


def upgrade() -> None:
    op.add_column(
        "api_key",
        sa.Column("scopes", sa.ARRAY(sa.Text()), server_default="{read,write}", nullable=False),
    )
    op.add_column(
        "api_key",
        sa.Column(
            "expires_at",
            sa.DateTime(timezone=True),
            comment="from when it opens nothing; none means never",
        ),
    )
    op.alter_column("api_key", "last_used_at", comment="to the minute")
    op.create_check_constraint(
        op.f("api_key_scopes_check"), "api_key", "scopes <@ '{read,write}' AND cardinality(scopes) > 0"
    )
    op.create_index("api_key_account_idx", "api_key", ["account", "role"])
    op.drop_index("sign_in_attempt_email_address_idx", "sign_in_attempt")
    op.create_index("sign_in_attempt_address_email_idx", "sign_in_attempt", ["address", "email"])
    op.execute(SEES)
    op.execute(ACCOUNT)
    for table, theirs in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY theirs ON {table} USING ({theirs})")
