"""What a caller is told when the database fails, and how soon a database that vanished is found out."""

import importlib
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from kendi.faults.ground import PORT
from kendi.faults.proxy import Proxy, Spoil
from kendi.servers import Addresses
from shared.database import connect, make_engine
from shared.web.access import BUYER
from shared.web.problems import AWAY, ONLY_READ, PERHAPS_DONE
from tests.conftest import database_beside
from tests.orders.conftest import Caller, Orders, an_order
from tests.orders.test_pages import Visitor

ORDERS = "/orders/v1/orders"


@contextmanager
def altered(client: FlaskClient, addresses: Addresses, role: str) -> Iterator[None]:
    """The service's role as it is altered, for connections that it opens anew."""
    admin = make_engine(addresses.admin_database_url)
    before = "NOBYPASSRLS CONNECTION LIMIT -1"
    with admin.begin() as connection:
        connection.execute(text(f"ALTER ROLE orders_app {role}"))
    client.application.extensions["kendi"].database.engine.dispose()
    try:
        yield
    finally:
        with admin.begin() as connection:
            connection.execute(text(f"ALTER ROLE orders_app {before}"))
            connection.execute(text("ALTER ROLE orders_app RESET ALL"))
        admin.dispose()
        client.application.extensions["kendi"].database.engine.dispose()


@pytest.mark.parametrize(
    "role", ["CONNECTION LIMIT 0", "SET default_transaction_read_only = on"], ids=["away", "read-only"]
)
def test_who_asks_while_the_database_is_away_or_read_only_is_told_to_come_again(
    orders: Orders, addresses: Addresses, role: str
) -> None:
    with altered(orders.client, addresses, role):
        placed = orders.buyer.post(ORDERS, an_order())
    assert (placed.status_code, placed.headers["Retry-After"]) == (503, "2"), placed.text
    assert placed.json["detail"] == f"{AWAY} {PERHAPS_DONE}"
    assert orders.buyer.post(ORDERS, an_order()).status_code == 201


def test_who_amends_while_the_database_is_away_is_told_to_repeat_it_by_its_etag(
    orders: Orders, addresses: Addresses
) -> None:
    placed = orders.buyer.post(ORDERS, an_order())
    address = f"{ORDERS}/{placed.json['id']}"
    body, seen = {"lines": [{"line": 1, "quantity": 2}]}, placed.headers["ETag"]
    with altered(orders.client, addresses, "CONNECTION LIMIT 0"):
        away = orders.buyer.change("PATCH", address, body, seen=seen)
    assert "If-Match" in away.json["detail"]
    answers = [orders.buyer.change("PATCH", address, body, seen=seen).status_code for _ in range(2)]
    assert answers == [202, 412]


def test_who_only_reads_while_the_database_is_away_is_told_that_nothing_was_to_be_done(
    orders: Orders, addresses: Addresses
) -> None:
    visitor = Visitor(orders, BUYER, account="CHEWY-LOUIS")
    with altered(orders.client, addresses, "CONNECTION LIMIT 0"):
        read = orders.buyer.get(ORDERS)
        pages = [
            visitor.client.post(f"/orders/{path}", headers={"Accept": "text/html", "Accept-Language": "en"})
            for path in ("new", "sign-in", "sign-out")
        ]
    assert (read.status_code, read.json["detail"]) == (503, f"{AWAY} {ONLY_READ}")
    assert [page.status_code for page in pages] == [503] * 3
    looks = ["look first, and go back only if it was not" in page.text for page in pages]
    assert looks == [True, False, False], "signing in once more does no harm"


@pytest.fixture
def by_way(
    orders: Orders, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Caller, Proxy]]:
    """The buyer as a caller of another web process, and the way from there to the database."""
    url = addresses.app_urls["orders"]
    found = PORT.search(url)
    assert found is not None
    proxy = Proxy(int(found[0]), seed=1)
    monkeypatch.setenv("KENDI_ORDERS_DATABASE_URL", PORT.sub(str(proxy.port), url))
    app = importlib.import_module("services.orders.app").create_app()
    yield Caller(app.test_client(), orders.buyer.key), proxy
    app.extensions["kendi"].close()
    proxy.close()


def test_an_order_whose_commit_was_not_answered_is_there_once_when_it_is_sent_again(
    orders: Orders, by_way: tuple[Caller, Proxy]
) -> None:
    caller, proxy = by_way

    def count(number: int) -> int:
        with database_beside(orders.client).transaction() as session:
            query = text("SELECT count(*) FROM buyer_order WHERE po_number = :number")
            return int(session.execute(query, {"number": f"PO-{number}"}).scalar_one())

    proxy.spoil(Spoil(lost_commits=0.5))
    for number in range(100):
        lost = caller.post(ORDERS, an_order(po_number=f"PO-{number}"), idempotency_key=f"key {number}")
        if lost.status_code == 503 and count(number):
            break
    else:
        pytest.fail("no commit of an order was lost")
    assert lost.json["detail"] == f"{AWAY} {PERHAPS_DONE}"
    proxy.spoil(Spoil())
    again = caller.post(ORDERS, an_order(po_number=f"PO-{number}"), idempotency_key=f"key {number}")
    assert again.status_code == 201, again.text
    assert count(number) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere these options have other names")
def test_every_connection_finds_out_soon_that_nobody_is_there_any_more(addresses: Addresses) -> None:
    url = addresses.app_urls["orders"]
    engine = make_engine(url, pool_size=1)
    with connect(url) as alone, engine.connect() as pooled:
        assert pooled.connection.driver_connection is not None
        for descriptor in (alone.fileno(), pooled.connection.driver_connection.fileno()):
            with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as found:
                idle, between, tries = (
                    found.getsockopt(socket.IPPROTO_TCP, option)
                    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
                )
                unconfirmed = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert idle + between * tries <= 25
            assert unconfirmed <= 25_000
    engine.dispose()
