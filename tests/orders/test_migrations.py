"""What was there before a migration means the same after it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

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
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)  # our own text


def add_order(connection: Connection, *, lines: int, **quantities: int) -> None:
    """An order of held lines of ten pieces."""
    add(connection, "buyer", code="B", name="B", particulars="{}")
    add(connection, "item", sku="S", unit_price=1, currency="USD", published="{}")
    order = dict.fromkeys(("buyer", "buyer_name", "po_number", "currency", "incoterm", "named_place"), "B")
    add(connection, "buyer_order", id=ORDER, **order, placed_by="key:1", placed_on="2026-03-02")
    line = dict.fromkeys(("consignee_name", "destination", "explanation_en", "explanation_id"), "")
    lists = dict.fromkeys(("consignee_address", "policies", "needs", "law"), "[]")
    for number in range(1, lines + 1):
        add(
            connection,
            "order_line",
            order_id=ORDER,
            number=number,
            sku="S",
            unit_price=1,
            **{
                "requested_date": "2026-06-01",
                "action": "hold",
                "ordered": 10,
                **line,
                **lists,
                **quantities,
            },
        )


def sign(connection: Connection, hold_id: int, role: str, day: str) -> None:
    add(
        connection,
        "signature",
        hold_id=hold_id,
        signer_id=role,
        signer_name=role,
        role=role,
        reason="",
        signed_on=day,
    )


def test_an_export_that_nobody_signed_for_yet_is_about_its_lots(connection: Connection) -> None:
    upgrade(connection, "shared@head")
    upgrade(connection, "orders_0018")
    add_order(connection, lines=3, allocated=10, good=10)
    for number in (1, 2, 3):
        add(connection, "hold", order_id=ORDER, line_number=number, purpose="export", quantity=10)
    sign(connection, 3, "kanwil", "2026-03-05")
    lots = ((1, "B", 4, "free"), (1, "A", 6, "parole_community"), (2, "C", 9, "free"), (3, "D", 10, "free"))
    for line, code, quantity, lane in lots:
        told = {"lot": code, "quantity": quantity, "lane": lane, "work_order_id": str(ORDER), "facility": "F"}
        add(
            connection,
            "timeline",
            order_id=ORDER,
            event_id=uuid4(),
            line=line,
            source="production",
            actor_role="system",
            type="kendi.production.lot_released.v1",
            occurred_at="2026-03-05T01:00Z",
            data=json.dumps(told),
        )
    upgrade(connection, "orders_0019")
    holds = connection.execute(text("SELECT lane, lots FROM hold ORDER BY id")).all()
    assert [tuple(row) for row in holds] == [
        (
            "parole_community",
            [
                {"lot": "A", "quantity": 6, "lane": "parole_community"},
                {"lot": "B", "quantity": 4, "lane": "free"},
            ],
        ),
        ("custodial", None),
        ("custodial", None),
    ]


def test_a_line_that_comes_later_than_it_was_asked_for_is_screened_again_by_the_day_that_was_told_last(
    connection: Connection,
) -> None:
    upgrade(connection, "shared@head")
    upgrade(connection, "orders_0028")
    add_order(connection, lines=3)
    for line, day in ((1, "2026-05-01"), (1, None), (2, "2026-05-20")):
        promise = {"short": 0, "made_at": "2026-03-05T01:00Z", "source": "production", "made_by": "system"}
        add(connection, "promise", order_id=ORDER, line_number=line, promised_date=day, **promise)
    booked, rescheduled, cancelled = (
        f"kendi.logistics.shipment_{name}.v1" for name in ("booked", "rescheduled", "cancelled")
    )
    for shipment, type, eta in (
        ("A", booked, "2026-07-01"),
        ("A", rescheduled, "2026-06-20"),
        ("B", booked, "2026-08-01"),
        ("B", cancelled, None),
    ):
        told = {"shipment_id": shipment, "lines": [{"line": 1}], **({"eta": eta} if eta else {})}
        add(
            connection,
            "timeline",
            order_id=ORDER,
            event_id=uuid4(),
            source="logistics",
            actor_role="system",
            type=type,
            occurred_at="2026-03-05T01:00Z",
            data=json.dumps(told),
        )
    upgrade(connection, "orders_0029")
    days = connection.execute(text("SELECT expected_on::text FROM order_line ORDER BY number")).scalars()
    assert days.all() == ["2026-06-20", "2026-05-20", None]
    assert connection.execute(text("SELECT count(*) FROM rescreening")).scalar_one() == 1


def test_releases_clearances_and_deliveries_of_before_are_kept(connection: Connection) -> None:
    upgrade(connection, "orders_0001")
    add_order(connection, lines=2)
    for number in (1, 2):
        add(connection, "hold", order_id=ORDER, line_number=number, purpose="produce", quantity=10)
    for role, day in (("compliance_officer", "2026-03-03"), ("kanwil", "2026-03-05")):
        sign(connection, 1, role, day)
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


def test_open_lines_are_screened_on_the_day_on_which_a_published_rule_turns_for_deliveries(
    connection: Connection,
) -> None:
    upgrade(connection, "shared@head")
    upgrade(connection, "orders_0035")
    rows = (("UNTIL", {"delivery_before": "2999-12-14"}), ("FROM", {"delivery_from": "2999-12-14"}))
    for id, row in (*rows, ("PAST", {"delivery_from": "2020-01-01"}), ("ALWAYS", {"delivery_from": None})):
        add(connection, "destination_policy", id=id, version=2, row=json.dumps(row))
    upgrade(connection, "orders_0039")
    due = connection.execute(text("SELECT due_on::text, policies FROM rescreening")).all()
    assert [tuple(row) for row in due] == [("2999-12-14", ["FROM.v2", "UNTIL.v2"])]
