"""Slow and hostile buyers' servers: they hold up nobody else, and lead nowhere but where they may."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from select import select
from threading import Event, Thread

import httpcore
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.orders import feed, webhooks
from services.orders.webhooks import delivery
from services.orders.webhooks.address import hosts_of
from services.orders.webhooks.connection import Deadline, post
from shared.refusal import Refused
from tests.awaiting import until
from tests.orders.conftest import Orders
from tests.orders.test_webhooks import Endpoint, deliver, deliveries, endpoint, is_due, placed, registered

__all__ = ["endpoint"]

SECONDS_FOR_A_TEST = 20


@contextmanager
def a_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of raw sockets on a port of its own; it serves one connection after another."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ended = Event()

        def accept() -> None:
            while not ended.is_set():
                connected, _ = listening.accept()
                with connected:
                    if not ended.is_set():
                        serve(connected)

        thread = Thread(target=accept)
        thread.start()
        port: int = listening.getsockname()[1]
        yield port
        ended.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


def url(port: int, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{port}/kendi"


def test_a_server_that_never_answers_holds_up_no_other_endpoint(orders: Orders, endpoint: Endpoint) -> None:
    asked, released = Event(), Event()

    def hang(connected: socket.socket) -> None:
        asked.set()
        released.wait(SECONDS_FOR_A_TEST)

    with a_server(hang) as port, ThreadPoolExecutor(1) as runner:
        registered(orders, url(port))
        registered(orders, endpoint.url)
        placed(orders)
        run = runner.submit(deliver, orders)
        assert asked.wait(SECONDS_FOR_A_TEST)
        until(lambda: len(endpoint.told) == 2)
        placed(orders, "PO-2")
        until(lambda: len(endpoint.told) == 4)
        assert not run.done()
        released.set()
        run.result(SECONDS_FOR_A_TEST)


def test_an_endpoint_is_told_one_thing_at_a_time(orders: Orders) -> None:
    """Else a slow server would hold every thread."""
    overlapping: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as runner:
        listening.settimeout(SECONDS_FOR_A_TEST)
        registered(orders, url(listening.getsockname()[1]))
        for number in range(3):
            placed(orders, f"PO-{number}")
        run = runner.submit(deliver, orders)
        for _ in range(3):
            connected, _ = listening.accept()
            overlapping += select([listening], [], [], 2 * delivery.LOOK_AGAIN)[0]
            connected.close()
        run.result(SECONDS_FOR_A_TEST)
    assert overlapping == []
    assert [row["attempts"] for row in deliveries(orders)] == [1, 0, 1, 0, 1, 0]


def test_a_run_ends_after_so_many_and_the_next_goes_on(
    orders: Orders, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST", 3)
    registered(orders, endpoint.url)
    for number in range(2):
        placed(orders, f"PO-{number}")
    deliver(orders)
    assert len(endpoint.told) == 3
    deliver(orders)
    assert len(endpoint.told) == 4


def test_a_run_that_is_told_to_stop_begins_nothing(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    placed(orders)
    stop = Event()
    stop.set()
    webhooks.deliver_due(orders.database, orders.client.application.extensions["kendi"].settings, stop)
    assert endpoint.told == []
    assert deliveries(orders) == []
    assert is_due(orders)


def test_a_server_that_answers_byte_by_byte_gains_no_time(orders: Orders) -> None:
    def dribble(connected: socket.socket) -> None:
        with_pauses = Event()
        try:
            connected.sendall(b"HTTP/1.1 200 OK\r\nX-Padding: ")
            while not with_pauses.wait(0.02):
                connected.sendall(b"x")
        except OSError:
            return

    with a_server(dribble) as port:
        began = time.monotonic()
        with pytest.raises(httpcore.TimeoutException):
            send(url(port), seconds=0.5)
        assert 0.4 < time.monotonic() - began < 2


def test_a_server_that_does_not_read_gains_no_time() -> None:
    released = Event()

    def ignore(connected: socket.socket) -> None:
        released.wait(SECONDS_FOR_A_TEST)

    with a_server(ignore) as port:
        began = time.monotonic()
        with pytest.raises(httpcore.TimeoutException):
            send(url(port), seconds=0.5, body="x" * 50_000_000)
        assert time.monotonic() - began < 3
        released.set()


def send(to: str, *, seconds: float = SECONDS_FOR_A_TEST, demo: bool = True, body: str = "{}") -> int:
    return post(to, body=body, headers={}, deadline=Deadline.after(seconds), demo=demo).status


def test_a_name_that_leads_home_by_now_is_not_connected_to() -> None:
    """As when it led to the internet while it was checked, and to this machine a moment later."""
    reached: list[bool] = []
    with (
        a_server(lambda connected: reached.append(True)) as port,
        pytest.raises(Refused, match="private network"),
    ):
        send(url(port, "localhost"), demo=False)
    assert reached == []


def test_a_name_that_leads_both_to_the_internet_and_home_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No name that we could ask for leads to both, so the resolver is made to say so."""
    reached: list[bool] = []

    def both(host: str, port: int, **_: object) -> list[object]:
        stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*stream, ("8.8.8.8", port)), (*stream, ("127.0.0.1", port))]

    with a_server(lambda connected: reached.append(True)) as port:
        monkeypatch.setattr(socket, "getaddrinfo", both)
        with pytest.raises(Refused, match="private network"):
            send(url(port, "both.example"), demo=True)
        with pytest.raises(Refused, match="private network"):
            webhooks.check_address("https://both.example/", demo=True)
        monkeypatch.undo()
    assert reached == []


