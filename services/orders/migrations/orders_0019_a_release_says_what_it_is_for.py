"""A release says what it is for: lane, route, lots, last day and what was seen; refused attempts are kept"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "orders_0019"
down_revision = "orders_0018"
branch_labels = None
depends_on = None

EVERY = "(SELECT kendi_sees('service', 'all'))"
OF_AN_ORDER = "EXISTS (SELECT FROM buyer_order o WHERE o.id = order_id)"


def upgrade() -> None:
    _orders()
    _holds()
    _signatures()
    _attempts()
    _lots()
    _lots_of_holds()


def _orders() -> None:
    op.add_column(
        "buyer_order",
        sa.Column(
            "drafted_by",
            sa.Text(),
            nullable=True,
            comment="who began the draft that it was placed from, if there was one",
        ),
    )
    op.add_column(
        "order_line",
        sa.Column(
            "planned_at",
            JSONB(),
            server_default="[]",
            nullable=False,
            comment="facilities of the newest plan",
        ),
    )


def _holds() -> None:
    """Holds that are there are about what their line is now, and as old as their order."""
    empty = {"server_default": "[]", "nullable": False}
    for column in (
        sa.Column(
            "opened_on",
            sa.Date(),
            server_default=sa.func.current_date(),
            nullable=False,
            comment="business time",
        ),
        sa.Column("lane", sa.Text(), server_default="custodial", nullable=False),
        sa.Column(
            "transit",
            ARRAY(sa.Text()),
            nullable=True,
            comment="countries of the route; none while none was known",
        ),
        sa.Column("policies", JSONB(), **empty, comment="the versions that hold it"),
        sa.Column(
            "lots",
            JSONB(),
            nullable=True,
            comment="the finished lots, frozen; none where it is not about lots",
        ),
        sa.Column("facilities", JSONB(), **empty, comment="that the line was planned at"),
    ):
        op.add_column("hold", column)
    op.execute(
        "UPDATE hold SET opened_on = o.placed_on, transit = l.transit, policies = l.policies"
        " FROM buyer_order o, order_line l"
        " WHERE o.id = hold.order_id AND l.order_id = hold.order_id AND l.number = hold.line_number"
    )


def _signatures() -> None:
    op.add_column(
        "signature",
        sa.Column(
            "expires_on",
            sa.Date(),
            nullable=True,
            comment="the last day for which it was signed; none of those before it was kept",
        ),
    )
    op.add_column(
        "signature",
        sa.Column(
            "digest",
            sa.Text(),
            nullable=True,
            comment="of the facts that were seen; none of those before it was kept",
        ),
    )
    op.create_check_constraint(
        op.f("signature_expires_on_check"), "signature", "expires_on BETWEEN signed_on AND signed_on + 90"
    )
    op.create_check_constraint(op.f("signature_digest_check"), "signature", "digest ~ '^[0-9a-f]{64}$'")


def _attempts() -> None:
    op.create_table(
        "release_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False, comment="as it was asked for; it may not exist"),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False, comment="why it was refused"),
        sa.Column("values", JSONB(), nullable=False, comment="of the names in the message"),
        sa.Column(
            "tried_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("release_attempt_pkey")),
        comment="attempts to release that were refused; append only",
    )
    _seen_by("release_attempt", EVERY)


def _lots() -> None:
    """The lots of orders that are there stand on their timelines."""
    op.create_table(
        "lot",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.Uuid(), nullable=False),
        sa.Column("facility", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("lot_quantity_check")),
        sa.CheckConstraint(
            "lane IN ('free', 'parole_community', 'custodial')", name=op.f("lot_lane_check")
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_number"],
            ["order_line.order_id", "order_line.number"],
            name=op.f("lot_order_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("lot_pkey")),
        comment="our copy of what production released, with who made it",
    )
    op.create_index("lot_line_idx", "lot", ["order_id", "line_number"])
    op.create_index("lot_work_order_idx", "lot", ["work_order_id"])
    op.create_index("lot_released_at_idx", "lot", ["released_at", "code"])
    op.execute(
        "INSERT INTO lot (code, order_id, line_number, work_order_id, facility, quantity, lane, released_at)"
        " SELECT DISTINCT ON (data ->> 'lot') data ->> 'lot', order_id, line,"
        " CAST(data ->> 'work_order_id' AS uuid), data ->> 'facility', CAST(data ->> 'quantity' AS int),"
        " data ->> 'lane', occurred_at"
        " FROM timeline WHERE type = 'kendi.production.lot_released.v1' ORDER BY data ->> 'lot', occurred_at"
    )
    _seen_by("lot", f"({EVERY} OR {OF_AN_ORDER})")


def _lots_of_holds() -> None:
    """Who signs for an export from now on signs for its lots, where all good pieces were told by lot."""
    op.execute(
        "UPDATE hold SET lots = made.lots, lane = made.lane FROM order_line l, ("
        " SELECT order_id, line_number, sum(quantity) AS quantity,"
        " jsonb_agg(jsonb_build_object('lot', code, 'quantity', quantity, 'lane', lane) ORDER BY code) AS lots,"
        " CASE WHEN bool_or(lane = 'custodial') THEN 'custodial'"
        " WHEN bool_or(lane = 'parole_community') THEN 'parole_community' ELSE 'free' END AS lane"
        " FROM lot GROUP BY order_id, line_number) made"
        " WHERE hold.purpose = 'export' AND hold.released_on IS NULL AND hold.withdrawn_on IS NULL"
        " AND NOT EXISTS (SELECT FROM signature WHERE hold_id = hold.id)"
        " AND l.order_id = hold.order_id AND l.number = hold.line_number"
        " AND made.order_id = l.order_id AND made.line_number = l.number AND made.quantity >= l.good"
    )


def _seen_by(table: str, rows: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY theirs ON {table} USING ({rows})")
