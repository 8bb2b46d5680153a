"""What runs out is found by its age, and a person's tries by the person"""

from alembic import op

revision = "shared_0005"
down_revision = "shared_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("web_session_created_at_idx", "web_session", ["created_at"])
    op.create_index("web_session_person_id_idx", "web_session", ["person_id"])
    op.create_index("sign_in_attempt_email_address_idx", "sign_in_attempt", ["email", "address"])
