"""What is there before an order is placed, and lists by day"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "orders_0005"
down_revision = "orders_0004"
branch_labels = None
depends_on = None

COPIED = "the order's, copied by a trigger; for lists"
OPEN = "delivered < ordered - cancelled"


def upgrade() -> None:
    _lines_know_whose_they_are_and_of_which_day()
    op.create_index("buyer_order_placed_on_id_idx", "buyer_order", ["placed_on", "id"])
    op.create_index("buyer_order_buyer_placed_on_id_idx", "buyer_order", ["buyer", "placed_on", "id"])
    op.create_index(
        "buyer_order_po_number_idx",
        "buyer_order",
        ["po_number"],
        postgresql_ops={"po_number": "text_pattern_ops"},
    )
    op.create_index("order_line_sku_idx", "order_line", ["sku", "placed_on", "order_id"])
    op.create_index("order_line_buyer_sku_idx", "order_line", ["buyer", "sku", "placed_on", "order_id"])
    op.create_index(
        "order_line_open_idx", "order_line", ["placed_on", "order_id"], postgresql_where=sa.text(OPEN)
    )
    _quotes()
    _drafts()
    _imports()
    _catalogue()


def _lines_know_whose_they_are_and_of_which_day() -> None:
    """Both never change; a trigger copies them from the order, whoever writes the line."""
    op.add_column("order_line", sa.Column("buyer", sa.Text(), nullable=True, comment=COPIED))
    op.add_column("order_line", sa.Column("placed_on", sa.Date(), nullable=True, comment=COPIED))
    op.execute("""
        UPDATE order_line SET buyer = buyer_order.buyer, placed_on = buyer_order.placed_on
        FROM buyer_order WHERE buyer_order.id = order_id""")
    op.alter_column("order_line", "buyer", nullable=False)
    op.alter_column("order_line", "placed_on", nullable=False)
    op.execute("""
        CREATE FUNCTION order_line_of_its_order() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            SELECT buyer, placed_on INTO NEW.buyer, NEW.placed_on FROM buyer_order WHERE id = NEW.order_id;
            RETURN NEW;
        END $$""")
    op.execute("""
        CREATE TRIGGER order_line_of_its_order BEFORE INSERT OR UPDATE OF order_id, buyer, placed_on
        ON order_line FOR EACH ROW EXECUTE FUNCTION order_line_of_its_order()""")


def _quotes() -> None:
    op.create_table(
        "quote",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column(
            "request", JSONB(), nullable=False, comment="the order as it was sent, to be placed from here"
        ),
        sa.Column("lines", JSONB(), nullable=False, comment="each line as it was screened on that day"),
        sa.Column(
            "promises", JSONB(), nullable=True, comment="dates by line number; none until production answered"
        ),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("quote_buyer_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("quote_pkey")),
    )
    op.create_index("quote_expires_on_idx", "quote", ["expires_on"])


def _imports() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "order_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", instant, server_default=sa.text("now()"), nullable=False),
        sa.Column(
            "begun_at", instant, nullable=True, comment="none while somebody looks at what it would do"
        ),
        sa.Column("ended_at", instant, nullable=True),
        sa.CheckConstraint(
            "ended_at IS NULL OR begun_at IS NOT NULL", name=op.f("order_import_ended_check")
        ),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("order_import_buyer_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("order_import_pkey")),
    )
    op.create_index(
        "order_import_due_idx",
        "order_import",
        ["begun_at"],
        postgresql_where=sa.text("begun_at IS NOT NULL AND ended_at IS NULL"),
    )
    op.create_index(
        "order_import_preview_idx",
        "order_import",
        ["made_at"],
        postgresql_where=sa.text("begun_at IS NULL"),
    )
    op.create_index("order_import_buyer_id_idx", "order_import", ["buyer", "id"])
    op.create_table(
        "order_import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="its line in the file"),
        sa.Column("po_number", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="a JSON object, as it was sent"),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'refused', 'repeated')", name=op.f("order_import_row_outcome_check")
        ),
        sa.CheckConstraint(
            "(outcome IN ('accepted', 'repeated')) = (order_id IS NOT NULL)",
            name=op.f("order_import_row_order_check"),
        ),
        sa.CheckConstraint(
            "(outcome = 'refused') = (reason IS NOT NULL)", name=op.f("order_import_row_reason_check")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["order_import.id"], name=op.f("order_import_row_import_id_fkey")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("order_import_row_pkey")),
    )
    op.create_index(
        "order_import_row_waiting_idx",
        "order_import_row",
        ["import_id", "number"],
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index("order_import_row_po_number_idx", "order_import_row", ["import_id", "po_number"])
    op.create_index("order_import_row_outcome_idx", "order_import_row", ["import_id", "outcome", "number"])


def _catalogue() -> None:
    op.create_table(
        "item_price",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.CheckConstraint("unit_price > 0", name=op.f("item_price_unit_price_check")),
        sa.ForeignKeyConstraint(["sku"], ["item.sku"], name=op.f("item_price_sku_fkey")),
        sa.PrimaryKeyConstraint("sku", "currency", "valid_from", name=op.f("item_price_pkey")),
        comment="the newest one that is valid counts",
    )
    op.execute("INSERT INTO item_price SELECT sku, currency, '2000-01-01', unit_price FROM item")
    for column in ("unit_price", "currency"):
        op.alter_column(
            "item", column, nullable=True, comment="unused: see item_price; goes with the next release"
        )
    op.add_column("item", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "item",
        sa.Column("loaded", JSONB(), nullable=True, comment="the row of the file that was loaded last, if any was"),
    )
    op.add_column("order_line", sa.Column("item_version", sa.Integer(), server_default="1", nullable=False))


def _drafts() -> None:
    op.create_table(
        "draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "content", JSONB(), nullable=False, comment="what is known of the order so far, as it was sent"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["buyer"], ["buyer.code"], name=op.f("draft_buyer_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("draft_pkey")),
    )
    op.create_index("draft_buyer_id_idx", "draft", ["buyer", "id"])
