"""Lists and timelines over ten thousand orders and over a million: the second must be about as quick."""

import time
from collections.abc import Mapping
from statistics import median

import httpx
from sqlalchemy import TextClause, text

from kendi.system import System
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import BUYER, create_key

FEW, MANY = 10_000, 1_000_000
AT_ONCE = 50_000
ASKED = 40
MOST = 1.5
"""How many times as long a page may take with a hundred times the orders."""

OPEN = 2
"""Of so many orders one is under way, the newest of them; all earlier ones are delivered."""
RARE = 10
"""So many of those under way are on hold, the oldest."""
ANOTHER, THEIRS = "BENCH-OTHER", 3
"""A buyer with few orders, whom those of others must not slow down."""

LISTS = {
    "newest": "",
    "by state": "?state=in_progress",
    "by a rare state": "?state=on_hold",
    "by a state that nothing is in": "?state=blocked",
    "closed": "?state=closed",
    "by day": "?placed_from=2025-01-10&placed_to=2025-01-12",
    "by item": "?sku=CR-BALL-07",
    "by a rare item": "?sku=CR-RING-15",
    "by a state and an item": "?state=in_progress&sku=CR-BALL-07",
    "by PO number": "?po_number=BENCH-0000042",
    "by its beginning": "?po_prefix=BENCH-000004",
    "a page in the middle": "?placed_to=2025-01-20&state=closed&sku=CR-BALL-07",
}

ORDERS = text("""
    INSERT INTO buyer_order (id, buyer, buyer_name, po_number, currency, incoterm, named_place, placed_by, placed_on)
    SELECT ('01940000-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 65536 / 16), 3, '0') || '-8'
            || lpad(to_hex(n % 16), 3, '0') || '-000000000000')::uuid,
        code, name, 'BENCH-' || lpad(n::text, 7, '0'), 'USD', 'FCA', 'Semarang', 'bench', date '2025-01-01' + n / 250
    FROM buyer, generate_series(CAST(:first AS int), :last) n WHERE code = :buyer""")
LINES = text("""
    INSERT INTO order_line (order_id, number, sku, unit_price, requested_date, consignee_name, consignee_address,
        destination, action, policies, needs, law, explanation_en, explanation_id, produce_until,
        ordered, allocated, good, packed, departed, delivered)
    SELECT id, number, CASE WHEN n < 100 THEN 'CR-RING-15' ELSE 'CR-BALL-07' END, 1, placed_on + 90, 'Toko',
        '["Semarang"]', 'ID', 'allow', '[]', '[]', '[]', '', '',
        CASE WHEN n < CAST(:delivered AS int) OR n >= CAST(:delivered AS int) + CAST(:rare AS int) THEN placed_on + 90 END,
        10, done, done, done, done, done
    FROM (SELECT *, substr(po_number, 7)::int AS n FROM buyer_order) o, generate_series(1, 2) number,
        LATERAL (SELECT CASE WHEN n < CAST(:delivered AS int) THEN 10 ELSE 0 END AS done) d
    WHERE po_number BETWEEN 'BENCH-' || lpad(CAST(:first AS int)::text, 7, '0')
        AND 'BENCH-' || lpad(CAST(:last AS int)::text, 7, '0')""")
STEPS = text("""
    INSERT INTO timeline (order_id, event_id, line, source, type, occurred_at, actor_role, data)
    SELECT order_id, gen_random_uuid(), number, 'orders', 'kendi.orders.order_line_closed.v1', now(), 'system',
        jsonb_build_object('order_id', order_id, 'line', number, 'delivered', 10)
    FROM order_line l JOIN buyer_order o ON o.id = l.order_id
    WHERE po_number BETWEEN 'BENCH-' || lpad(CAST(:first AS int)::text, 7, '0')
        AND 'BENCH-' || lpad(CAST(:last AS int)::text, 7, '0')""")
