"""What was there before a migration means the same after it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Connection, text

from kendi.servers import Addresses
from shared import migrating
from shared.database import make_engine
from shared.migrating import config
from shared.sight import SERVICE

ORDER, ENDPOINT = UUID(int=1), UUID(int=2)


@pytest.fixture
def connection(addresses: Addresses) -> Iterator[Connection]:
    """A schema of its own, gone afterwards."""
    engine = make_engine(addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    with engine.connect() as opened, opened.begin() as transaction:
        opened.execute(text("CREATE SCHEMA earlier"))
        opened.execute(text("SET LOCAL search_path TO earlier"))
        yield opened
        transaction.rollback()
    engine.dispose()


def upgrade(connection: Connection, revision: str | None = None) -> None:
    alembic = config("orders")
    alembic.attributes["connection"] = connection
    if revision:
        command.upgrade(alembic, revision)
    else:
        migrating.upgrade(alembic)


def add(connection: Connection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)  # our own text


def test_releases_clearances_and_deliveries_of_before_are_kept(connection: Connection) -> None:
    upgrade(connection, "orders_0001")
    add(connection, "buyer", code="B", name="B", particulars="{}")
    add(connection, "item", sku="S", unit_price=1, currency="USD", published="{}")
    order = dict.fromkeys(("buyer", "buyer_name", "po_number", "currency", "incoterm", "named_place"), "B")
    add(connection, "buyer_order", id=ORDER, **order, placed_by="key:1", placed_on="2026-03-02")
    line = dict.fromkeys(("consignee_name", "destination", "explanation_en", "explanation_id"), "")
    lists = dict.fromkeys(("consignee_address", "policies", "needs", "law"), "[]")
    for number in (1, 2):
        add(
            connection,
            "order_line",
            order_id=ORDER,
            number=number,
            sku="S",
            unit_price=1,
            **{"requested_date": "2026-06-01", "action": "hold", "ordered": 10, **line, **lists},
        )
        add(connection, "hold", order_id=ORDER, line_number=number, purpose="produce", quantity=10)
    for role, day in (("compliance_officer", "2026-03-03"), ("kanwil", "2026-03-05")):
        add(
            connection,
            "signature",
            hold_id=1,
            signer_id=role,
            signer_name=role,
            role=role,
            reason="",
            signed_on=day,
        )
    granted = '{"purpose": "produce", "expires_on": "2026-06-03"}'
    add(
        connection,
        "timeline",
        order_id=ORDER,
        event_id=ORDER,
        line=1,
        source="orders",
        actor_role="system",
        type="kendi.orders.clearance_granted.v1",
        occurred_at="2026-03-05T01:00Z",
        data=granted,
    )
    add(connection, "webhook_endpoint", id=ENDPOINT, buyer="B", url="https://example.com", secret="")
    add(
        connection,
        "webhook_delivery",
        endpoint_id=ENDPOINT,
        order_id=ORDER,
        timeline_id=1,
        next_at="infinity",
    )
    upgrade(connection)
    lines = connection.execute(
        text("SELECT produce_until::text, export_until FROM order_line ORDER BY number")
    ).all()
    assert [tuple(row) for row in lines] == [("2026-06-03", None), (None, None)]
    released = connection.execute(text("SELECT released_on::text FROM hold ORDER BY id")).scalars().all()
    assert released == ["2026-03-05", None]
    given_up = "SELECT given_up_at IS NOT NULL FROM webhook_delivery"
    assert connection.execute(text(given_up)).scalar_one()
    fed = connection.execute(text("SELECT buyer, position, timeline_id, sequence FROM feed")).all()
    assert [tuple(row) for row in fed] == [("B", 1, 1, 1)]
    assert connection.execute(text("SELECT count(*) FROM feed_waiting")).scalar_one() == 0
    connection.execute(
        text("""
            INSERT INTO timeline (order_id, event_id, line, source, actor_role, type, occurred_at, data)
            SELECT order_id, gen_random_uuid(), line, source, actor_role, type, occurred_at, data FROM timeline""")
    )
    waiting = connection.execute(text("SELECT timeline_id FROM feed_waiting")).scalars().all()
    assert waiting == [2]  # also when a web process of the version before wrote it
