"""The fork server that has everything imported, and the tie between its forks and the program that asks for them."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing import connection, forkserver
from typing import Any

FORKS = multiprocessing.get_context("forkserver")
PR_SET_PDEATHSIG = 1


def begin() -> None:
    """Start importing in the background, on the other core; safe to call again."""
    FORKS.set_forkserver_preload(["kendi.preloaded"])
    forkserver.ensure_running()


def stand_alone() -> None:
    """Called first by a fork: it has a session of its own, and ends when the program that asked for it ends.

    That program may be killed. Its end closes the pipe by which the fork server lives, unless a fork
    holds that pipe too, as each is given it; and with its parent, the fork server, Linux kills the
    fork, even one that is stopped, and the processes that it has forked in turn.
    """
    os.setsid()
    if sys.platform == "linux":
        _tie_to_parent()
        starter = multiprocessing.parent_process()
        if starter is not None and not starter.is_alive():
            os.killpg(0, signal.SIGKILL)  # it ended before the tie held, and the fork server with it
        tie = Tie()
        os.register_at_fork(before=tie.remember_parent, after_in_child=tie.die_with_parent)
        _let_go_of_the_fork_server()
    else:
        _let_go_of_the_fork_server()
        threading.Thread(target=_end_with_starter, daemon=True).start()


def _tie_to_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Tie:
    """What a process keeps over a fork, so that its child sees whether its parent is still there."""

    parent = 0

    def remember_parent(self) -> None:
        self.parent = os.getpid()

    def die_with_parent(self) -> None:
        _tie_to_parent()
        if os.getppid() != self.parent:
            os.kill(os.getpid(), signal.SIGKILL)  # it ended before the tie held


def _let_go_of_the_fork_server() -> None:
    server: Any = forkserver._forkserver  # the standard library has no public name for it
    os.close(server._forkserver_alive_fd)
    server._forkserver_alive_fd = None


def _end_with_starter() -> None:
    """Where the system does not tie processes, a thread waits for the starter's end."""
    starter = multiprocessing.parent_process()
    if starter is not None:
        connection.wait([starter.sentinel])
        os.killpg(0, signal.SIGKILL)
