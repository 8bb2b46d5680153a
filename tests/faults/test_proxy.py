"""The proxy between services and servers spoils what it is asked to, and nothing else."""

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from kendi.faults.proxy import Proxy, Spoil

SECONDS = 10


@dataclass
class Way:
    """A client's and a server's end of a connection through a proxy."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        yield server


@pytest.fixture
def way(listening: socket.socket) -> Iterator[Way]:
    proxy = Proxy(listening.getsockname()[1], seed=1)
    with socket.create_connection(("127.0.0.1", proxy.port), SECONDS) as client:
        server, _ = listening.accept()
        server.settimeout(SECONDS)
        with server:
            yield Way(proxy, client, server)
    proxy.close()


def all_of(end: socket.socket) -> bytes:
    """Everything that comes until the other side closes."""
    got = bytearray()
    while data := end.recv(1000):
        got += data
    return bytes(got)


def test_what_is_held_up_is_not_overtaken_when_the_way_is_healed(way: Way) -> None:
    way.proxy.spoil(Spoil(delay_s=0.3))
    way.client.sendall(b"first, ")
    way.proxy.spoil(Spoil(delay_s=0.2))
    way.client.sendall(b"second, ")
    way.proxy.spoil(Spoil())
    way.client.sendall(b"third")
    way.client.shutdown(socket.SHUT_WR)
    assert all_of(way.server) == b"first, second, third"


def test_many_pieces_that_are_held_up_arrive_in_their_order(way: Way) -> None:
    way.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sent = b"".join(b"%d " % number for number in range(2000))

    def send() -> None:
        for number in range(2000):
            if number in (500, 1500):
                way.proxy.spoil(Spoil(delay_s=0.05 if number == 500 else 0))
            way.client.sendall(b"%d " % number)
        way.client.shutdown(socket.SHUT_WR)

    sending = threading.Thread(target=send)
    sending.start()
    assert all_of(way.server) == sent
    sending.join()


def test_a_commit_reaches_the_server_and_its_answer_does_not_come_back(way: Way) -> None:
    way.proxy.spoil(Spoil(lost_commits=1))
    way.client.sendall(b"COMMIT\x00")
    assert all_of(way.server) == b"COMMIT\x00"
    assert all_of(way.client) == b""


def test_nothing_passes_a_connection_that_is_half_open_and_a_new_one_is_whole(
    way: Way, listening: socket.socket
) -> None:
    way.proxy.spoil(Spoil(half_open=True))
    way.client.sendall(b"unheard")
    way.proxy.spoil(Spoil())
    with socket.create_connection(("127.0.0.1", way.proxy.port), SECONDS) as client:
        server, _ = listening.accept()
        server.settimeout(SECONDS)
        with server:
            client.sendall(b"heard")
            client.shutdown(socket.SHUT_WR)
            assert all_of(server) == b"heard"
    way.server.setblocking(False)
    with pytest.raises(BlockingIOError):
        way.server.recv(1)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere packets can't be dropped")
def test_that_nobody_is_there_is_found_out_by_a_sign_of_life_that_is_not_answered(way: Way) -> None:
    way.client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
        way.client.setsockopt(socket.IPPROTO_TCP, option, 1)
    way.client.settimeout(None)
    way.proxy.spoil(Spoil(half_open=True))
    with pytest.raises(TimeoutError) as failed:
        way.client.recv(1)
    assert failed.value.errno == errno.ETIMEDOUT
