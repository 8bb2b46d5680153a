"""A warning of a facility's own: who works has not consented to the words as they are now"""

from alembic import op

revision = "production_0034"
down_revision = "production_0033"
branch_labels = None
depends_on = None

KINDS = (
    "'late', 'silent', 'low_yield', 'agreement_ends', 'material_lacking', 'consent_lacking', 'tools_locked'"
)


def upgrade() -> None:
    op.drop_constraint(op.f("warning_kind_check"), "warning")
    op.create_check_constraint(op.f("warning_kind_check"), "warning", f"kind IN ({KINDS})")
