"""Run all measurements on a system of their own and print them."""

import os
import platform
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
import psycopg
from sqlalchemy import text

from bench import allocation, bare, board, epcis, lists, messages, papers, replanning, scans, shipments
from bench.waiting import share_of_a_core, until, until_quiet
from kendi.system import System
from shared.clock import real_now
from shared.database import Database
from shared.messaging.outbox import CHANNEL
from shared.sight import SERVICE
from shared.web.access import BUYER

CLIENTS = (1, 8, 32)
POSTS = 400
TO_THE_BOARD, WARM = 60, 20
"""Orders on their way to the board, and how many of them come first and are not counted."""
ROUNDS = 3
SKUS = ("CR-BALL-07", "CR-RING-15", "CR-TUG-040")
LINES = len(SKUS)
SETTLING_SECONDS = 10
IDLE_SECONDS = 20
WITHOUT_LIMITS = {"KENDI_REQUESTS_PER_KEY": "0", "KENDI_REQUESTS_PER_ADDRESS": "0"}


def main() -> None:
    print(f"Python {platform.python_version()} of {sys.base_prefix}, {os.cpu_count()} cores")
    with (
        tempfile.TemporaryDirectory(prefix="kendi-bench-") as folder,
        System(Path(folder), free_ports=True, settings=WITHOUT_LIMITS) as system,
    ):
        idle(system)
        to_the_board(system, "in a fresh system")
        events_beside_bare_tasks(system)
        to_the_board(system, "just after these events")
        through_the_chain(system)
        against_a_bare_route(system)
        allocation.allocations(system)
        replanning.replanning()
        print("The work board and the regional office's page:")
        board.opened(system)
        scans.scans(system)
        print(f"The dispatch desk over {shipments.SHIPMENTS:,} shipments:")
        shipments.desk(system)
        print("Pages of lists, and a timeline:")
        slower = lists.long_lists(system)
        print(f"Papers of {papers.CARTONS:,} cartons:")
        papers.long_papers()
        epcis.long_document()
    if slower:
        told = ", ".join(f"{name} {ratio:.2f}" for name, ratio in slower.items())
        sys.exit(f"With {lists.MANY:,} orders these take more than {lists.MOST} times as long: {told}")


def events_beside_bare_tasks(system: System) -> None:
    """By turns, in one run: whole events with their writes, and Celery tasks that do nothing."""
    whole, bare_rate = [], []
    for _ in range(ROUNDS):
        bare_rate.append(messages.bare_tasks(system))
        whole.append(messages.events(system))
    print(
        f"Events from commit to receipt: {median(whole):.0f}/s; bare Celery tasks: {median(bare_rate):.0f}/s"
        f" (one worker process each): {median(whole) / median(bare_rate):.2f} events for each bare task"
    )


def idle(system: System) -> None:
    """The share of a core that all processes of ours take while nothing happens, once they have settled."""
    time.sleep(SETTLING_SECONDS)
    taken = share_of_a_core(system, IDLE_SECONDS)
    print(
        f"Idle: {100 * taken:.1f} % of a core for {len(system.children)} processes (the servers not counted)"
    )


def against_a_bare_route(system: System) -> None:
    """POST of a three-line order beside a Flask route that commits one row, by turns, in one run.

    The orders are for Belgium: they are held, so that no facility's work runs beside the measurement.
    """
    print(
        f"POST of a three-line order beside a bare route that commits one row ({ROUNDS} rounds of {POSTS}):"
    )
    with bare.serving(system) as url:
        for clients in CLIENTS:
            plain, order = Load(clients), Load(clients)
            for _ in range(ROUNDS):
                plain.ask(lambda client: client.post(f"{url}/row", json={"quantity": 1}))
                order.ask(lambda client: _place(client, system, to="BE"))
            print(
                f"  {clients} clients: {order.rate:.0f}/s, median {order.percentile(50):.0f} ms,"
                f" 99th {order.percentile(99):.0f} ms; bare {plain.rate:.0f}/s,"
                f" {plain.percentile(50):.0f} and {plain.percentile(99):.0f} ms:"
                f" {plain.rate / order.rate:.1f} bare requests for an order"
            )


