"""A disk without room: no file of these processes may grow any more."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from kendi.faults.kinds.kind import NotCarriedOut, Scene

ROOM = 512 * 1024
"""Bytes: every write beyond so much of a file fails."""


def no_room(scene: Scene, pids: Sequence[int], *, most: int = ROOM) -> Iterator[float]:
    """A program that is started anew meanwhile has room again."""
    before = {pid: _limit(pid, str(most)) for pid in pids}
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


def _limit(pid: int, most: str) -> str | None:
    """Set how large a file the process may write; the limit before, or None if it has ended."""
    before = _prlimit(pid, "--fsize", "--output=SOFT", "--noheadings", "--raw")
    if before is None or _prlimit(pid, f"--fsize={most}:") is None:
        return None
    return before.strip()


def _prlimit(pid: int, *words: str) -> str | None:
    """As the user whose process it is: in a container not even root may change another's limits."""
    with suppress(FileNotFoundError):  # it has ended
        owner = Path(f"/proc/{pid}").stat()
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": ()}
        done = subprocess.run(  # noqa: S603  # no shell, a program of the system
            ["prlimit", f"--pid={pid}", *words],  # noqa: S607  # wherever it is
            capture_output=True,
            text=True,
            check=False,
            **who,
        )
        return done.stdout if done.returncode == 0 else None
    return None
