"""Which programs this machine has, what they tell, and which run."""

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path


def package(name: str) -> Path | None:
    """Where an installed package lies, without importing it: both wheels do things when imported."""
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def output(*command: str) -> str:
    told = subprocess.run(command, capture_output=True, check=False)  # noqa: S603  # no shell, fixed programs
    return os.fsdecode(told.stdout)


def commands() -> dict[int, str]:
    """The command line of each process that lives."""
    if sys.platform != "linux":
        lines = output("ps", "-axww", "-o", "pid=,command=").splitlines()
        return {int(pid): command for pid, _, command in (line.strip().partition(" ") for line in lines)}
    found = {}
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found[int(file.parent.name)] = os.fsdecode(file.read_bytes())
    return found
