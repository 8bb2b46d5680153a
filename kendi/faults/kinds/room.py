"""A disk without room: no file of these processes may grow any more."""

import resource
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kendi.faults.kinds.kind import NotCarriedOut, Scene

ROOM = 512 * 1024
"""Bytes: every write beyond so much of a file fails."""


def no_room(scene: Scene, pids: Sequence[int]) -> Iterator[float]:
    """A program that is started anew meanwhile has room again."""
    before = {pid: _limit(pid, ROOM) for pid in pids}
    if not any(soft is not None for soft in before.values()):
        raise NotCarriedOut("no process could be given less room")
    yield scene.chance.uniform(0.5, 2)
    for pid, soft in before.items():
        if soft is not None:
            _limit(pid, soft)


def children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _limit(pid: int, bytes_: int) -> int | None:
    """Set how large a file the process may write; the limit before, or None if it has ended."""
    with suppress(ProcessLookupError, PermissionError):
        soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (bytes_, hard))
        return soft
    return None
