"""A connection for one delivery: to an address that was checked, and only until its deadline.

httpcore's own time limits begin anew with each byte, and its own connection looks the name up again
after whoever checked it; a server could use both against us.
"""

import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from services.orders.webhooks.address import hosts_of


@dataclass(frozen=True)
class Deadline:
    """A moment by which all must be done: looking up, connecting, sending and the answer together."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException("the time for an answer is over")
        return left


READ = 1024
"""Bytes of an answer's body, about; however long it is, no more is read."""


@dataclass(frozen=True)
class Answer:
    """What the server said: the status, and the beginning of the body."""

    status: int
    start: bytes


def post(url: str, *, body: str, headers: dict[str, str], deadline: Deadline, demo: bool) -> Answer:
    """Post once, on a connection of its own; redirects are not followed.

    Raises httpcore's exceptions, or ``Refused`` if the name leads into a private network.
    """
    parts = httpx.URL(url)
    target = httpcore.URL(
        scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path
    )
    named = {"Host": parts.netloc.decode(), "Content-Length": str(len(body.encode())), **headers}
    with (
        httpcore.ConnectionPool(_trusted(), network_backend=_Network(deadline, demo)) as pool,
        pool.stream("POST", target, headers=list(named.items()), content=body.encode()) as answer,
    ):
        return Answer(answer.status, _start_of(answer))


def _start_of(answer: httpcore.Response) -> bytes:
    """What came of the body when enough was read, or when it broke off: the status has said it all."""
    start = b""
    try:
        for chunk in answer.iter_stream():
            start += chunk
            if len(start) >= READ:
                break
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
        return start[:READ]
    return start[:READ]


@cache
def _trusted() -> ssl.SSLContext:
    return httpcore.default_ssl_context()


class _Network(httpcore.NetworkBackend):
    """Looks a name up once, checks every address behind it, and connects to one of those."""

    def __init__(self, deadline: Deadline, demo: bool) -> None:
        self._deadline = deadline
        self._demo = demo

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception | None = None
        for address in hosts_of(host, port, demo=self._demo, seconds=self._deadline.left()):
            try:
                with _failing_as(httpcore.ConnectError):
                    connected = socket.create_connection((address, port), self._deadline.left())
                    return _Stream(connected, self._deadline)
            except httpcore.ConnectError as error:
                last = error
        raise last or httpcore.ConnectError("there is no host behind this name")


class _Stream(httpcore.NetworkStream):
    """A socket whose every operation has only the time that is left of the whole."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _failing_as(httpcore.ReadError):
            self._socket.settimeout(self._deadline.left())
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _failing_as(httpcore.WriteError):
            self._socket.settimeout(self._deadline.left())
            self._socket.sendall(buffer)  # its limit is for all of it, unlike that of many send()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _failing_as(httpcore.ConnectError):
            self._socket.settimeout(self._deadline.left())
            secured = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
        return _Stream(secured, self._deadline)

    def close(self) -> None:
        self._socket.close()

    def get_extra_info(self, info: str) -> Any:
        """Nothing: the connection is not kept, and HTTP/2 not spoken."""


@contextmanager
def _failing_as(kind: type[httpcore.NetworkError]) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise httpcore.TimeoutException("the time for an answer is over") from None
    except OSError as error:
        raise kind(str(error)) from error
