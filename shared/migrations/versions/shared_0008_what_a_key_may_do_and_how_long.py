"""What a key may do and how long, and tries to sign in by their address"""

import sqlalchemy as sa
from alembic import op

revision = "shared_0008"
down_revision = "shared_0006"
branch_labels = None
depends_on = None


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
