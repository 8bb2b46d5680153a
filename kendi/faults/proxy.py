"""A TCP proxy in a process of its own, between the services and one server, that spoils what passes."""

import asyncio
import contextlib
import random
import socket
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from kendi import forks

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
    """Nothing passes any more on the connections that are open now, nor on new ones while it lasts."""
    cut: bool = False
    """All connections that are open now are reset."""


class Proxy:
    """Start it towards a port; ``port`` is where it listens."""

    def __init__(self, target: int) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port = int(listening.getsockname()[1])
            self._ours, theirs = forks.FORKS.Pipe()
            self._process = forks.FORKS.Process(target=_serve, args=(listening, target, theirs), daemon=True)
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


def _serve(listening: socket.socket, target: int, control: Connection) -> None:
    asyncio.run(_Proxying(target, control).run(listening))


class _Proxying:
    def __init__(self, target: int, control: Connection) -> None:
        self.target = target
        self.control = control
        self.spoil = Spoil()
        self.pairs: set[_Side] = set()

    async def run(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        ended = loop.create_future()
        loop.add_reader(self.control.fileno(), self._listen_to_control, ended)
        await loop.create_server(lambda: _Side(self, None), sock=listening)
        await ended

    def _listen_to_control(self, ended: "asyncio.Future[None]") -> None:
        try:
            self.spoil = Spoil(**self.control.recv())
        except EOFError:
            ended.set_result(None)
            return
        for side in list(self.pairs):
            side.deaf = side.deaf or self.spoil.half_open
            if self.spoil.cut:
                side.abort()
        self.control.send("done")


class _Side(asyncio.Protocol):
    """One end of a connection through the proxy: the client's, or ours towards the server."""

    def __init__(self, proxy: _Proxying, other: "_Side | None") -> None:
        self.proxy = proxy
        self.other = other
        self.transport: asyncio.Transport | None = None
        self.early = bytearray()
        self.deaf = proxy.spoil.half_open
        self.is_client = other is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proxy.pairs.add(self)
        if self.is_client:
            self._connecting = asyncio.ensure_future(self._connect())
        elif self.other is not None:
            transport.write(bytes(self.other.early))
            self.other.early.clear()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        server = _Side(self.proxy, self)
        try:
            await loop.create_connection(lambda: server, "127.0.0.1", self.proxy.target)
        except OSError:
            self.abort()
            return
        self.other = server
        if self.transport is None or self.transport.is_closing():
            server.abort()

    def data_received(self, data: bytes) -> None:
        spoil = self.proxy.spoil
        if self.deaf:
            return
        if spoil.resets and random.random() < spoil.resets:
            self.abort()
        elif spoil.delay_s:
            asyncio.get_running_loop().call_later(spoil.delay_s, self._pass, data)
        else:
            self._pass(data)
            if self.is_client and spoil.lost_commits and COMMIT in data:
                self._lose_answer(spoil.lost_commits)

    def _lose_answer(self, share: float) -> None:
        if random.random() < share and self.transport is not None:
            self.transport.abort()

    def _pass(self, data: bytes) -> None:
        other = self.other
        if other is None or other.transport is None:
            self.early += data
        elif not other.transport.is_closing():
            other.transport.write(data)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.proxy.pairs.discard(self)
        if self.other is not None and self.other.transport is not None:
            self.other.transport.close()

    def abort(self) -> None:
        for side in (self, self.other):
            if side is not None and side.transport is not None:
                with contextlib.suppress(RuntimeError):
                    side.transport.abort()
