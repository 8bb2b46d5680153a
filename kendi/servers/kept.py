"""What a second start finds again: the passwords, and the ports where they are still free."""

import contextlib
import json
import os
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from kendi.servers.error import ServersError

PORTS = range(15_000, 32_000)  # below what systems give to outgoing connections


class Kept:
    """What a data folder remembers, in a file for its owner's eyes: passwords made once, ports last used."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __getitem__(self, name: str) -> str:
        try:
            return self._read()[name]
        except KeyError:
            raise ServersError(f"{self._file} does not know {name}: the servers never ran with it") from None

    def make_passwords(self, services: Sequence[str]) -> None:
        names = ["admin", *(f"{s}_{role}" for s in services for role in ("owner", "app", "broker"))]
        self._write({name: secrets.token_urlsafe(24) for name in names} | self._read())

    def choose_port(self, name: str, given: int | None) -> None:
        """The given port, else the one of the last start if it is free, else any."""
        known = int(self._read().get(name, 0))
        port = given or (known if known and _is_free(known) else _free_port())
        self._write(self._read() | {name: str(port)})

    def _read(self) -> dict[str, str]:
        values: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return values

    def _write(self, values: dict[str, str]) -> None:
        """All or nothing: without these passwords the data is lost."""
        if values == self._read():
            return
        new = self._file.with_suffix(".new")
        with open_private(new, "w") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._file)


def open_private(path: Path, mode: str) -> IO[Any]:
    """Open a file for writing that only its owner may read."""
    path.touch(mode=0o600)
    return path.open(mode)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def _free_port() -> int:
    while not _is_free(port := secrets.choice(PORTS)):
        pass
    return port