DELIVER = text("""
    UPDATE order_line SET allocated = 10, good = 10, packed = 10, departed = 10, delivered = 10
    WHERE order_id IN (SELECT id FROM buyer_order WHERE po_number LIKE 'BENCH-%' AND buyer = 'CHEWY-LOUIS') AND delivered < 10""")


def long_lists(system: System) -> dict[str, float]:
    """A page of each list and a timeline over few and over many orders, by turns of one client.

    Those that take too many times as long are given, with how many times.
    """
    _another_buyer(system)
    quick = _over(system, 0, FEW)
    slow = _over(system, FEW, MANY)
    ratios = {name: slow[name] / few for name, few in quick.items()}
    for name, few in quick.items():
        ratio = ratios[name]
        told = "" if ratio <= MOST else f"  more than {MOST} times!"
        print(
            f"  {name}: {few:.1f} ms with {FEW:,} orders, {slow[name]:.1f} ms with {MANY:,}: {ratio:.2f}{told}"
        )
    return {name: ratio for name, ratio in ratios.items() if ratio > MOST}


def _over(system: System, first: int, last: int) -> dict[str, float]:
    """Milliseconds of each request, the median, once there are orders up to the last."""
    owner = Database(system.addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        session.execute(DELIVER)
    for start in range(first, last, AT_ONCE):
        end = min(start + AT_ONCE, last)
        with owner.transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            for statement in (ORDERS, LINES, STEPS):
                session.execute(statement, _parameters(statement, start, end - 1, last - last // OPEN))
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE buyer_order, order_line, timeline"))
    owner.close()
    return _timed(system)


def _parameters(
    statement: TextClause, first: int, last: int, delivered: int, buyer: str = "CHEWY-LOUIS"
) -> dict[str, object]:
    known = {"first": first, "last": last, "delivered": delivered, "rare": RARE, "buyer": buyer}
    return {name: known[name] for name in statement.compile().params}


def _another_buyer(system: System) -> None:
    """With orders that are older than all others, under way, and beyond their numbers."""
    owner = Database(system.addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        session.execute(
            text("INSERT INTO buyer (code, name, particulars) VALUES (:code, 'Another', '{}')"),
            {"code": ANOTHER},
        )
        numbers = (2 * MANY, 2 * MANY + THEIRS - 1, 2 * MANY - RARE, ANOTHER)
        session.execute(ORDERS, _parameters(ORDERS, *numbers))
        session.execute(
            text("UPDATE buyer_order SET placed_on = '2024-01-01' WHERE buyer = :b"), {"b": ANOTHER}
        )
        session.execute(LINES, _parameters(LINES, *numbers))
    owner.close()


def _timed(system: System) -> dict[str, float]:
    owner = Database(system.addresses.owner_urls["orders"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        theirs = create_key(session, name="bench", role=BUYER, account=ANOTHER)
    owner.close()
    of_another = {
        f"another buyer's, {name}": LISTS[name]
        for name in ("newest", "by state", "by a rare state", "closed")
    }
    return _asked(system, system.accounts.key(BUYER), LISTS, timeline=True) | _asked(
        system, theirs, of_another
    )


def _asked(system: System, key: str, lists: Mapping[str, str], *, timeline: bool = False) -> dict[str, float]:
    """By turns: a moment in which the machine is slow is not one list's alone."""
    headers = {"Authorization": f"Bearer {key}"}
    orders = f"{system.urls['orders']}/orders/v1/orders"
    with httpx.Client(timeout=60, trust_env=False, headers=headers) as client:
        asked = {name: orders + query for name, query in lists.items()}
        if timeline:
            id = client.get(f"{orders}?po_number=BENCH-0000042").raise_for_status().json()[0]["id"]
            asked["timeline"] = f"{orders}/{id}/timeline"
        rounds = [{name: _milliseconds(client, url) for name, url in asked.items()} for _ in range(ASKED)]
    return {name: median(taken[name] for taken in rounds) for name in asked}


def _milliseconds(client: httpx.Client, url: str) -> float:
    began = time.perf_counter()
    client.get(url).raise_for_status()
    return 1000 * (time.perf_counter() - began)
