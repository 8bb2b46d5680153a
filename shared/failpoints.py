"""Places in the protocol where a fault test ends, breaks or stops the process.

``KENDI_FAILPOINTS`` names a folder. A file in it named like a place, for example ``relay.claimed``,
arms that place; it holds what to do: ``kill``, ``raise`` or ``stop``. The first process that
reaches the place removes the file and does it, so that each file causes one fault. What holds
something else is set aside as ``relay.claimed.refused`` and logged. Without the variable, as
anywhere but in a test, ``reach`` does nothing.
"""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

VARIABLE = "KENDI_FAILPOINTS"

PLACES = {
    "web.committing": "the command's rows and events are written, the transaction is not committed",
    "web.committed": "it is committed, and the relay was nudged; nobody was answered",
    "transaction.committed": "a transaction that told something is committed, of whatever process; nobody was nudged",
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
    "relay.noticing": "all that the broker forgot is due, in a transaction that is not committed",
    "relay.unpublished": "the broker refused a batch whose claim is committed; that is not written down",
    "reconcile.answering": "the answer is sent; what was agreed is in a transaction that is not committed",
    "reconcile.settling": "what the answer shows is mended in a transaction that is not committed",
    "webhook.posted": "an endpoint answered; that is not written down",
}

SELDOM = {
    "relay.noticing",
    "relay.unpublished",
    "reconcile.answering",
    "reconcile.settling",
    "webhook.posted",
}
"""Those that are passed only when something else has happened before."""


class Failpoint(Exception):
    """A fault test asked for this failure."""


def reach(place: str) -> None:
    """Do what is armed for this place, once."""
    folder = os.environ.get(VARIABLE)
    if folder:
        _do(Path(folder) / place)


def _do(file: Path) -> None:
    try:
        action = ACTIONS.get(file.read_bytes().strip())
        if action is not None:
            file.unlink()
    except FileNotFoundError:  # not armed, or another process was first
        return
    except OSError:  # a folder, say
        action = None
    if action is None:
        _set_aside(file)
    else:
        action(file.name)


def _set_aside(file: Path) -> None:
    log.error("failpoint %s holds none of kill, raise and stop: it is set aside", file)
    with suppress(OSError):  # another process was first
        file.rename(file.with_name(f"{file.name}.refused"))


def _raise(place: str) -> None:
    raise Failpoint(place)


ACTIONS: dict[bytes, Callable[[str], None]] = {
    b"kill": lambda place: os.kill(os.getpid(), signal.SIGKILL),
    b"stop": lambda place: os.kill(os.getpid(), signal.SIGSTOP),
    b"raise": _raise,
}