def test_what_was_checked_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name that we could ask for turns between two questions, so the resolver is made to."""
    leads_to, tried = iter(["8.8.8.8", "127.0.0.1"]), list[tuple[str, int]]()

    def turning(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(leads_to), port))]

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(httpcore.ConnectError):
        send("https://turns.example/", demo=False)
    assert tried == [("8.8.8.8", 443)]


def test_a_name_that_nobody_answers_for_holds_up_no_delivery_and_no_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No resolver that we could ask keeps silent, so it is made to."""
    let_go = Event()

    def silent(*_: object, **__: object) -> list[object]:
        let_go.wait(SECONDS_FOR_A_TEST)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(Refused, match="not found in time"):
        send("https://silent.example/", seconds=0.2, demo=False)
    with pytest.raises(Refused, match="not found in time"):
        hosts_of("silent.example", 443, demo=False, seconds=0.2)
    let_go.set()


def test_the_server_is_called_by_its_name_though_its_address_is_connected_to(endpoint: Endpoint) -> None:
    assert send(endpoint.url.replace("127.0.0.1", "localhost")) == 200
    assert endpoint.told[0].headers["host"].startswith("localhost:")
    assert endpoint.told[0].body == b"{}"


def test_the_certificate_is_asked_for_by_name() -> None:
    names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _, name, __: names.append(name)

    def greet(connected: socket.socket) -> None:
        with pytest.raises(ssl.SSLError):  # we have no certificate to show
            context.wrap_socket(connected, server_side=True)

    with a_server(greet) as port, pytest.raises(httpcore.ConnectError):
        send(url(port, "localhost").replace("http:", "https:"))
    assert names == ["localhost"]


# Two workers at once


def claimed(session: Session) -> list[int]:
    wanted = {"busy": [], "most": delivery.AT_ONCE, "lease": delivery.LEASE}
    return [row.id for row in session.execute(delivery.CLAIM, wanted)]


def test_a_failing_endpoint_is_probed_by_one_of_two_workers(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    for number in range(3):
        placed(orders, f"PO-{number}")
    with orders.database.transaction() as session:
        feed.number(session)
        session.execute(
            text("UPDATE webhook_endpoint SET failures = 10, failing_since = now(), probe_at = now()")
        )
    with orders.database.transaction() as one:
        assert len(claimed(one)) == 1
        with orders.database.transaction() as other:
            assert claimed(other) == []
    with orders.database.transaction() as later:
        assert claimed(later) == []


def test_no_step_is_claimed_twice_or_before_the_one_before_it(orders: Orders, endpoint: Endpoint) -> None:
    registered(orders, endpoint.url)
    placed(orders)
    with orders.database.transaction() as session:
        feed.number(session)
    with orders.database.transaction() as one:
        first = claimed(one)
        with orders.database.transaction() as other:
            assert claimed(other) == []
    with orders.database.transaction() as later:
        assert claimed(later) == []
    assert first == [deliveries(orders)[0]["id"]]


def test_two_that_give_places_at_once_give_each_step_one(orders: Orders) -> None:
    with ThreadPoolExecutor(1) as runner:
        placed(orders)
        with orders.database.transaction() as one:
            assert feed.number(one) == 2
            placed(orders, "PO-2")

            def number() -> int:
                with orders.database.transaction() as other:
                    return feed.number(other)

            second = runner.submit(number)
            until(lambda: waits_for_a_lock(one))
        assert second.result(SECONDS_FOR_A_TEST) == 2
    with orders.database.transaction() as session:
        places = session.execute(text("SELECT position FROM feed ORDER BY position")).scalars().all()
    assert places == [1, 2, 3, 4]


def waits_for_a_lock(session: Session) -> bool:
    waiting = text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")
    return bool(session.execute(waiting).scalar_one())
