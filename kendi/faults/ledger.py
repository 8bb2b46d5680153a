"""What the campaign's clients asked for, and what they were told became of it."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "failed", "unknown"]
"""Ok must be there, failed must not, unknown may: the answer got lost."""


@dataclass
class Ledger:
    orders: dict[str, Outcome] = field(default_factory=dict)
    """By purchase order number."""
    reported: dict[str, Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    """Pieces reported for each work order."""
    cancellations: list[str] = field(default_factory=list)
    """The ids of the requests that were taken."""
    calls: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """What was refused for a reason, by what the answer said; a stale look is the usual one."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def note(self, what: str, outcome: Outcome) -> None:
        with self._lock:
            self.calls[what, outcome] += 1

    def note_order(self, po_number: str, outcome: Outcome) -> None:
        with self._lock:
            self.orders[po_number] = outcome

    def note_report(self, work_order: str, pieces: int, outcome: Outcome) -> None:
        with self._lock:
            self.reported[work_order][outcome] += pieces

    def note_cancellation(self, id: str) -> None:
        with self._lock:
            self.cancellations.append(id)

    def note_refusal(self, said: str) -> None:
        with self._lock:
            self.refusals[said] += 1

    @property
    def placed(self) -> int:
        return sum(outcome == "ok" for outcome in self.orders.values())
