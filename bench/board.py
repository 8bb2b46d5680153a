"""The work board with a hundred thousand work orders in the table, as an officer and as the regional office open it."""

import time
from statistics import median, quantiles

import httpx
from sqlalchemy import text

from kendi.system import System
from shared.database import Database
from shared.sight import SERVICE
from shared.web.access import FACILITY, KANWIL

WORK_ORDERS = 100_000
ASKED = 100
ENOUGH_MS = 100
PAGES = (
    (FACILITY, "LPS-SRG", "/production/"),
    (KANWIL, None, "/production/"),
    (KANWIL, None, "/production/facilities/"),
)


def opened(system: System) -> None:
    """Milliseconds from the request for a page to the whole of it, by one client."""
    owner = Database(system.addresses.owner_urls["production"], sees=SERVICE, pool_size=1)
    with owner.transaction() as session:
        there = session.execute(text("SELECT count(*) FROM work_order")).scalar_one()
    owner.close()
    if there < WORK_ORDERS:
        raise RuntimeError(f"{there:,} work orders are there, too few for this measurement")
    for role, code, path in PAGES:
        taken = _milliseconds(system, role, code, path)
        p95 = quantiles(taken, n=20)[18]
        told = "" if p95 < ENOUGH_MS else f"  more than {ENOUGH_MS} ms!"
        print(
            f"  {path} of {role} with {there:,} work orders: median {median(taken):.0f} ms, 95th {p95:.0f} ms{told}"
        )


def _milliseconds(system: System, role: str, code: str | None, path: str) -> list[float]:
    person, url = system.accounts.person("production", role, code), system.urls["production"]
    taken = []
    with httpx.Client(timeout=30, trust_env=False, base_url=url, follow_redirects=True) as client:
        entered = {"email": person.email, "password": person.password}
        client.post("/production/sign-in", data=entered).raise_for_status()
        for _ in range(ASKED + 1):
            began = time.perf_counter()
            client.get(path).raise_for_status()
            taken.append(1000 * (time.perf_counter() - began))
    return taken[1:]
