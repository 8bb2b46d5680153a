"""The dispatch desk over a hundred thousand shipments, most of them delivered, and one of two thousand cartons."""

import time
from statistics import median, quantiles

import httpx
from sqlalchemy import text

from bench.scans import HUB, await_reference
from kendi.system import System
from services.logistics.domain.sscc import sscc
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import LOGISTICS
from shared.web.pagination import cursor_of

SHIPMENTS = 100_000
AT_SEA, SEALED, BOOKED, UNBOOKED = 200, 100, 200, 100
"""Those under way, the newest ones; all earlier ones are delivered."""

OPEN = AT_SEA + SEALED + BOOKED + UNBOOKED
OF_AN_ORDER, CARTONS, LONG = 10, 3, 2_000
ASKED = 100

NUMBERED = """
    CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
    SELECT n, ('01940000-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 65536 / 16), 3, '0') || '-8'
            || lpad(to_hex(n % 16), 3, '0') || '-000000000000')::uuid AS id,
        ('01930000-0000-7000-8000-' || lpad(to_hex(n / :of_an_order), 12, '0'))::uuid AS order_id,
        greatest(0, n - (:last - :open)) AS young, 'BENCH-' || lpad(n::text, 7, '0') AS name
    FROM generate_series(0, CAST(:last AS int) - 1) n"""

FILL = (
    NUMBERED,
    """INSERT INTO buyer_order (id, buyer, buyer_name, po_number, currency, incoterm, named_place)
        SELECT DISTINCT ON (order_id) order_id, 'BENCH', 'Bench', name, 'USD', 'FCA', 'Semarang'
        FROM numbered ORDER BY order_id, n""",
    """INSERT INTO order_line (order_id, number, sku, ordered, unit_price, consignee_name, consignee_address,
            destination)
        SELECT DISTINCT order_id, 1, 'CR-BALL-07', 1000000, 1, 'Toko', '["Antwerp"]'::jsonb, 'BE'
        FROM numbered""",
    """INSERT INTO clearance (order_id, line, purpose, quantity, destination, lane, policies, granted_on, expires_on)
        SELECT order_id, number, 'export', 1000000, 'BE', 'custodial', '[]', current_date, current_date + 90
        FROM order_line WHERE consignee_name = 'Toko'""",
    """INSERT INTO lot (code, order_id, line, sku, facility, lane, good, packed)
        SELECT name, order_id, 1, 'CR-BALL-07', :hub, 'custodial', CASE n WHEN :long_one THEN 200 * :long ELSE 600 END,
            CASE n WHEN :long_one THEN 200 * :long ELSE 600 END
        FROM numbered""",
    """INSERT INTO shipment (id, number, hub, destination, planned_on)
        SELECT id, name, :hub, 'BE', current_date - 40 FROM numbered""",
    """UPDATE shipment SET carrier = 'Feeder line', vessel = 'MV Bench', voyage = '1', port_of_loading = 'IDSRG',
            port_of_discharge = 'BEANR', equipment = '40HC', etd = current_date + d, eta = current_date + d + 36
        FROM (SELECT id AS of, young / 8 - 25 AS d FROM numbered WHERE n < :last - :unbooked) x WHERE id = of""",
    """UPDATE shipment SET container = 'CSQU3054383', seal = number
        WHERE id IN (SELECT id FROM numbered WHERE n < :last - :unbooked - :booked)""",
    """INSERT INTO shipment_document (shipment_id, code, name_en, name_id, owed_by, blocks, needed, made_by_system,
            verified, needed_by, number, issued_on)
        SELECT id, code, code, code, 'exporter', '["VESSEL_DEPARTED"]', true, false, true, needed_by,
            CASE WHEN there THEN name END, CASE WHEN there THEN current_date - 40 END
        FROM numbered, (VALUES ('CI', 'ETD-7'), ('PL', 'ETD-7'), ('FUM', 'ETD-3'), ('PEB', 'CLOSING'),
            ('NPE', 'CLOSING'), ('COO', 'ETA-7'), ('VGM', 'CLOSING-1'), ('BL', 'ETD+3')) k(code, needed_by),
            LATERAL (SELECT young = 0 OR (n + length(code)) % 3 = 0 AS there) t""",
    """INSERT INTO shipment_milestone (shipment_id, code, place, occurred_at, recorded_at)
        SELECT id, code, 'IDSRG', now() - interval '9 days', now() FROM numbered,
            (VALUES ('PEB_SUBMITTED', :last - :unbooked - :booked), ('NPE_ISSUED', :last - :unbooked - :booked),
                ('STUFFED_SEALED', :last - :unbooked - :booked), ('GATE_IN', :last - :unbooked - :booked - :sealed),
                ('LOADED', :last - :unbooked - :booked - :sealed),
                ('VESSEL_DEPARTED', :last - :unbooked - :booked - :sealed), ('DISCHARGED', :last - :open),
                ('IMPORT_CLEARED', :last - :open), ('DELIVERED', :last - :open)) m(code, until)
        WHERE n < until""",
)
CARTONS_OF = """
    INSERT INTO carton (sscc, lot, pieces, gross_g, length_mm, width_mm, height_mm, packed_at, hub, gathered_at,
        shipment_id)
    SELECT lpad((:first + row_number() OVER ())::text, 18, '0'), name, 200, 9200, 600, 400, 400, now(), :hub, now(), id
    FROM numbered, LATERAL generate_series(1, CASE n WHEN :long_one THEN :long ELSE :cartons END) c"""
