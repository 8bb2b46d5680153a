"""What a buyer asked of free workers may be declined, and a payment that was told wrongly is taken back"""

import sqlalchemy as sa
from alembic import op

revision = "orders_0038"
down_revision = "orders_0035"
branch_labels = None
depends_on = None


APPEND_ONLY = ("agreement_end", "caught_line", "payment", "promise", "sample_verdict")


def upgrade() -> None:
    op.add_column("payment", sa.Column("corrects", sa.Uuid(), comment="which it takes back"))
    op.add_column("payment", sa.Column("reason", sa.Text(), comment="why it was told wrongly"))
    op.create_foreign_key(op.f("payment_corrects_fkey"), "payment", "payment", ["corrects"], ["id"])
    op.create_unique_constraint(op.f("payment_corrects_key"), "payment", ["corrects"])
    op.drop_constraint(op.f("payment_order_id_reference_key"), "payment", type_="unique")
    op.drop_constraint(op.f("payment_amount_check"), "payment", type_="check")
    op.create_check_constraint(
        op.f("payment_amount_check"), "payment", "(amount > 0) = (corrects IS NULL) AND amount <> 0"
    )
    op.create_check_constraint(
        op.f("payment_reason_check"), "payment", "(corrects IS NULL) = (reason IS NULL)"
    )
    op.create_index("payment_order_idx", "payment", ["order_id", "reference"])
    op.create_table_comment("payment", "append only: a correction is an entry of its own")
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
