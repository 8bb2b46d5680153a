"""Lists of orders: filtered, by key, and each order in the state that its lines make."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations_with_replacement, product
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from kendi.servers import Addresses
from services.orders import listing
from services.orders.domain.destination_policy import SEVERITY
from services.orders.domain.order import Line, Order
from shared.clock import advance
from shared.web.access import BUYER, KANWIL, Principal
from tests.clock import in_days
from tests.orders.conftest import CONSIGNEE, Orders, a_line, an_order
from tests.orders.test_order import a_line as the_line
from tests.orders.test_order import an_order as the_order

ORDERS = "/orders/v1/orders"
EVERYBODY = Principal("key:office", "office", KANWIL, None)


def place(orders: Orders, po_number: str, *, country: str = "BE", sku: str = "CR-BALL-07") -> str:
    line = a_line(sku=sku, consignee=CONSIGNEE | {"country": country})
    order = orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=[line]))
    assert order.status_code == 201, order.text
    return str(order.json["id"])


def found(orders: Orders, query: str) -> list[str]:
    answer = orders.buyer.get(f"{ORDERS}?{query}")
    assert answer.status_code == 200, answer.text
    return [row["po_number"] for row in answer.json]


def let_days_pass(orders: Orders, days: int) -> None:
    with orders.database.transaction() as session:
        advance(session, timedelta(days=days))


def test_orders_are_found_by_state_item_and_po_number(orders: Orders) -> None:
    place(orders, "A-1", country="BE")
    place(orders, "A-2", country="US")
    place(orders, "B_1", country="ID", sku="CR-RING-15")
    place(orders, "B%1", country="ID")
    assert found(orders, "state=on_hold") == ["A-1"]
    assert found(orders, "state=blocked") == ["A-2"]
    assert found(orders, "state=in_progress") == ["B%1", "B_1"]
    assert found(orders, "state=closed") == []
    assert found(orders, "sku=CR-RING-15") == ["B_1"]
    assert found(orders, "po_prefix=A-") == ["A-2", "A-1"]
    assert found(orders, "po_prefix=B%25") == ["B%1"]
    assert found(orders, "po_number=A-1") == ["A-1"]
    assert found(orders, "po_number=A-") == []
    assert found(orders, "sku=CR-BALL-07&state=in_progress") == ["B%1"]
    assert found(orders, "sku=CR-BALL-07&state=closed") == []
    assert found(orders, "sku=CR-RING-15&state=on_hold") == []
    assert orders.rival.get(f"{ORDERS}?sku=CR-BALL-07").json == []
    assert [row["buyer"] for row in orders.office.get(f"{ORDERS}?sku=CR-RING-15").json] == ["CHEWY-LOUIS"]


def test_an_order_of_many_lines_is_found_once_by_the_state_that_they_make(orders: Orders) -> None:
    for po_number, countries in (("M-1", ("BE", "US", "BE")), ("M-2", ("US", "US")), ("M-3", ("ID", "BE"))):
        lines = [a_line(consignee=CONSIGNEE | {"country": country}) for country in countries]
        assert orders.buyer.post(ORDERS, an_order(po_number=po_number, lines=lines)).status_code == 201
    for query, numbers in (
        ("state=on_hold", ["M-1"]),
        ("state=blocked", ["M-2"]),
        ("state=in_progress", ["M-3"]),
        ("sku=CR-BALL-07", ["M-3", "M-2", "M-1"]),
        ("sku=CR-BALL-07&state=on_hold", ["M-1"]),
    ):
        assert found(orders, query) == numbers, query


@pytest.mark.parametrize("state", listing.OPEN_STATES)
def test_a_rare_state_is_not_looked_for_in_all_that_others_have_open(
    orders: Orders, addresses: Addresses, state: str
) -> None:
    """What PostgreSQL reads for a page is told by its plan, whatever else the machine does."""
    country = {"in_progress": "ID", "on_hold": "BE", "blocked": "US"}[state]
    place(orders, "RARE", country=country)
    few = rows_read(orders, "CHEWY-LOUIS", state)
    other = {"in_progress": "BE", "on_hold": "ID", "blocked": "ID"}[state]
    place(orders, "OTHER", country=other)
    multiply(orders, "OTHER", 3_000)
    make_known(addresses)
    assert found(orders, f"state={state}") == ["RARE"]
    assert rows_read(orders, "CHEWY-LOUIS", state) <= 2 * few + 10
    assert rows_read(orders, "RIVAL", state) <= few


def multiply(orders: Orders, po_number: str, times: int) -> None:
    """As many orders like one, with all of its lines."""
    with orders.database.transaction() as session:
        for table, key in (("buyer_order", "id"), ("order_line", "order_id")):
            columns = [
                name
                for (name,) in session.execute(
                    text(
                        "SELECT column_name FROM information_schema.columns WHERE table_name = :table"
                        " AND table_schema = current_schema() AND is_generated = 'NEVER'"
                    ),
                    {"table": table},
                )
            ]
            changed = {key: "md5(number_of::text)::uuid", "po_number": "po_number || '-' || number_of"}
            values = ", ".join(changed.get(name, f"one.{name}") for name in columns)
            source = "one.po_number" if table == "buyer_order" else "one.order_id"
            which = (
                ":po_number"
                if table == "buyer_order"
                else "(SELECT id FROM buyer_order WHERE po_number = :po_number)"
            )
            session.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values}"
                    f" FROM {table} one, generate_series(1, :times) number_of WHERE {source} = {which}"
                ),
                {"po_number": po_number, "times": times},
            )


def make_known(addresses: Addresses) -> None:
    """To PostgreSQL, what is in the tables now and nothing of what other tests have left: as their owner alone may."""
    with psycopg.connect(
        addresses.owner_urls["orders"].replace("+psycopg", ""), autocommit=True
    ) as connection:
        connection.execute("VACUUM (FULL, ANALYZE) buyer_order, order_line")


def rows_read(orders: Orders, account: str, state: str) -> int:
    """How many rows of lines the plan of a page reads."""
    statements: list[tuple[str, Any]] = []

    def see(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        statements.append((statement, parameters))

    principal = Principal("key:buyer", "buyer", BUYER, account)
    with orders.database.transaction() as session:
        event.listen(session.get_bind(), "before_cursor_execute", see)
        listing.list_orders(session, principal, listing.Filters(state=state), limit=50)
        event.remove(session.get_bind(), "before_cursor_execute", see)
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statements[-1][0]}"
        (plan,) = session.connection().exec_driver_sql(explain, statements[-1][1]).scalar_one()
    return sum(scanned(plan["Plan"]))


def scanned(node: dict[str, Any]) -> Iterator[int]:
    if node.get("Relation Name") == "order_line":
        yield int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
    for child in node.get("Plans", ()):
        yield from scanned(child)


def test_orders_are_found_by_the_days_on_which_they_were_placed(orders: Orders) -> None:
    for day, po_number in enumerate(("A", "B", "C")):
        place(orders, po_number)
        let_days_pass(orders, 1)
        assert found(orders, "") == ["A", "B", "C"][day::-1]
    first, second = in_days(0), in_days(1)
    assert found(orders, f"placed_from={second}") == ["C", "B"]
    assert found(orders, f"placed_to={second}") == ["B", "A"]
    assert found(orders, f"placed_from={first}&placed_to={first}") == ["A"]


def test_a_list_is_read_to_its_end_by_key_while_new_orders_come(orders: Orders) -> None:
    for n in range(5):
        place(orders, f"PO-{n}")
    for query in ("", "sku=CR-BALL-07&", "state=on_hold&", "po_prefix=PO&"):
        seen, path = [], f"{ORDERS}?{query}limit=2"
        while path:
            page = orders.buyer.get(path)
            seen += [row["po_number"] for row in page.json]
            place(orders, f"PO-later-{query}-{len(seen)}")
            link = page.headers.get("Link", "")
            path = link[1 : link.index(">")] if link else ""
        old = [po_number for po_number in seen if "later" not in po_number]
        assert old == ["PO-4", "PO-3", "PO-2", "PO-1", "PO-0"]
        assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("state", "state=lost"),
        ("placed_from", "placed_from=22/03/2025"),
        ("placed_to", "placed_from=2025-03-22&placed_to=2025-03-21"),
        ("sku", "sku=" + "x" * 41),
        ("po_prefix", "po_prefix=%E2%80%AEx"),
        ("after", "after=bm90IGEga2V5"),
        ("limit", "limit=0"),
        ("colour", "colour=red"),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(orders: Orders, field: str, query: str) -> None:
    answer = orders.buyer.get(f"{ORDERS}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_the_whole_list_is_a_table_whose_cells_no_spreadsheet_runs(orders: Orders) -> None:
    runs = ['=HYPERLINK("http://x","y")', "+cmd", "-2+3", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "\u200b=1"]
    numbers = [*runs, "plain, with comma", 'quo"te']
    for number in numbers:
        place(orders, number)
    answer = orders.buyer.get("/orders/v1/orders.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["po_number"].removeprefix("'") for row in rows] == numbers[::-1]
    assert [row["po_number"][0] == "'" for row in rows] == [False, False, *(True for _ in runs)]
    assert {row["state"] for row in rows} == {"on_hold"}
    for line in answer.text.splitlines():
        assert re.fullmatch(r'"([^"]|"")*"(,"([^"]|"")*")*', line), "each cell is quoted"
    some = orders.buyer.get("/orders/v1/orders.csv?po_prefix=plain").text
    assert len(some.splitlines()) == 2
    assert orders.buyer.get("/orders/v1/orders.csv?state=lost").status_code == 422
    assert len(orders.rival.get("/orders/v1/orders.csv").text.splitlines()) == 1


def test_a_long_table_is_read_page_by_page(orders: Orders) -> None:
    for n in range(5):
        place(orders, f"PO-{n}")
    rows = listing.all_orders(orders.database, EVERYBODY, listing.ALL, at_once=2)
    assert [row["po_number"] for row in rows] == ["PO-4", "PO-3", "PO-2", "PO-1", "PO-0"]


STAGES = ("allocated", "good", "packed", "departed", "delivered")


def every_line() -> list[Line]:
    """A line of two pieces in each way in which the database lets it be."""
    made = []
    for action, until, cancelled in product(SEVERITY, (None, date(2026, 3, 1)), (0, 1, 2)):
        for counts in product(range(3 - cancelled), repeat=len(STAGES)):
            if list(counts) == sorted(counts, reverse=True):
                quantities: dict[str, Any] = dict(zip(STAGES, counts, strict=True))
                line = the_line(1, ordered=2)
                made.append(
                    replace(line, action=action, produce_until=until, cancelled=cancelled, **quantities)
                )
    return made


def every_order() -> list[Order]:
    """One of each line, and each pair of lines that differ in their state or in what blocks them."""
    alone = every_line()
    kinds = {(line.state, line.blocked): line for line in alone}.values()
    pairs = [
        (replace(one, number=1), replace(two, number=2))
        for one, two in combinations_with_replacement(kinds, 2)
    ]
    return [the_order(line) for line in alone] + [the_order(*pair) for pair in pairs]


def test_the_state_in_a_list_is_the_one_that_the_domain_derives(orders: Orders) -> None:
    place(orders, "template")
    expected = {f"PO-{n:05}": order for n, order in enumerate(every_order())}
    columns = ("action", "produce_until", "ordered", "cancelled", *STAGES)
    with orders.database.transaction() as session:
        for po_number, order in expected.items():
            header = text("""
                INSERT INTO buyer_order (id, buyer, buyer_name, po_number, currency, incoterm, named_place, placed_by, placed_on)
                SELECT gen_random_uuid(), buyer, buyer_name, :po_number, currency, incoterm, named_place, placed_by, placed_on
                FROM buyer_order WHERE po_number = 'template' RETURNING id""")
            id = session.execute(header, {"po_number": po_number}).scalar_one()
            for line in order.lines:
                session.execute(
                    COPY_LINE,
                    {name: getattr(line, name) for name in columns} | {"id": id, "number": line.number},
                )
    with orders.database.transaction() as session:
        rows = listing.list_orders(session, EVERYBODY, limit=10_000)
        told = {row["po_number"]: row["state"] for row in rows if row["po_number"] in expected}
        assert told == {po_number: order.state for po_number, order in expected.items()}
        assert set(told.values()) == set(listing.STATES)
        for state in listing.STATES:
            filters = listing.Filters(state=state, po_prefix="PO-")
            some = listing.list_orders(session, EVERYBODY, filters, limit=10_000)
            assert {row["po_number"] for row in some} == {po for po, s in told.items() if s == state}


COPY_LINE = text("""
    INSERT INTO order_line (order_id, number, sku, unit_price, requested_date, consignee_name, consignee_address,
        destination, policies, needs, law, explanation_en, explanation_id, action, produce_until,
        ordered, cancelled, allocated, good, packed, departed, delivered)
    SELECT :id, :number, l.sku, l.unit_price, l.requested_date, l.consignee_name, l.consignee_address,
        l.destination, l.policies, l.needs, l.law, l.explanation_en, l.explanation_id, :action, :produce_until,
        :ordered, :cancelled, :allocated, :good, :packed, :departed, :delivered
    FROM order_line l JOIN buyer_order o ON o.id = l.order_id WHERE o.po_number = 'template'""")
