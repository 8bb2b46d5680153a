"""A document that stands in an agreement says in which, and ends with it"""

import sqlalchemy as sa
from alembic import op

revision = "production_0036"
down_revision = "production_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("agreement_id", sa.Uuid(), comment="in which it stands"))
    op.create_foreign_key(
        op.f("evidence_agreement_id_fkey"), "evidence", "agreement", ["agreement_id"], ["id"]
    )
    op.create_index(op.f("evidence_agreement_id_idx"), "evidence", ["agreement_id"])
    op.create_check_constraint(
        op.f("evidence_agreement_check"),
        "evidence",
        "agreement_id IS NULL OR item = 'not_at_private_disposal' AND finding = 'supports'",
    )
