"""What the campaign's clients asked for, and what they were told became of it."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["ok", "failed", "unknown"]
"""Ok must be there, failed must not, unknown may: the answer got lost."""


@dataclass
class Ledger:
    asked: dict[tuple[str, str], Counter[Outcome]] = field(default_factory=lambda: defaultdict(Counter))
    """By what was asked for and about which thing: how much of it, mostly one."""
    calls: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    """What was refused for a reason, by what the answer said; a stale look is the usual one."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def note_call(self, what: str, outcome: Outcome, refusal: str | None) -> None:
        with self._lock:
            self.calls[what, outcome] += 1
            if refusal:
                self.refusals[f"{what}: {refusal}"] += 1

    def note(self, what: str, about: str, outcome: Outcome, amount: int = 1) -> None:
        with self._lock:
            self.asked[what, about][outcome] += amount

    @property
    def managed(self) -> set[str]:
        """What was done at least once, whether it was asked for by its name or came of another call."""
        return {what for (what, _), outcomes in self.asked.items() if outcomes["ok"]}

    @property
    def placed(self) -> int:
        return self.calls["order", "ok"]
