"""Scans at a hub that the API takes: one by one, as a scanner sends them, and in batches of fifty."""

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from sqlalchemy import text

from bench.waiting import until
from kendi.system import System
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import LOGISTICS

ALONE, IN_BATCHES, BATCH, CLIENTS = 400, 4_000, 50, 4
HUB = "LPS-SRG"

KNOWN = """SELECT EXISTS (SELECT FROM item WHERE sku = 'CR-BALL-07')
    AND EXISTS (SELECT FROM facility WHERE code = :hub)"""
SEED = (
    """INSERT INTO buyer_order (id, buyer, buyer_name, po_number, currency, incoterm, named_place)
        VALUES (:order, 'BENCH', 'Bench', 'BENCH-SCANS', 'USD', 'FCA', 'Semarang')""",
    """INSERT INTO order_line (order_id, number, sku, ordered, unit_price, consignee_name, consignee_address,
        destination) VALUES (:order, 1, 'CR-BALL-07', 1000000, 1, 'Toko', '["Semarang"]', 'BE')""",
    """INSERT INTO clearance (order_id, line, purpose, quantity, destination, lane, policies, granted_on, expires_on)
        VALUES (:order, 1, 'produce', 1000000, 'BE', 'custodial', '[]', current_date, current_date + 90)""",
    """INSERT INTO lot (code, order_id, line, sku, facility, lane, good)
        VALUES ('BENCH-SCANS', :order, 1, 'CR-BALL-07', :hub, 'custodial', 1000000)""",
)


def scans(system: System) -> None:
    _seed(system)
    headers = {"Authorization": f"Bearer {system.accounts.key(LOGISTICS)}"}
    base = f"{system.urls['logistics']}/logistics/v1"
    with httpx.Client(timeout=60, trust_env=False, headers=headers, base_url=base) as client:
        ssccs = _packed(client)
        alone = _rate(client, [[sscc] for sscc in ssccs[:ALONE]])
        together = _rate(client, [ssccs[at : at + BATCH] for at in range(ALONE, len(ssccs), BATCH)])
    print(
        f"Scans taken at a hub ({CLIENTS} clients): {alone:.0f}/s one by one, {together:.0f}/s in batches of {BATCH}"
    )


def _seed(system: System) -> None:
    owner = Database(system.addresses.owner_urls["logistics"], sees=SERVICE, pool_size=1)
    await_reference(owner)
    with owner.transaction() as session:
        known = {"order": uuid.uuid4(), "hub": HUB}
        for statement in SEED:
            session.execute(text(statement), known)
    owner.close()


def await_reference(owner: Database) -> None:
    """Items and facilities are heard of from the other services."""

    def known() -> bool:
        with owner.transaction() as session:
            return bool(session.execute(text(KNOWN), {"hub": HUB}).scalar_one())

    until(known)


def _packed(client: httpx.Client) -> list[str]:
    body = {"lot": "BENCH-SCANS", "quantity": 200 * (ALONE + IN_BATCHES)}
    answer = client.post("/cartons", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    return [carton["sscc"] for carton in answer.raise_for_status().json()]


def _rate(client: httpx.Client, groups: Sequence[Sequence[str]]) -> float:
    """Scans a second, of requests that each send one group."""

    def send(group: Sequence[str]) -> None:
        body = {"what": "gathered", "hub": HUB, "scans": [{"sscc": sscc} for sscc in group]}
        answer = client.post("/scans", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
        assert all(each["outcome"] == "accepted" for each in answer.raise_for_status().json())

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, groups))
    return sum(map(len, groups)) / (time.perf_counter() - began)
