"""The processes of a system under faults: the real ones, with a mutant or planted poison where asked for."""

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kendi import processes
from kendi.faults.effects import note_effects
from kendi.faults.mutants import MUTANTS
from shared.events.orders import OrderPlaced
from shared.messaging import reactions
from shared.messaging.reactions import Heard, Reaction

POISON = "POISON-"
"""A purchase order number that begins so is poison to production, of the kind that its next word names,

until a file of that name is in the folder that ``KENDI_FAULTS_FIXED`` names."""

HANGS_AFTER_SECONDS = 5
"""Less than in service, so that poison is found sooner. With two, a crowded machine had honest work ended, too."""


def become(kind: str, service: str, environment: Mapping[str, str], log: Path) -> None:
    """As ``processes.run_child``, with effects noted, and after applying what the environment asks for."""
    note_effects()
    mutant = environment.get("KENDI_FAULTS_MUTANT")
    if mutant:
        MUTANTS[mutant].break_protocol()
    reactions.HANGS_AFTER_SECONDS = HANGS_AFTER_SECONDS
    if service == "production":
        _plant_poison(Path(environment["KENDI_FAULTS_FIXED"]))
    processes.run_child(kind, service, environment, log)


def _plant_poison(fixed: Path) -> None:
    from services.production.handlers import REACTIONS

    healthy = REACTIONS[OrderPlaced]
    REACTIONS[OrderPlaced] = _poisoned(healthy, fixed)  # type: ignore[index]  # declared read-only


def _poisoned(healthy: Reaction, fixed: Path) -> Reaction:
    def react(session: Any, event: OrderPlaced, heard: Heard) -> None:
        if event.po_number.startswith(POISON) and not (fixed / event.po_number).exists():
            POISONS[event.po_number.removeprefix(POISON).split("-")[0]]()
        healthy(session, event, heard)

    return react


def _raise() -> None:
    raise ValueError("planted poison")


POISONS: dict[str, Callable[[], None]] = {
    "RAISE": _raise,
    "KILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "HANG": lambda: time.sleep(3600),
}
