"""The fork server that has everything imported; ``begin`` starts it before anything slow is done."""

import multiprocessing
from multiprocessing import forkserver

FORKS = multiprocessing.get_context("forkserver")


def begin() -> None:
    """Start importing in the background, on the other core; safe to call again."""
    FORKS.set_forkserver_preload(["kendi.preloaded"])
    forkserver.ensure_running()