"""Their numbers have no check digits: nothing scans them."""

FILLED = (
    "buyer_order", "order_line", "clearance", "lot", "shipment", "shipment_document", "shipment_milestone", "carton",
)  # fmt: skip
LONG_ONE = SHIPMENTS - UNBOOKED - 1
"""Booked a short while ago."""


def desk(system: System) -> None:
    """Milliseconds from the request for a page to the whole of it, by one client."""
    id, middle = _fill(system)
    pages = {
        "the desk": ("/logistics/", 100),
        "the desk, a later page": (f"/logistics/?after={cursor_of(f'9999-12-31 {middle}')}", 100),
        "the calendar": ("/logistics/calendar", 200),
        f"a shipment of {LONG:,} cartons": (f"/logistics/shipment/{id}", 200),
        "the list": ("/logistics/v1/shipments", 100),
        "the list, in the middle": (f"/logistics/v1/shipments?after={cursor_of(middle)}", 100),
    }
    person, url = system.accounts.person("logistics", LOGISTICS, None), system.urls["logistics"]
    with httpx.Client(timeout=60, trust_env=False, base_url=url, follow_redirects=True) as client:
        entered = {"email": person.email, "password": person.password}
        client.post("/logistics/sign-in", data=entered).raise_for_status()
        client.headers["Authorization"] = f"Bearer {system.accounts.key(LOGISTICS)}"
        for name, (path, enough) in pages.items():
            taken = _milliseconds(client, path)
            p95 = quantiles(taken, n=20)[18]
            told = "" if p95 < enough else f"  more than {enough} ms!"
            print(f"  {name}: median {median(taken):.0f} ms, 95th {p95:.0f} ms{told}")


def _milliseconds(client: httpx.Client, path: str) -> list[float]:
    taken = []
    for _ in range(ASKED + 1):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        taken.append(1000 * (time.perf_counter() - began))
    return taken[1:]


def _fill(system: System) -> tuple[str, str]:
    """The ids of the long shipment and of one in the middle."""
    owner = Database(system.addresses.owner_urls["logistics"], sees=SERVICE, pool_size=1)
    await_reference(owner)
    known = {
        "hub": HUB, "last": SHIPMENTS, "open": OPEN, "unbooked": UNBOOKED, "booked": BOOKED, "sealed": SEALED,
        "of_an_order": OF_AN_ORDER, "long": LONG, "long_one": LONG_ONE, "cartons": CARTONS, "first": int(sscc(1)) * 10,
    }  # fmt: skip
    with owner.transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in (*FILL, CARTONS_OF):
            session.execute(text(statement), known)
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text(f"VACUUM ANALYZE {', '.join(FILLED)}"))
    with owner.transaction() as session:
        found = "SELECT id::text FROM shipment WHERE number = :number"
        ids = [
            session.execute(text(found), {"number": number}).scalar_one()
            for number in (f"BENCH-{LONG_ONE:07}", f"BENCH-{SHIPMENTS // 2:07}")
        ]
    owner.close()
    return ids[0], ids[1]
