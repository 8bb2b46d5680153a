"""What a buyer asked of free workers may be declined"""

from alembic import op

revision = "orders_0038"
down_revision = "orders_0035"
branch_labels = None
depends_on = None


APPEND_ONLY = ("agreement_end", "caught_line", "promise", "sample_verdict")


def upgrade() -> None:
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION kendi_append_only()"
        )
    for name in ("said", "reason"):
        op.drop_constraint(op.f(f"free_lane_{name}_check"), "free_lane", type_="check")
    op.create_check_constraint(
        op.f("free_lane_said_check"), "free_lane", "said IN ('asked', 'chosen', 'declined', 'ended')"
    )
    op.create_check_constraint(
        op.f("free_lane_reason_check"),
        "free_lane",
        "(said IN ('chosen', 'declined')) = (reason IS NOT NULL)",
    )