def to_the_board(system: System, when: str) -> None:
    """From a POST until its work orders stand in production's table, on an idle system.

    The one before it is followed by work of its own, as of warnings; that ends first. The first orders are not
    counted: only after ten times has a connection prepared a statement and kept its plan.
    Production's own notification is awaited: asking every few milliseconds takes half a core.
    """
    url = system.addresses.app_urls["production"].replace("+psycopg", "")
    for lines in (1, LINES):
        with (
            _client() as client,
            _database(system, "production") as production,
            psycopg.connect(url, autocommit=True) as told,
        ):
            told.execute(f"LISTEN {CHANNEL}")
            each = (
                _milliseconds_to_the_board(client, system, production, told, lines)
                for _ in range(TO_THE_BOARD)
            )
            taken = list(each)[WARM:]
        print(
            f"POST to work order on the board {when}, {lines} lines: median {median(taken):.0f} ms,"
            f" 95th {quantiles(taken, n=20)[18]:.0f} ms"
        )


def _milliseconds_to_the_board(
    client: httpx.Client, system: System, production: Database, told: psycopg.Connection[Any], lines: int
) -> float:
    until_quiet(system)
    list(told.notifies(timeout=0))  # of the one before
    began = time.monotonic()
    order = _place(client, system, lines=lines).json()
    while list(told.notifies(timeout=30, stop_after=1)):
        if _are_on_the_board(production, order["id"], lines):
            return 1000 * (time.monotonic() - began)
    raise TimeoutError("production has told nothing for half a minute")


def through_the_chain(system: System) -> None:
    """Orders a second from POST until the plan of each line is back in orders."""
    with _database(system, "orders") as orders, _client() as client:
        before = _planned(orders)
        began = time.monotonic()
        ids = [_place(client, system).json()["id"] for _ in range(POSTS)]
        placed = time.monotonic() - began
        until(lambda: _planned(orders) - before >= 3 * len(ids), seconds=120)
        whole = time.monotonic() - began
    print(
        f"Through the chain: {len(ids) / whole:.0f} orders/s ({len(ids) / placed:.0f}/s placed by one client)"
    )


def _place(client: httpx.Client, system: System, *, to: str = "ID", lines: int = LINES) -> httpx.Response:
    """An order of so many lines; one for home needs no release."""
    line = {
        "quantity": 200,
        "requested_date": (real_now() + timedelta(days=300)).date().isoformat(),
        "consignee": {"name": "Toko", "address": ["Semarang"], "country": to},
    }
    response = client.post(
        f"{system.urls['orders']}/orders/v1/orders",
        headers={
            "Authorization": f"Bearer {system.accounts.key(BUYER)}",
            "Idempotency-Key": str(uuid.uuid4()),
        },
        json={
            "po_number": str(uuid.uuid4()),
            "currency": "USD",
            "incoterm": "FCA",
            "named_place": "Semarang",
            "lines": [{**line, "sku": sku} for sku in SKUS[:lines]],
        },
    )
    return response.raise_for_status()


class Load:
    """Requests of so many clients at once, and how long each took."""

    def __init__(self, clients: int) -> None:
        self._clients = clients
        self._rates: list[float] = []
        self._taken: list[float] = []

    def ask(self, request: Callable[[httpx.Client], httpx.Response]) -> None:
        """One round."""
        began = time.monotonic()
        with ThreadPoolExecutor(self._clients) as pool:
            for taken in pool.map(partial(self._work, request), [POSTS // self._clients] * self._clients):
                self._taken += taken
        self._rates.append(POSTS // self._clients * self._clients / (time.monotonic() - began))

    def _work(self, request: Callable[[httpx.Client], httpx.Response], count: int) -> list[float]:
        taken = []
        with _client() as client:
            for _ in range(count):
                began = time.monotonic()
                request(client).raise_for_status()
                taken.append(1000 * (time.monotonic() - began))
        return taken

    @property
    def rate(self) -> float:
        """Requests a second, the median of the rounds."""
        return median(self._rates)

    def percentile(self, which: int) -> float:
        """Milliseconds."""
        return quantiles(self._taken, n=100)[which - 1]


def _are_on_the_board(production: Database, order_id: str, lines: int) -> bool:
    """Whether each of the order's lines has a work order."""
    with production.one_by_one() as session:
        found = session.execute(
            text("SELECT count(*) FROM work_order WHERE order_id = :id"), {"id": order_id}
        )
        return int(found.scalar_one()) >= lines


def _planned(orders: Database) -> int:
    with orders.transaction() as session:
        return int(session.execute(text("SELECT count(*) FROM order_line WHERE allocated > 0")).scalar_one())


def _client() -> httpx.Client:
    return httpx.Client(timeout=30, trust_env=False)


@contextmanager
def _database(system: System, service: str) -> Iterator[Database]:
    database = Database(system.addresses.app_urls[service], sees=SERVICE, pool_size=1)
    yield database
    database.close()


if __name__ == "__main__":
    main()
