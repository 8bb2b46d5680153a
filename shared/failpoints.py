"""Places in the protocol where a fault test ends, breaks or stops the process.

``KENDI_FAILPOINTS`` names a folder. A file in it named like a place, for example ``relay.claimed``,
arms that place; it holds what to do: ``kill``, ``raise`` or ``stop``. The first process that
reaches the place removes the file and does it, so that each file causes one fault. Without the
variable, as anywhere but in a test, ``reach`` does nothing.
"""

import os
import signal
from pathlib import Path

PLACES = {
    "web.committing": "the command's rows and events are written, the transaction is not committed",
    "web.committed": "it is committed; nobody was nudged or answered",
    "relay.claiming": "deliveries are claimed in a transaction that is not committed",
    "relay.claimed": "the claim is committed; nothing is published",
    "relay.published": "the batch is in the broker; the relay has gone no further",
    "receive.opened": "the worker has a message; nothing is stored",
    "receive.storing": "the batch is stored and perhaps applied, in a transaction that is not committed",
    "receive.stored": "that is committed; no receipt is sent",
    "receive.receipted": "the receipt is sent; Celery has not acknowledged the message",
    "apply.claimed": "an attempt is counted and committed; the reaction has not run",
    "apply.reacting": "the reaction has run in a transaction that is not committed",
    "apply.applied": "its effects are committed",
    "receipt.opened": "the publisher has a receipt; nothing is marked",
    "receipt.marking": "deliveries are marked in a transaction that is not committed",
    "receipt.marked": "that is committed; Celery has not acknowledged the message",
}


class Failpoint(Exception):
    """A fault test asked for this failure."""


def reach(place: str) -> None:
    """Do what is armed for this place, once."""
    folder = os.environ.get("KENDI_FAILPOINTS")
    if folder:
        _do(Path(folder) / place)


def _do(file: Path) -> None:
    try:
        action = file.read_text().strip()
        file.unlink()
    except FileNotFoundError:  # not armed, or another process was first
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    if action == "raise":
        raise Failpoint(file.name)
