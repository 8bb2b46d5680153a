"""Clients that mean harm, at the sockets of a running system: others are served, and nothing is written."""

import gzip
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from select import select
from urllib.parse import urlsplit

import httpx
import pytest

from kendi.system import System
from services.orders.rows import NEEDED
from shared.web.access import BUYER, LOGISTICS
from tests.awaiting import until

pytestmark = pytest.mark.flow

SERVICES = ("orders", "production", "logistics")
every_service = pytest.mark.parametrize("service", SERVICES)
BODY = json.dumps({"po_number": "PO-1"}).encode()
SLOW = 200


@pytest.fixture(scope="module")
def system(prepared: Callable[[str], Path]) -> Iterator[System]:
    folder = prepared("hostile")
    with System(folder, free_ports=True, fsync=False, say=lambda _: None) as running:
        yield running


def connect(system: System, service: str = "orders") -> socket.socket:
    address = urlsplit(system.urls[service])
    assert address.hostname
    return socket.create_connection((address.hostname, address.port or 80), timeout=30)


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
IMPORT = "many orders at once"
POSTS = {
    "orders": ("/orders/v1/orders", BUYER, JSON),
    "production": ("/production/sign-in", BUYER, FORM),
    "logistics": ("/logistics/v1/pallets", LOGISTICS, JSON),
    IMPORT: ("/orders/v1/orders/import", BUYER, "text/csv"),
}


def request_of(system: System, *headers: str, service: str = "orders") -> bytes:
    """The head of a POST, with the empty line and without the body."""
    path, role, kind = POSTS[service]
    said = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {system.accounts.key(role)}",
        "Idempotency-Key: hostile-1",
        f"Content-Type: {kind}",
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
        took = []
        for _ in range(5):
            began = time.monotonic()
            assert orders_of(system) == 0
            took.append(time.monotonic() - began)
        let_go, _, _ = select(slow, [], [], 0)
        assert let_go == [], "they were answered or cut off: nobody was served beside them"
        assert min(took) < 1, "a client that behaves waits for those that do not"


@every_service
def test_a_body_without_an_end_is_cut_off_at_its_limit(system: System, service: str) -> None:
    with connect(system, service) as connection:
        connection.sendall(request_of(system, "Transfer-Encoding: chunked", service=service))
        chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
        try:
            for _ in range(64):
                connection.sendall(chunk)
        except OSError:
            return  # it hung up before we had sent four times the limit
        assert " 413 " in answer_of(connection).split("\r\n", 1)[0]
    assert orders_of(system) == 0


@every_service
def test_a_length_that_is_beyond_the_limit_is_refused_before_the_body_is_sent(
    system: System, service: str
) -> None:
    with connect(system, service) as connection:
        connection.sendall(request_of(system, "Content-Length: 52428800", service=service))
        assert " 413 " in answer_of(connection).split("\r\n", 1)[0]


@every_service
def test_a_packed_body_is_not_unpacked(system: System, service: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    with connect(system, service) as connection:
        head = request_of(system, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", service=service)
        connection.sendall(head + bomb)
        assert " 415 " in answer_of(connection).split("\r\n", 1)[0]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: -1",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"X-Header: a\x00b",
        b"Transfer-Encoding: gzip, chunked",
        b"Content-Length: +5",
        b"Transfer-Encoding : chunked",
        b"Content-Length: 0\r\nTransfer-Encoding: \x0bchunked",
        b"X-Folded: a\r\n Content-Length: 5",
    ],
    ids=[
        "length and chunks",
        "negative length",
        "two lengths",
        "NUL",
        "packed chunks",
        "signed length",
        "space before the colon",
        "tab before the coding",
        "folded",
    ],
)
def test_a_head_that_can_be_read_in_two_ways_is_refused(system: System, spoilt: bytes) -> None:
    with connect(system) as connection:
        head = request_of(system)[:-2] + spoilt + b"\r\n\r\n"
        connection.sendall(head + b"5\r\nhello\r\n0\r\n\r\n")
        status = answer_of(connection).split(" ")[1:2]
    assert status in ([], ["400"], ["413"], ["422"]), status
    assert orders_of(system) == 0


@every_service
def test_a_head_without_an_end_is_cut_off_and_others_are_served(system: System, service: str) -> None:
    with connect(system, service) as connection:
        connection.sendall(request_of(system, service=service)[:-2])
        try:
            for _ in range(40):
                connection.sendall(b"X-Long: " + b"a" * 60_000 + b"\r\n")
            assert answer_of(connection)[9:12] in ("", "400", "431")
        except OSError:
            pass  # it hung up before we had sent two megabytes
    livez = f"{system.urls[service]}/{service}/livez"
    assert httpx.get(livez).status_code == 200


def test_what_a_client_says_stays_within_one_line_of_the_log(system: System) -> None:
    forged = "lot%0D%0A%7B%22level%22:%20%22ERROR%22%7D"
    headers = {"User-Agent": 'x" {"level": "ERROR"'}
    answer = httpx.get(f"{system.urls['logistics']}/logistics/v1/lots/{forged}/labels.pdf", headers=headers)
    assert answer.status_code == 401
    logs = Path(system.data, "logs").glob("logistics-web*")
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    assert all(isinstance(line, dict) for line in lines)
    (told,) = [line for line in lines if 'lot\r\n{"level": "ERROR"}' in line["message"]]
    assert told["level"] == "WARNING"


def test_an_import_may_be_larger_than_other_bodies_and_each_of_its_rows_is_counted(system: System) -> None:
    long_row = ",".join(["PO-1", *["x" * 5_000] * (len(NEEDED) - 1)])
    rows = 15_000_000 // len(long_row)
    table = "\n".join([",".join(NEEDED), *[long_row] * rows]).encode()
    key = {"Authorization": f"Bearer {system.accounts.key(BUYER)}", "Content-Type": "text/csv"}
    with httpx.Client(base_url=system.urls["orders"], headers=key, timeout=30) as buyer:
        answer = buyer.post(POSTS[IMPORT][0], content=table, headers={"Idempotency-Key": "hostile-large"})
        assert (answer.status_code, answer.json()["rows"]) == (202, rows)
        until(lambda: buyer.get(answer.headers["Location"]).json()["state"] == "ended")
        assert buyer.get(answer.headers["Location"]).json()["refused"] == rows
    assert orders_of(system) == 0


def test_an_import_that_is_beyond_its_limit_is_refused_before_it_is_sent(system: System) -> None:
    with connect(system) as connection:
        connection.sendall(request_of(system, "Content-Length: 52428800", service=IMPORT))
        assert " 413 " in answer_of(connection).split("\r\n", 1)[0]


def test_a_packed_import_is_not_unpacked(system: System) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    with connect(system) as connection:
        head = request_of(system, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}", service=IMPORT)
        connection.sendall(head + bomb)
        assert " 415 " in answer_of(connection).split("\r\n", 1)[0]
