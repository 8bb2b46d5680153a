"""Papers that name a consignee fall with another one"""

import sqlalchemy as sa
from alembic import op

revision = "logistics_0034"
down_revision = "logistics_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_mark("names_consignee")
    _add_mark("outdated", "was there, made out to a former consignee; asked for again")
    op.create_check_constraint(
        op.f("shipment_document_outdated_check"), "shipment_document", "NOT outdated OR number IS NULL"
    )
    told = "whom it names; none: it was filed before that was kept"
    op.add_column("export_declaration", sa.Column("consignee", sa.Text(), comment=told))


def _add_mark(name: str, comment: str | None = None) -> None:
    mark = sa.Column(name, sa.Boolean(), server_default="false", nullable=False, comment=comment)
    op.add_column("shipment_document", mark)
