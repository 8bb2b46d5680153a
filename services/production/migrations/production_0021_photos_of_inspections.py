"""Photos of inspections"""

import sqlalchemy as sa
from alembic import op

revision = "production_0021"
down_revision = "production_0020"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
THEIRS = "EXISTS (SELECT FROM inspection i WHERE i.id = inspection_id)"


def upgrade() -> None:
    op.create_table(
        "inspection_photo",
        sa.Column("inspection_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('image/jpeg', 'image/png')", name=op.f("inspection_photo_media_type_check")
        ),
        sa.CheckConstraint("number > 0", name=op.f("inspection_photo_number_check")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("inspection_photo_inspection_id_fkey")
        ),
        sa.PrimaryKeyConstraint("inspection_id", "number", name=op.f("inspection_photo_pkey")),
    )
    op.execute("ALTER TABLE inspection_photo ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE inspection_photo FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON inspection_photo USING ({EVERY} OR {THEIRS})")
