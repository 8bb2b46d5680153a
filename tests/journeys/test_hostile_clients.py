"""Clients that mean harm, at the sockets of a running system: others are served, and nothing is written."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from kendi.system import System
from shared.web.access import BUYER

pytestmark = pytest.mark.flow

BODY = json.dumps({"po_number": "PO-1"}).encode()
SLOW = 200


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("hostile")
    with System(folder, free_ports=True, fsync=False, say=lambda _: None) as running:
        yield running


def connect(system: System) -> socket.socket:
    address = urlsplit(system.urls["orders"])
    assert address.hostname
    return socket.create_connection((address.hostname, address.port or 80), timeout=30)


def request_of(system: System, *headers: str, key: str | None = None) -> bytes:
    """The head of a POST of an order, without its end."""
    said = (
        "POST /orders/v1/orders HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {key or system.accounts.key(BUYER)}",
        "Idempotency-Key: hostile-1",
        "Content-Type: application/json",
        *headers,
    )
    return "\r\n".join(said).encode() + b"\r\n\r\n"


def answer_of(connection: socket.socket) -> str:
    return connection.recv(65_536).decode(errors="replace")


def orders_of(system: System) -> int:
    key = {"Authorization": f"Bearer {system.accounts.key(BUYER)}"}
    return len(httpx.get(f"{system.urls['orders']}/orders/v1/orders", headers=key).raise_for_status().json())


def test_two_hundred_clients_that_never_finish_a_request_keep_nobody_waiting(system: System) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(system)) for _ in range(SLOW)]
        for number, connection in enumerate(slow):
            half = request_of(system, f"Content-Length: {len(BODY)}") + BODY[:3]
            connection.sendall(half[: 20 + number] if number % 2 else half)
        for _ in range(5):
            began = time.monotonic()
            assert orders_of(system) == 0
            assert time.monotonic() - began < 5, "a client that behaves waits for those that do not"


def test_a_body_without_an_end_is_cut_off_at_its_limit(system: System) -> None:
    with connect(system) as connection:
        connection.sendall(request_of(system, "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        try:
            for _ in range(64):
                connection.sendall(chunk)
        except OSError:
            return  # it hung up before we had sent four times the limit
        assert " 413 " in answer_of(connection).split("\r\n", 1)[0]
    assert orders_of(system) == 0


def test_a_length_that_is_beyond_the_limit_is_refused_before_the_body_is_sent(system: System) -> None:
    with connect(system) as connection:
        connection.sendall(request_of(system, "Content-Length: 52428800"))
        assert " 413 " in answer_of(connection).split("\r\n", 1)[0]


def test_a_packed_body_is_not_unpacked(system: System) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    with connect(system) as connection:
        head = request_of(system, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
        connection.sendall(head + bomb)
        assert " 415 " in answer_of(connection).split("\r\n", 1)[0]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: -1",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"X-Header: a\x00b",
    ],
    ids=["length and chunks", "negative length", "two lengths", "NUL"],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(system: System, spoilt: bytes) -> None:
    with connect(system) as connection:
        head = request_of(system)[:-2] + spoilt + b"\r\n\r\n"
        connection.sendall(head + b"5\r\nhello\r\n0\r\n\r\n")
        status = answer_of(connection).split(" ")[1:2]
    assert status in ([], ["400"], ["413"], ["422"]), status
    assert orders_of(system) == 0


def test_what_a_client_says_stays_within_one_line_of_the_log(system: System) -> None:
    told = "kendi%0A%7B%22level%22:%22ERROR%22%7D"
    httpx.get(f"{system.urls['orders']}/orders/v1/{told}", headers={"User-Agent": 'x" {"level": "ERROR"'})
    httpx.get(f"{system.urls['orders']}/orders/order/%0d%0aSet-Cookie:x=1")
    logs = list(Path(system.data, "logs").glob("orders-web*"))
    assert logs
    for line in "\n".join(log.read_text() for log in logs).splitlines():
        assert isinstance(json.loads(line), dict), line
