"""What is append only stays as it was written"""

from alembic import op

revision = "production_0038"
down_revision = "production_0037"
branch_labels = None
depends_on = None

APPEND_ONLY = ("capability_change", "material_entry", "tool_count")


def upgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
        )
    op.create_table_comment(
        "report",
        "a correction is an entry of its own; when one was acknowledged is added",
        existing_comment="append only: a correction is an entry of its own",
    )
