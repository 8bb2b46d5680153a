"""The life of one server process, whichever server it is."""

import contextlib
import os
import re
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path

from kendi.servers.account import spawn
from kendi.servers.error import ServersError
from kendi.servers.kept import Kept, open_private
from kendi.servers.programs import commands

START_SECONDS = 60
STOP_SECONDS = 20


class Server(ABC):
    """One server process over one folder: launched, awaited, ended, and found again after a crash."""

    name: str
    farewell: signal.Signals
    parting: signal.Signals
    """What Linux sends it when its starter has died without a farewell."""
    pid_file: Path

    def __init__(self, folder: Path, log: Path, kept: Kept, port: int | None) -> None:
        self.folder = folder
        self.log = log
        self._kept = kept
        self._given_port = port
        self._port_name = f"{folder.name}_port"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServersError(f"{self.name} was not started")
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self._kept[self._port_name])

    @property
    def died(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def launch(self) -> None:
        """Start the process, after the end of one that outlived its starter over the same folder."""
        self._end_leftover()
        self._prepare()
        self._kept.choose_port(self._port_name, self._given_port)
        self._spawn()

    def restart(self) -> None:
        """Start again over the same folder and at the same port, after the end of what runs."""
        self.ask_to_end()
        self.await_end()
        self._end_leftover()
        self._spawn()
        self.await_ready()

    def await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            died, late = self.died, time.monotonic() > deadline
            if late or (died and not self._freed_of_orphans()):
                raise ServersError(f"{self.name} did not start: {self._reason()}; see {self.log}")
            if died:
                self._spawn()
            time.sleep(0.01)

    def ask_to_end(self) -> None:
        if self._process is not None and not self.died:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(self.farewell)

    def await_end(self) -> None:
        """Wait for the end, and force it when it does not come."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @abstractmethod
    def _prepare(self) -> None:
        """Make what the process finds in its folder."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    def _freed_of_orphans(self) -> bool:
        """Whether it could not start for children of its predecessor, which now are told to end."""
        return False

    def _spawn(self) -> None:
        with open_private(self.log, "ab") as log:
            self._log_start = log.tell()
            self._process = spawn(self._command(), self.folder, self.parting, log)

    def _reason(self) -> str:
        """The line of the log that says most about a failure."""
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
        told = [line for line in lines if re.search("fatal|panic|error|failed", line, re.IGNORECASE)]
        return (told or lines or ["it said nothing"])[-1].strip()

    def _end_leftover(self) -> None:
        """End a server that outlived its starter. A number that now is another program's is left alone."""
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(self.pid_file.read_text().split()[0])
            for signal_number in (signal.SIGCONT, self.farewell, signal.SIGKILL):
                if not self._is_ours(pid):
                    break
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
                if signal_number != signal.SIGCONT:
                    self._await_departure(pid)
        self.pid_file.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        return re.search(rf"{re.escape(str(self.folder))}(?![^/\0\s])", commands().get(pid, "")) is not None

    def _await_departure(self, pid: int) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while self._is_ours(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
