"""A TCP proxy in a process of its own, between the services and one server, that spoils what passes."""

import asyncio
import contextlib
import ctypes
import random
import socket
import struct
import sys
from collections import deque
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from kendi import forks

SERVER_NOTICES_AFTER = 30
"""Seconds after which the other end of a connection that is half-open finds out too: a server whose keepalives are as ours."""
COMMIT = b"COMMIT\x00"
"""How PostgreSQL's protocol carries it: a simple query, as psycopg sends it."""


@dataclass(frozen=True)
class Spoil:
    """What happens to what passes; nothing by default."""

    delay_s: float = 0
    resets: float = 0
    """Share of chunks at which the connection is reset instead."""
    lost_commits: float = 0
    """Share of COMMITs that reach the server but whose answer is lost with the connection."""
    half_open: bool = False
    """As if a cable were cut: nothing passes any more on the connections that are open now, nor on new ones while it lasts.

    On Linux not even a sign of life does, so that keepalives find nobody.
    """
    cut: bool = False
    """All connections that are open now are reset."""


class Proxy:
    """Start it towards a port; ``port`` is where it listens. The seed decides which shares of what passes suffer."""

    def __init__(self, target: int, seed: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = int(listening.getsockname()[1])
            self._ours, theirs = forks.FORKS.Pipe()
            self._process = forks.FORKS.Process(
                target=_serve, args=(listening, target, theirs, seed), daemon=True
            )
            self._process.start()
        theirs.close()

    def spoil(self, spoil: Spoil) -> None:
        """From now on do this to what passes; returns when it is in force."""
        self._ours.send(asdict(spoil))
        self._ours.recv()

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()


def _serve(listening: socket.socket, target: int, control: Connection, seed: int) -> None:
    forks.stand_alone()
    asyncio.run(_Proxying(target, control, random.Random(seed)).run(listening))


ATTACH_FILTER, DETACH_FILTER = 26, 27
"""Of Linux; Python has no names for them."""
NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
"""A filter of one instruction: of each packet keep nothing."""


def _drop_what_comes(end: socket.socket) -> None:
    """Packets to this socket vanish, a greeting and the question whether anybody is there too."""
    if sys.platform == "linux":
        end.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(NOTHING)))


def _take_what_comes(end: socket.socket) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(FileNotFoundError):  # nothing was dropped
            end.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)


class _Proxying:
    def __init__(self, target: int, control: Connection, chance: random.Random) -> None:
        self.target = target
        self.control = control
        self.chance = chance
        self.spoil = Spoil()
        self.pairs: set[_Side] = set()

    async def run(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        self.listening = listening
        loop.add_reader(self.control.fileno(), self._listen_to_control, ended)
        await loop.create_server(lambda: _Side(self, None), sock=listening)
        await ended

    def _listen_to_control(self, ended: "asyncio.Future[None]") -> None:
        try:
            self.spoil = Spoil(**self.control.recv())
        except EOFError:
            asyncio.get_running_loop().remove_reader(self.control.fileno())
            ended.set_result(None)
            return
        if self.spoil.half_open:
            _drop_what_comes(self.listening)
        else:
            _take_what_comes(self.listening)
        for side in list(self.pairs):
            if self.spoil.half_open:
                side.go_deaf()
            if self.spoil.cut:
                side.abort()
        self.control.send("done")


class _Side(asyncio.Protocol):
    """One end of a connection through the proxy: the client's, or ours towards the server.

    What it receives waits in one queue for the other end, so that nothing overtakes what is held up.
    """

    def __init__(self, proxy: _Proxying, other: "_Side | None") -> None:
        self.proxy = proxy
        self.other = other
        self.transport: asyncio.Transport | None = None
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.timer: asyncio.TimerHandle | None = None
        self.deaf = False
        self.is_client = other is None
        self.has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proxy.pairs.add(self)
        if self.proxy.spoil.half_open:
            self.go_deaf()
        if self.is_client:
            self._connecting = asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        server = _Side(self.proxy, self)
        try:
            await loop.create_connection(lambda: server, "127.0.0.1", self.proxy.target)
        except OSError:
            self.abort()
            return
        self.other = server
        self._pass_on()

    def go_deaf(self) -> None:
        """Hear nothing any more; the server's end is told after a while, the client's must find out by itself."""
        if self.deaf:
            return
        self.deaf = True
        if self.is_client and self.transport is not None:
            _drop_what_comes(self.transport.get_extra_info("socket"))
            asyncio.get_running_loop().call_later(SERVER_NOTICES_AFTER, self.abort)

    def data_received(self, data: bytes) -> None:
        spoil = self.proxy.spoil
        if self.deaf:
            return
        if spoil.resets and self.proxy.chance.random() < spoil.resets:
            self.abort()
            return
        self.waiting.append((asyncio.get_running_loop().time() + spoil.delay_s, data))
        self._pass_on()
        if self.is_client and spoil.lost_commits and COMMIT in data:
            self._lose_answer(spoil.lost_commits)

    def _lose_answer(self, share: float) -> None:
        if self.proxy.chance.random() < share and self.transport is not None:
            self.transport.abort()

    def _pass_on(self) -> None:
        """Give the other end what has waited long enough; the end of it too, once nothing waits any more."""
        if self.other is None or self.other.transport is None:
            return
        loop = asyncio.get_running_loop()
        while self.waiting and self.waiting[0][0] <= loop.time():
            _, data = self.waiting.popleft()
            if not self.other.transport.is_closing():
                self.other.transport.write(data)
        if self.timer is not None:
            self.timer.cancel()
        if self.waiting:
            self.timer = loop.call_at(self.waiting[0][0], self._pass_on)
        elif self.has_ended:
            self.other.transport.close()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.proxy.pairs.discard(self)
        self.has_ended = True
        self._pass_on()

    def abort(self) -> None:
        for side in (self, self.other):
            if side is not None and side.transport is not None:
                with contextlib.suppress(RuntimeError):
                    side.transport.abort()
