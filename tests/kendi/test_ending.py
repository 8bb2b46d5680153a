"""However ``kendi up`` or ``kendi faults`` ends, nothing that it has started goes on."""

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.awaiting import until
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.flow

SECONDS = 30


@dataclass
class Run:
    """A command that runs, and what it has printed so far."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if words in line:
                return
        raise AssertionError("".join(self.lines))

    def read_to_the_end(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read()

    @property
    def offspring(self) -> set[int]:
        """All processes that come from it."""
        return descended(self.process.pid, listed())


def descended(ancestor: int, processes: dict[int, tuple[int, int]]) -> set[int]:
    children = defaultdict(set)
    for pid, (parent, _) in processes.items():
        children[parent].add(pid)
    found: set[int] = set()
    new = {ancestor}
    while new:
        new = set().union(*(children[pid] for pid in new)) - found
        found |= new
    return found


def listed() -> dict[int, tuple[int, int]]:
    """The parent and the session of each process that lives."""
    rows = subprocess.run(["ps", "-eo", "pid=,ppid=,sess=,stat="], capture_output=True, text=True, check=True)
    found = (row.split() for row in rows.stdout.splitlines())
    return {int(pid): (int(parent), int(session)) for pid, parent, session, state in found if state[0] != "Z"}


@contextmanager
def kendi(*words: str) -> Iterator[Run]:
    command = [sys.executable, "-u", "-m", "kendi", *words]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        run = Run(process)
        try:
            yield run
        finally:
            process.kill()


def await_end_of(processes: set[int]) -> None:
    """PostgreSQL writes its pages before it ends, which takes its time on a busy disk."""
    until(lambda: not processes & listed().keys(), seconds=SECONDS)


def stop(run: Run, data: Path) -> None:
    """Stop the broker and all our processes, as a fault that has not been healed leaves them.

    One list tells them apart: a backend that PostgreSQL begins meanwhile would be stopped for ever.
    """
    processes = listed()
    postgres = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    of_postgres = {pid for pid, (parent, _) in processes.items() if postgres in (pid, parent)}
    leaders = {pid for pid, (_, session) in processes.items() if pid == session}
    stopped = descended(run.process.pid, processes) & leaders - of_postgres
    assert len(stopped) > 15
    for pid in stopped:
        with suppress(ProcessLookupError):  # it ended by itself meanwhile
            os.kill(pid, signal.SIGSTOP)


def test_nothing_outlives_a_system_that_is_killed_and_it_starts_again_at_its_addresses(
    tmp_path: Path,
) -> None:
    addresses = []
    for _ in range(2):
        with kendi("up", "--data", str(tmp_path)) as up:
            up.read_until("Ctrl-C")
            addresses.append([line for line in up.lines if "http://" in line])
            left = up.offspring
            assert len(left) > 12
            up.process.kill()
        await_end_of(left)
    assert addresses[0] == addresses[1]


def test_nothing_outlives_a_campaign_that_is_killed_not_even_what_it_has_stopped(tmp_path: Path) -> None:
    with kendi("faults", "--data", str(tmp_path), "--only", "web killed") as faults:
        faults.read_until("1/60")
        left = faults.offspring
        stop(faults, tmp_path)
        faults.process.kill()
    await_end_of(left)


def test_a_campaign_that_is_told_to_end_ends_what_it_started_and_gives_no_verdict(tmp_path: Path) -> None:
    with kendi("faults", "--data", str(tmp_path), "--only", "broker hung") as faults:
        faults.read_until("1/60")
        left = faults.offspring
        faults.process.send_signal(signal.SIGTERM)
        said = faults.read_to_the_end()
        assert faults.process.wait(SECONDS) == 2
    assert "no verdict: it was ended early" in said
    await_end_of(left)
